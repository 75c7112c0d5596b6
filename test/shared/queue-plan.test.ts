import { describe, expect, test } from 'vitest'
import { QueueDefinition, type PlannedQueue } from '#shared/domain/queue.ts'
import {
  dueAtOf,
  paceOf,
  planQueue,
  queueNextRun,
  turnOf,
  withSettings,
} from '#shared/domain/queue-plan.ts'
import type { z } from 'zod'

const WEEK = 604_800

const define = (facts: Partial<z.input<typeof QueueDefinition>>): QueueDefinition =>
  QueueDefinition.parse({ name: 'tested', title: 'Tested', ...facts })
const pace = (definition: QueueDefinition, totalItems: number | null, runningItems = 0) => {
  const { threads, intervalSeconds, plannedItems } = paceOf(definition, {
    totalItems,
    runningItems,
  })
  return [threads, intervalSeconds, plannedItems]
}

const serial = (frequencySeconds: number, items: number) =>
  define({ type: 'serial', frequencySeconds, items })
const batch = (frequencySeconds: number, minThreads: number, maxThreads: number, threshold = 100) =>
  define({ type: 'batch', frequencySeconds, minThreads, maxThreads, threshold })
const spread = (frequencySeconds: number) => define({ type: 'spread', frequencySeconds })

const cron = batch(3600, 6, 12)

describe('the defaults of a definition', () => {
  test('are those of hosting_get_queues', () => {
    expect(define({})).toEqual({
      name: 'tested',
      title: 'Tested',
      description: '',
      type: 'serial',
      frequencySeconds: 300,
      items: 5,
      maxThreads: 6,
      minThreads: 1,
      threshold: 100,
      timeoutSeconds: 600,
      isEnabled: true,
      singular: 'item',
      plural: 'items',
    })
  })

  test('a period of 0 or less is refused', () => {
    for (const frequencySeconds of [0, -60, 0.5])
      expect(() => define({ frequencySeconds })).toThrow()
  })
})

describe('a serial queue', () => {
  test.each([
    // period, items, of the queue → interval, items a run
    [60, 5, 60, 5],
    [60, 2, 60, 2],
    [1, 1, 1, 1],
    [30, 20, 30, 20],
    [300, 5, 300, 5],
    [WEEK, 1, WEEK, 1],
  ])('every %i s with %i items is as it says', (frequency, items, interval, planned) => {
    for (const total of [0, 1, 1000, null])
      expect(pace(serial(frequency, items), total)).toEqual([null, interval, planned])
  })
})

describe('a batch queue', () => {
  // Worked in the reference, 2.3.
  test.each([
    [cron, 0, 6, 600, 0],
    [cron, 40, 6, 600, 7],
    [cron, 600, 6, 600, 100],
    [cron, 650, 6.5, 554, 100],
    [cron, 5000, 12, 300, 417],
    [batch(60, 6, 12), 40, 6, 10, 7],
    [batch(60, 1, 6), 3, 1, 60, 3],
    [batch(60, 1, 6), 250, 2.5, 24, 100],
    [batch(60, 1, 6), 900, 6, 10, 150],
  ])('reckons as Aegir: %#', (definition, total, threads, interval, items) => {
    expect(pace(definition, total)).toEqual([threads, interval, items])
  })

  // Worked by hand: t = total ÷ threshold within its bounds, ⌈period ÷ t⌉, ⌈total ÷ t⌉.
  test.each([
    [cron, 1, 6, 600, 1], // ⌈1/6⌉
    [cron, 5, 6, 600, 1], // fewer items than threads
    [cron, 6, 6, 600, 1],
    [cron, 7, 6, 600, 2],
    [cron, 12, 6, 600, 2],
    [cron, 13, 6, 600, 3],
    [cron, 599, 6, 600, 100], // 99.83
    [cron, 601, 6.01, 600, 100], // 3600 ÷ 6.01 = 599.0017
    [cron, 800, 8, 450, 100],
    [cron, 900, 9, 400, 100],
    [cron, 1000, 10, 360, 100],
    [cron, 1199, 11.99, 301, 100], // 300.25
    [cron, 1200, 12, 300, 100],
    [cron, 1201, 12, 300, 101], // 100.08
    [cron, 100_000, 12, 300, 8334], // 8333.33
    [batch(60, 1, 6), 0, 1, 60, 0],
    [batch(60, 1, 6), 1, 1, 60, 1],
    [batch(60, 1, 6), 99, 1, 60, 99],
    [batch(60, 1, 6), 100, 1, 60, 100],
    [batch(60, 1, 6), 101, 1.01, 60, 100], // 59.41
    [batch(60, 1, 6), 150, 1.5, 40, 100],
    [batch(60, 1, 6), 600, 6, 10, 100],
    [batch(60, 1, 6), 601, 6, 10, 101], // 100.17
    [batch(30, 1, 6), 300, 3, 10, 100], // a period under a minute
    [batch(7, 6, 12), 60, 6, 2, 10], // ⌈7/6⌉
    [batch(1, 6, 12), 1200, 12, 1, 100], // never below a second
    [batch(100, 3, 3), 10, 3, 34, 4], // ⌈33.3⌉, ⌈3.3⌉
    [batch(100, 3, 3), 1000, 3, 34, 334],
    [batch(3600, 1, 4, 10), 25, 2.5, 1440, 10],
    [batch(3600, 1, 4, 10), 33, 3.3, 1091, 10], // 1090.9
    [batch(3600, 1, 4, 1), 3, 3, 1200, 1],
    [batch(3600, 5, 2), 300, 5, 720, 60], // bounds the wrong way round: the lower one comes first, as in Aegir
  ])('reckons as by hand: %#', (definition, total, threads, interval, items) => {
    expect(pace(definition, total)).toEqual([threads, interval, items])
  })

  test('not as Aegir: a chunk between the bounds is the threshold, whatever floating point makes of it', () => {
    const definition = batch(3600, 1, 1_000_000)
    const original = (total: number): number => Math.ceil(total / (total / 100))
    const totals = Array.from({ length: 5000 }, (_, index) => 101 + index)
    expect(totals.filter((total) => original(total) !== 100).length).toBeGreaterThan(0)
    for (const total of totals) expect(pace(definition, total)[2]).toBe(100)
  })
})

