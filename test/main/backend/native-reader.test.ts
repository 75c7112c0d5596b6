import { describe, expect, test } from 'vitest'
import { NativeReader } from '../../../main/backend/native/reader.ts'
import type { ProvisionEvent, ProvisionResult } from '#shared/protocol/provision.ts'
import { renderEvent } from '#shared/protocol/provision.ts'

const aLine = (text: string, isCut = false) => ({ text: text.trimEnd(), end: 0, isCut })
const aResult = (changes: Partial<ProvisionResult> = {}): ProvisionResult => ({
  event: 'result',
  isOk: true,
  errorCode: null,
  errorMessage: null,
  data: {},
  contexts: [],
  removedContexts: [],
  at: 1,
  ...changes,
})
const aFailure = (errorCode: string, errorMessage = 'why') =>
  aResult({ isOk: false, errorCode, errorMessage })
const feed = (reader: NativeReader, stage: number, event: ProvisionEvent) =>
  reader.read(stage, 'out', aLine(renderEvent(event)))
const aContext = (name: string, options = {}) => ({
  format: 1,
  name,
  type: 'site' as const,
  options,
})

describe('a line', () => {
  test('that logs or tells progress keeps the time of the server', () => {
    const reader = new NativeReader(['command'])
    expect(feed(reader, 0, { event: 'log', level: 'warning', message: 'careful', at: 7 })).toEqual({
      kind: 'message',
      level: 'warning',
      text: 'careful',
      serverAt: 7,
    })
    expect(feed(reader, 0, { event: 'progress', step: 1, of: 3, title: 'Copy', at: 8 })).toEqual({
      kind: 'progress',
      progress: { step: 2, of: 3, title: 'Copy' },
      serverAt: 8,
    })
  })

  test('with a result is not logged', () => {
    expect(feed(new NativeReader(['command']), 0, aResult())).toBeUndefined()
  })

  test('of anything else is shown as text, and of standard error as a warning', () => {
    const reader = new NativeReader(['command'])
    expect(reader.read(0, 'out', aLine('hello'))).toMatchObject({ level: 'info', text: 'hello' })
    expect(reader.read(0, 'out', aLine('{"event":"what"}'))).toMatchObject({ level: 'info' })
    expect(reader.read(0, 'err', aLine('ouch'))).toMatchObject({ level: 'warning', text: 'ouch' })
    expect(reader.read(0, 'out', aLine(''))).toBeUndefined()
  })

  test("of Node's own noise is for who looks for it", () => {
    const noise = '(node:12) ExperimentalWarning: something'
    expect(new NativeReader(['command']).read(0, 'err', aLine(noise))).toMatchObject({
      level: 'debug',
    })
  })

  test('is cleaned of what a terminal would do, and bounded', () => {
    const reader = new NativeReader(['command'])
    const message = '\u001b]0;title\u0007\u001b[31mred\u202e\nnext'
    const entry = feed(reader, 0, { event: 'log', level: 'info', message, at: 1 })
    expect(entry).toMatchObject({ text: 'red next' })
    const long = reader.read(0, 'out', aLine('x'.repeat(100_000)))
    expect(long).toMatchObject({ text: expect.stringMatching(/^x+…$/) as string })
    expect(JSON.stringify(long).length).toBeLessThan(20_000)
    expect(reader.read(0, 'out', aLine('cut', true))).toMatchObject({ text: 'cut…' })
  })
})

describe('the outcome', () => {
  test('joins what all stages wrote, the last word counting', () => {
    const reader = new NativeReader(['save @a', 'command', 'forget'])
    feed(reader, 0, aResult({ contexts: [aContext('a', { x: 1 }), aContext('b')] }))
    feed(reader, 1, aResult({ data: { url: 'http://a' }, contexts: [aContext('a', { x: 2 })] }))
    feed(reader, 2, aResult({ removedContexts: ['b'] }))
    expect(reader.outcome([0, 0, 0])).toEqual({
      isOk: true,
      data: { url: 'http://a' },
      contexts: [aContext('a', { x: 2 })],
      removedContexts: ['b'],
    })
  })

  test('of a save that failed is its failure, although no command ran', () => {
    const reader = new NativeReader(['save @a', 'command'])
    feed(reader, 0, aFailure('PROVISION_BAD_OPTION', 'no \u001b[1mway'))
    expect(reader.outcome([1])).toMatchObject({
      isOk: false,
      code: 'PROVISION_BAD_OPTION',
      message: 'no way',
    })
  })

  test('of a command that failed keeps what the save wrote', () => {
    const reader = new NativeReader(['save @a', 'command'])
    feed(reader, 0, aResult({ contexts: [aContext('a')] }))
    feed(reader, 1, aFailure('PROVISION_CANCELLED'))
    expect(reader.outcome([0, 1])).toMatchObject({
      code: 'PROVISION_CANCELLED',
      contexts: [{ name: 'a' }],
    })
  })

  test('without a result tells the last words', () => {
    const reader = new NativeReader(['command'])
    for (let line = 0; line < 50; line++) reader.read(0, 'err', aLine(`line ${line}`))
    const outcome = reader.outcome([137])
    expect(outcome).toMatchObject({ code: 'backend.no-result' })
    expect(JSON.stringify(outcome)).toContain('line 49')
    expect(JSON.stringify(outcome)).not.toContain('line 40')
  })

  test('without a result is no success, even where the exit code is 0', () => {
    expect(new NativeReader(['command']).outcome([0])).toMatchObject({ code: 'backend.no-result' })
  })

  test('of a run whose later stages never ran is no success', () => {
    const reader = new NativeReader(['save @a', 'command'])
    feed(reader, 0, aResult())
    expect(reader.outcome([0])).toMatchObject({ isOk: false, code: 'backend.no-result' })
  })

  test('of a result that says yes while the program failed is a failure', () => {
    const reader = new NativeReader(['command'])
    feed(reader, 0, aResult())
    expect(reader.outcome([1])).toMatchObject({ isOk: false, code: 'backend.bad-output' })
  })

  test.each([
    ['cut', aLine(renderEvent(aResult()).slice(0, 40), true)],
    ['with a code of no known form', aLine(renderEvent(aFailure('rm -rf')))],
    [
      'with a context of an impossible name',
      aLine(renderEvent(aResult({ contexts: [aContext('../x')] }))),
    ],
  ])('of a result %s is that it does not read', (_what, line) => {
    const reader = new NativeReader(['command'])
    reader.read(0, 'out', line)
    expect(reader.outcome([0])).toMatchObject({ isOk: false, code: 'backend.bad-output' })
  })

  test('holds no escapes in its data', () => {
    const reader = new NativeReader(['command'])
    feed(reader, 0, aResult({ data: { list: ['\u001b[2Jx', { y: '\u202ez' }] } }))
    expect(reader.outcome([0])).toMatchObject({ data: { list: ['x', { y: 'z' }] } })
  })
})
