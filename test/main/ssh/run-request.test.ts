import { describe, expect, test } from 'vitest'
import { isAppError } from '#shared/errors.ts'
import { checkRunId, renderRequest } from '../../../main/ssh/run-request.ts'
import type { RunStage } from '../../../main/ssh/run.ts'

const stage = (changed: Partial<RunStage> = {}): RunStage => ({
  name: 'command',
  argv: ['true'],
  stdin: null,
  ...changed,
})
const render = (...stages: RunStage[]): string =>
  renderRequest({ id: 'x', claim: 1, stages }).toString()
const isRefused = expect.toSatisfy((error) => isAppError(error, 'input.invalid')) as Error

describe('a run request', () => {
  test('is calls of the supervisor, inputs first', () => {
    expect(render(stage({ argv: ['save', "it's"], stdin: '{"a":1}\n' }), stage())).toBe(
      ['input 0 \'{"a":1}\n\'', 'begin 2 0', "stage 0 save 'it'\\''s'", 'stage 1 true'].join('\n'),
    )
  })

  test.each([
    ['no stage', []],
    ['seven stages', Array.from({ length: 7 }, () => stage())],
    ['no program', [stage({ argv: [] })]],
    ['an empty program', [stage({ argv: [''] })]],
    ['a program that looks like an option', [stage({ argv: ['--wait'] })]],
    ['a NUL in a value', [stage({ argv: ['a', '\0'] })]],
    ['a NUL in an input', [stage({ stdin: '\0' })]],
    ['too much', [stage({ stdin: 'x'.repeat(9_000_000) })]],
  ])('is refused with %s', (_what, stages) => {
    expect(() => render(...stages)).toThrow(isRefused)
  })
})

test.each(['', '..', '.', 'a/b', 'a b', 'a\n', '-a', 'a.2', '$(id)', 'x'.repeat(65)])(
  '“%s” is no name of a run',
  (id) => {
    expect(() => checkRunId(id)).toThrow(isRefused)
  },
)
