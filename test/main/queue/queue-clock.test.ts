import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { QueueDefinition, type PlannedQueue } from '#shared/domain/queue.ts'
import { planQueue } from '#shared/domain/queue-plan.ts'
import { nextLookMs, QueueClock } from '../../../main/queue/queue-clock.ts'

const now = 1_700_000_000_000

const aPlannedQueue = (
  frequencySeconds: number,
  facts: Partial<Pick<PlannedQueue, 'lastRunAt' | 'isPaused' | 'isEnabled'>> = {},
): PlannedQueue => ({
  ...planQueue(QueueDefinition.parse({ name: 'tested', title: 'Tested', frequencySeconds }), {
    totalItems: 1,
    runningItems: 0,
    lastRunAt: now,
    isPaused: false,
  }),
  ...facts,
})

describe('the next look at queues', () => {
  test('is when the first of them is due, and after a minute at the latest', () => {
    expect(nextLookMs([], now)).toBe(60_000)
    expect(nextLookMs([aPlannedQueue(3600)], now)).toBe(60_000)
    expect(nextLookMs([aPlannedQueue(3600), aPlannedQueue(20)], now)).toBe(20_000)
    expect(nextLookMs([aPlannedQueue(30, { lastRunAt: now - 25_000 })], now)).toBe(5000)
  })

  test('is never sooner than a second, also where a queue is overdue and did not run', () => {
    expect(nextLookMs([aPlannedQueue(1, { lastRunAt: now - 999 })], now)).toBe(1000)
    expect(nextLookMs([aPlannedQueue(1, { lastRunAt: null })], now)).toBe(1000)
    expect(nextLookMs([aPlannedQueue(3600, { lastRunAt: null })], now)).toBe(60_000)
  })

  test('does not come sooner for a queue that is off or paused', () => {
    expect(nextLookMs([aPlannedQueue(5, { isPaused: true })], now)).toBe(60_000)
    expect(nextLookMs([aPlannedQueue(5, { isEnabled: false })], now)).toBe(60_000)
  })
})

describe('the clock of queues', () => {
  beforeEach(() => void vi.useFakeTimers({ now }))
  afterEach(() => void vi.useRealTimers())

  function aClock(dispatch: () => Promise<unknown>, bugs: unknown[] = []): QueueClock {
    return new QueueClock({
      getQueues: () => [aPlannedQueue(30, { lastRunAt: Date.now() })],
      dispatch,
      now: Date.now,
      onBug: (error) => bugs.push(error),
    })
  }

  test('dispatches at once, then whenever a queue is due, until it is closed', async () => {
    const times: number[] = []
    const clock = aClock(() => Promise.resolve(times.push(Date.now() - now)))
    clock.start()
    await vi.advanceTimersByTimeAsync(70_000)
    expect(times).toEqual([0, 30_000, 60_000])
    clock.close()
    await vi.advanceTimersByTimeAsync(70_000)
    expect(times).toHaveLength(3)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('looks at once where something was set', async () => {
    let looks = 0
    const clock = aClock(() => Promise.resolve((looks += 1)))
    clock.start()
    await vi.advanceTimersByTimeAsync(1000)
    clock.wake()
    await vi.advanceTimersByTimeAsync(1000)
    expect(looks).toBe(2)
    expect(vi.getTimerCount()).toBe(1)
    clock.close()
  })

  test('goes on after a dispatch that broke, and tells of it', async () => {
    const bugs: unknown[] = []
    const clock = aClock(() => Promise.reject(new Error('a bug')), bugs)
    clock.start()
    await vi.advanceTimersByTimeAsync(61_000)
    expect(bugs).toHaveLength(2)
    clock.close()
  })
})
