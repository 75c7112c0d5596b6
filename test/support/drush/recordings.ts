import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { JsonRecord } from '#shared/domain/json.ts'
import { LineSplitter } from '../../../main/lib/lines.ts'
import type { Outcome, OutputEntry, OutputReader } from '../../../main/backend/backend.ts'
import type { PlannedStage } from '../../../main/backend/aegir/plan.ts'

/** Recorded exchanges of a real Aegir backend lie beside the project: they hold texts that are not ours. */
export const RECORDINGS_FOLDER = path.join(import.meta.dirname, '../../../../shared/fixtures/drush')

export const hasRecordings = existsSync(path.join(RECORDINGS_FOLDER, 'index.json'))

/** Says aloud that they are missing; where a build is checked, that is a failure. */
export function requireRecordings(): void {
  if (hasRecordings) return
  console.warn('recordings: not here')
  if (process.env['CI'] === 'true') throw new Error('recordings: not here')
}

export interface Recording {
  name: string
  stdout: Buffer
  stderr: Buffer
  exitCode: number
  /** What was typed. */
  command: string
  /** What was sent on standard input, where that was an object. */
  sent: JsonRecord | null
}

export function readRecording(name: string): Recording {
  const read = (kind: string): Buffer =>
    readFileSync(path.join(RECORDINGS_FOLDER, `${name}.${kind}`))
  return {
    name,
    stdout: read('stdout'),
    stderr: read('stderr'),
    exitCode: Number(read('exit').toString('utf8')),
    command: read('cmd').toString('utf8').trim(),
    sent: toObject(read('stdin').toString('utf8')),
  }
}

export const listRecordings = (): string[] =>
  (
    JSON.parse(readFileSync(path.join(RECORDINGS_FOLDER, 'index.json'), 'utf8')) as {
      name: string
    }[]
  ).map(({ name }) => name)

function toObject(text: string): JsonRecord | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonRecord)
      : null
  } catch {
    return null
  }
}

/** Whatever a recording holds that is nobody's business, found without the reader's help. */
export function secretsIn({ stdout, stderr, command }: Recording): string[] {
  const text = `${stdout.toString('utf8')}\n${stderr.toString('utf8')}\n${command}`
  const patterns = [
    /"db[_-]pass\w*":"([^"]+)"/g,
    /mysql:(?:\\?\/){2}[^:"]+:([^@"]+)@/g,
    /"cron_key":"([^"]+)"/g,
    /"[a-z_]*basic_?auth[a-z_]*pass\w*":"([^"]+)"/g,
    /https?:(?:\\?\/){2}[^\s:@"\/]+:([^\s@"\/]+)@/g,
    /user(?:\\?\/)reset(?:\\?\/)\d+(?:\\?\/)\d+(?:\\?\/)([\w-]+)/g,
  ]
  // The word that stands for a password that is wrong is a word of many messages, too.
  return patterns
    .flatMap((pattern) => [...text.matchAll(pattern)].flatMap(([, secret]) => secret ?? []))
    .filter((secret) => secret !== 'wrong')
}

/** The one stage that a recording shows, from its command line. */
export function stageOf({ command, sent, name }: Recording): PlannedStage {
  const words = command
    .replace(/^#.*\n/, '')
    .split(/\s+/)
    .filter((word) => word !== '' && !word.startsWith('-') && !word.startsWith('2>'))
  const at = words.findIndex((word) => /^(provision-|core-|user-|version)/.test(word))
  const [before = '', typed = 'version', ...args] = at < 0 ? [] : words.slice(at - 1)
  const on = before.startsWith('@') ? before.slice(1) : null
  return {
    name: 'command',
    kind: 'command',
    // Where the alias stands behind the command, it was meant all the same.
    on: name === 'verify-alias-after-command-b2' ? 'server_localhost' : on,
    command: typed,
    args: args.map((arg) => arg.replace(/^['"]|['"]$/g, '')),
    options: sent,
  }
}

/** Feeds a run's bytes to a reader in pieces of this size. */
export function readAll(
  reader: OutputReader,
  stages: readonly Pick<Recording, 'stdout' | 'stderr' | 'exitCode'>[],
  pieceBytes = 4096,
): { entries: OutputEntry[]; outcome: Outcome } {
  const entries = stages.flatMap(({ stdout, stderr }, stage) => [
    ...readStream(reader, stage, 'err', stderr, pieceBytes),
    ...readStream(reader, stage, 'out', stdout, pieceBytes),
  ])
  return { entries, outcome: reader.outcome(stages.map(({ exitCode }) => exitCode)) }
}

function readStream(
  reader: OutputReader,
  stage: number,
  stream: 'out' | 'err',
  bytes: Buffer,
  pieceBytes: number,
): OutputEntry[] {
  const splitter = new LineSplitter(reader.maxLineBytes ?? 1024 * 1024)
  const lines = []
  for (let at = 0; at < bytes.length; at += pieceBytes)
    lines.push(...splitter.feed(bytes.subarray(at, at + pieceBytes)))
  const last = splitter.end()
  if (last !== undefined) lines.push(last)
  return lines.flatMap((line) => [reader.read(stage, stream, line) ?? []].flat())
}
