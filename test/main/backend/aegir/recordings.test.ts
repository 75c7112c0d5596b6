import { beforeAll, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import { AegirReader } from '../../../../main/backend/aegir/reader.ts'
import * as rules from '../../../../main/backend/aegir/text-rules.ts'
import { RECORDINGS, type Expected, type Facts } from '../../../support/drush/expected.ts'
import {
  hasRecordings,
  listRecordings,
  readAll,
  readRecording,
  requireRecordings,
  secretsIn,
  stageOf,
} from '../../../support/drush/recordings.ts'

beforeAll(requireRecordings)

function read(name: string, pieceBytes?: number) {
  const recording = readRecording(name)
  return readAll(new AegirReader([stageOf(recording)]), [recording], pieceBytes)
}

/** The facts that came back, as the table writes them. */
function toFacts(data: JsonRecord): Facts {
  const { file, sizeBytes, loginLink, databaseName, cronKey, packages, version } = data
  return {
    ...(typeof file === 'string' ? { file } : {}),
    ...(typeof sizeBytes === 'number' ? { sizeBytes } : {}),
    ...(typeof loginLink === 'string'
      ? { loginLink: /^.*\/user\/reset\/1\//.exec(loginLink)?.[0] ?? loginLink }
      : {}),
    ...(typeof databaseName === 'string' ? { databaseName } : {}),
    ...(typeof cronKey === 'string' ? { hasCronKey: true } : {}),
    ...(Array.isArray(packages) ? { packages: packages.length } : {}),
    ...(typeof version === 'string' ? { version } : {}),
  }
}

test('every recording stands in the table, once', () => {
  if (!hasRecordings) return
  const names = RECORDINGS.map(([name]) => name)
  expect(names.toSorted()).toEqual(listRecordings().toSorted())
  expect(names).toHaveLength(164)
})

describe.runIf(hasRecordings)('what a real backend said', () => {
  test.each(RECORDINGS.map((row) => [...row]))('%s comes to %s, with %i lines', (...row) => {
    const [name, code, logLines, facts = {}] = row as unknown as Expected
    const { entries, outcome } = read(name)
    expect(outcome.isOk ? null : outcome.code).toBe(code)
    expect(entries).toHaveLength(logLines)
    if (outcome.isOk) expect(toFacts(outcome.data)).toEqual(facts)
    else expect(outcome.message).not.toBe('')
  })

  test.each([1, 7, 65_536])('is the same in pieces of %i bytes', (pieceBytes) => {
    for (const name of ['login-reset-merged', 'verify-server-ok-pty', 'corrupt-alias-b2'])
      expect(read(name, pieceBytes)).toEqual(read(name))
  })

  test('shows no password, cron key or login link in a log or message', () => {
    const secrets = new Set(RECORDINGS.flatMap(([name]) => secretsIn(readRecording(name))))
    expect(secrets.size).toBeGreaterThan(20)
    for (const [name] of RECORDINGS) {
      const { entries, outcome } = read(name)
      const shown = JSON.stringify([entries, outcome.isOk ? '' : outcome.message])
      for (const secret of secrets) expect(shown.includes(secret), `${name}: ${secret}`).toBe(false)
    }
  })
})

describe.runIf(hasRecordings)('each rule', () => {
  const everyRule = [
    ...rules.ENDINGS.map(({ sample, pattern }) => ({ sample, pattern })),
    ...rules.ENTRIES,
    ...rules.SENTENCE_CODES,
    rules.FRONTEND_CALL,
  ]
  test.each(everyRule.filter(({ pattern }) => pattern !== undefined))(
    'has a recording that holds its words: $sample',
    ({ sample, pattern }) => {
      const { stdout, stderr } = readRecording(sample)
      const all = `${stdout.toString('utf8')}\n${stderr.toString('utf8')}`
      const texts = [/[\n\0]/, /[\n\0"]/].flatMap((at) => all.split(at)).map((text) => text.trim())
      const found = texts.some((text) => pattern?.test(text))
      expect(found).toBe(true)
    },
  )
})