describe('a spread queue', () => {
  // Worked in the reference, 2.3.
  test.each([
    [WEEK, 10, 60_480, 1],
    [WEEK, 20_000, 60, 2], // 1.98
  ])('of %i s with %i items reckons as Aegir', (frequency, total, interval, items) => {
    expect(pace(spread(frequency), total)).toEqual([null, interval, items])
  })

  // Worked by hand: at least a minute between two runs, and then ⌈60 × total ÷ period⌉ items.
  test.each([
    [WEEK, 0, 86_400, 0],
    [60, 0, 86_400, 0],
    [WEEK, 1, WEEK, 1],
    [WEEK, 2, 302_400, 1],
    [WEEK, 7, 86_400, 1],
    [WEEK, 64, 9450, 1],
    [WEEK, 10_080, 60, 1], // a minute each, exactly
    [WEEK, 10_081, 60, 2], // 1.0001
    [WEEK, 100_800, 60, 10],
    [3600, 1, 3600, 1],
    [3600, 60, 60, 1],
    [3600, 61, 60, 2],
    [3600, 120, 60, 2],
    [3600, 1000, 60, 17], // 16.67
    [60, 1, 60, 1],
    [60, 5, 60, 5],
    [30, 1, 60, 2], // a period under a minute: what would be begun in a minute
    [30, 5, 60, 10],
    [1, 3, 60, 180],
  ])('of %i s with %i items reckons as by hand', (frequency, total, interval, items) => {
    expect(pace(spread(frequency), total)).toEqual([null, interval, items])
  })

  test.each([47, 94, 188, 219, 229, 237])(
    'not as Aegir: with %i items a week it takes one at a time, where rounding gave two',
    (total) => {
      const original = Math.ceil((Math.max(60, WEEK / total) / WEEK) * total)
      expect(original).toBe(2)
      expect(pace(spread(WEEK), total)[2]).toBe(1)
      expect(pace(spread(WEEK), total)[1]).toBeCloseTo(WEEK / total, 9)
    },
  )

  test('never counts its running items', () => {
    expect(paceOf(spread(3600), { totalItems: 10, runningItems: 7 }).runningItems).toBe(0)
    expect(paceOf(cron, { totalItems: 10, runningItems: 7 }).runningItems).toBe(7)
    expect(paceOf(serial(60, 5), { totalItems: 10, runningItems: 7 }).runningItems).toBe(7)
  })
})

const seconds = (at: number): number => at * 1000

