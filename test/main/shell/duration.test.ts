import { expect, test } from 'vitest'
import { parseDuration } from '../../../main/shell/dispatch/command-line.ts'

test.each([
  ['55s', 55_000],
  ['90', 90_000],
  ['500ms', 500],
  ['2m', 120_000],
  ['24h', 86_400_000],
  ['1d', 86_400_000],
])('%s is %d ms', (typed, ms) => {
  expect(parseDuration(typed)).toBe(ms)
})

test.each(['', 'soon', '-1s', '1.5h', '1w', '9'.repeat(9)])('“%s” is refused', (typed) => {
  expect(() => parseDuration(typed)).toThrow('is no duration')
})
