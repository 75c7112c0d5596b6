import { expect, test } from 'vitest'
import { toPauseText } from '../../renderer/lib/needs.ts'

test.each([
  [true, 1, 'Dispatch is paused, and 1 task waits.'],
  [true, 3, 'Dispatch is paused, and 3 tasks wait.'],
  [true, 0, undefined],
  [false, 3, undefined],
])('a pause (%s) with %d tasks that wait is told as %j', (isPaused, queued, happened) => {
  expect(toPauseText({ isPaused, queued })?.happened).toBe(happened)
})