describe('the next run to be expected', () => {
  // Worked in the reference, 3.6; in seconds.
  test.each([
    [1000, 60, 1030, 1060], // normal
    [1000, 60, 1060, 1120], // exactly due counts as missed
    [1000, 60, 1200, 1240], // periods missed: the next point of the grid
    [null, 60, 1030, 1080], // never ran: the grid of the epoch
  ])('of a period: last %s, every %i s, now %i → %i', (last, frequencySeconds, now, next) => {
    const lastRunAt = last === null ? null : seconds(last)
    expect(queueNextRun({ lastRunAt, frequencySeconds }, seconds(now))).toBe(seconds(next))
  })

  test('not as Aegir: a last run in the future counts as now, so a clock that was set back delays nothing', () => {
    const queue = { lastRunAt: seconds(2000), frequencySeconds: 60 }
    expect(queueNextRun(queue, seconds(1000))).toBe(seconds(1060)) // Aegir: 2060
  })

  test.each([
    [1000, 60, 1000, 1060],
    [1000, 60, 1059, 1060],
    [1000, 60, 1061, 1120],
    [0, 60, 60, 120],
    [null, 3600, 3600, 7200],
    [null, 3600, 3599, 3600],
    [1000, 1, 1030, 1031],
    [1000, 30, 1045, 1060],
    [500, WEEK, 501, 500 + WEEK],
    [500, WEEK, 500 + 2 * WEEK, 500 + 3 * WEEK],
  ])('by hand: last %s, every %i s, now %i → %i', (last, frequencySeconds, now, next) => {
    const lastRunAt = last === null ? null : seconds(last)
    expect(queueNextRun({ lastRunAt, frequencySeconds }, seconds(now))).toBe(seconds(next))
  })

  test('not as Aegir: of a queue it counts by its interval, not by its whole period', () => {
    const queue = planned(cron, { totalItems: 40, lastRunAt: seconds(1000) })
    expect(queueNextRun(queue, seconds(1100))).toBe(seconds(1600)) // Aegir: 4600
  })

  test('not as Aegir: a period of 0 counts as a second and divides nothing by zero', () => {
    expect(queueNextRun({ lastRunAt: 1000, frequencySeconds: 0 }, 1500)).toBe(2000)
  })
})

const planned = (
  definition: QueueDefinition,
  facts: { totalItems?: number | null; runningItems?: number; lastRunAt?: number | null } = {},
): PlannedQueue =>
  planQueue(definition, {
    totalItems: 10,
    runningItems: 0,
    lastRunAt: null,
    isPaused: false,
    ...facts,
  })

describe('whose turn it is', () => {
  const now = seconds(10_000)
  const tasks = serial(60, 5)

  test('a queue that never ran is due, for its items less those that run', () => {
    expect(turnOf(planned(tasks), now)).toEqual({ state: 'due', items: 5 })
    expect(turnOf(planned(tasks, { runningItems: 3 }), now)).toEqual({ state: 'due', items: 2 })
  })

  test('with all its items running it says how many', () => {
    expect(turnOf(planned(tasks, { runningItems: 5 }), now)).toEqual({
      state: 'full',
      runningItems: 5,
    })
    expect(turnOf(planned(tasks, { runningItems: 9 }), now).state).toBe('full')
  })

  test('it is too early until its interval is over, to the millisecond', () => {
    const lastRunAt = now - 59_999
    expect(turnOf(planned(tasks, { lastRunAt }), now)).toEqual({
      state: 'too-early',
      dueAt: now + 1,
    })
    expect(turnOf(planned(tasks, { lastRunAt: now - 60_000 }), now).state).toBe('due')
  })

  test('force ignores the time, but neither a switch, a pause nor the items that run', () => {
    const early = { lastRunAt: now - 1000 }
    const force = { force: true }
    expect(turnOf(planned(tasks, early), now, force).state).toBe('due')
    expect(turnOf(planned(tasks, { ...early, runningItems: 5 }), now, force).state).toBe('full')
    expect(turnOf({ ...planned(tasks), isPaused: true }, now, force).state).toBe('paused')
    expect(turnOf({ ...planned(tasks), isEnabled: false }, now, force).state).toBe('disabled')
  })

  test('without any item there is nothing to do', () => {
    expect(turnOf(planned(tasks, { totalItems: 0, runningItems: 2 }), now).state).toBe('idle')
    expect(turnOf(planned(cron, { totalItems: 0 }), now).state).toBe('idle')
    expect(turnOf(planned(tasks, { totalItems: null }), now).state).toBe('due')
  })

  test('not as Aegir: after the clock jumped back a queue is due at once, not when the old time comes again', () => {
    const ahead = planned(tasks, { lastRunAt: now + seconds(86_400) })
    expect(turnOf(ahead, now)).toEqual({ state: 'due', items: 5 })
    expect(dueAtOf(ahead, now)).toBe(now)
  })

  test('a batch queue goes by its interval and its chunk', () => {
    const ran = { totalItems: 40, lastRunAt: now - seconds(599) }
    expect(turnOf(planned(cron, ran), now).state).toBe('too-early')
    expect(turnOf(planned(cron, { ...ran, lastRunAt: now - seconds(600) }), now)).toEqual({
      state: 'due',
      items: 7,
    })
  })
})

describe('settings over a definition', () => {
  test('win over it, and null is the definition’s own', () => {
    const settings = { frequencySeconds: 120, items: 9, isEnabled: false }
    expect(withSettings(serial(60, 5), settings)).toMatchObject(settings)
    const none = { frequencySeconds: null, items: null, isEnabled: null }
    expect(withSettings(serial(60, 5), none)).toEqual(serial(60, 5))
    expect(withSettings(serial(60, 5), undefined)).toEqual(serial(60, 5))
  })

  test('items are taken for serial queues only', () => {
    const settings = { frequencySeconds: null, items: 9, isEnabled: null }
    expect(withSettings(cron, settings).items).toBe(cron.items)
  })
})
