import { describe, expect, test } from 'vitest'
import { checkForm } from '#shared/domain/form-check.ts'
import { planQueue } from '#shared/domain/queue-plan.ts'
import { Queue, QueueDefinition } from '#shared/domain/queue.ts'
import {
  toQueueEdit,
  toQueueForm,
  toQueueProblems,
  toQueueValues,
} from '../../renderer/lib/queue-form.ts'
import { toArithmetic } from '../../renderer/lib/queue-arithmetic.ts'
import { toOutcomeText, toPaceText } from '../../renderer/lib/queue-words.ts'

const aShownQueue = (facts: Partial<Queue> = {}): Queue => ({
  ...Queue.parse({
    name: 'tested',
    title: 'Tested',
    singular: 'site',
    plural: 'sites',
    frequencySeconds: 7200,
    items: 3,
    isPaused: false,
    lastRunAt: null,
    totalItems: 4,
    waitingItems: 4,
    runningItems: 0,
    threads: null,
    intervalSeconds: 7200,
    plannedItems: 3,
    nextRunAt: null,
    settings: { frequencySeconds: null, items: null, isEnabled: null },
    form: { fields: [] },
    values: {},
  }),
  ...facts,
})

describe('the form of a queue', () => {
  test('shows the period in the largest unit that divides it', () => {
    const shown = (frequencySeconds: number) => {
      const { queueEvery, queueUnit } = toQueueValues(aShownQueue({ frequencySeconds }))
      return [queueEvery, queueUnit]
    }
    expect([604_800, 86_400, 7200, 90, 60, 1].map(shown)).toEqual([
      [1, 'w'],
      [1, 'd'],
      [2, 'h'],
      [90, 's'],
      [1, 'min'],
      [1, 's'],
    ])
  })

  test('left as it is, it says what is so already', () => {
    const queue = aShownQueue({
      form: { fields: [{ name: 'rules', type: 'text', label: 'Rules' }] },
      values: { rules: '7d 1d' },
    })
    const { values, problems } = checkForm(toQueueForm(queue), toQueueValues(queue))
    expect(problems).toEqual({})
    expect(toQueueEdit(queue, values)).toEqual({
      isEnabled: true,
      frequencySeconds: 7200,
      items: 3,
      values: { rules: '7d 1d' },
    })
  })

  test('asks for items of serial queues only', () => {
    const queue = aShownQueue({ type: 'batch' })
    expect(toQueueForm(queue).fields.map(({ name }) => name)).not.toContain('queueItems')
    const { values } = checkForm(toQueueForm(queue), toQueueValues(queue))
    expect(toQueueEdit(queue, values)).toEqual({ isEnabled: true, frequencySeconds: 7200 })
  })

  test('shows what main found wrong at its own fields', () => {
    expect(toQueueProblems({ frequencySeconds: 'a', items: 'b', rules: 'c' })).toEqual({
      queueEvery: 'a',
      queueItems: 'b',
      rules: 'c',
    })
  })
})

describe('a queue in words', () => {
  test('says how much it takes on and how often', () => {
    expect(toPaceText(aShownQueue())).toBe('Every 2 h, up to 3 sites at a time')
    const batch = aShownQueue({
      type: 'batch',
      threads: 6.5,
      intervalSeconds: 554,
      plannedItems: 1,
      frequencySeconds: 3600,
    })
    expect(toPaceText(batch)).toBe('Every hour, all sites, in 6.5 threads: 1 site every 9 min 14 s')
    expect(toPaceText({ ...batch, totalItems: 0, plannedItems: 0 })).toBe(
      'Every hour, all sites: there are none now',
    )
    const spread = { ...batch, type: 'spread' as const, intervalSeconds: 60, threads: null }
    expect(toPaceText({ ...spread, plannedItems: 2 })).toBe(
      'Every hour, all sites: 2 sites every minute',
    )
  })

  test('shows the sums behind that', () => {
    expect(
      toArithmetic(aShownQueue({ frequencySeconds: 60, intervalSeconds: 60, runningItems: 1 })),
    ).toEqual([
      'Frequency: 1 min, so it runs every minute.',
      'Items: 3 sites at a time − 1 running = room for 2 more.',
    ])
    const batch = planQueue(
      QueueDefinition.parse({
        ...aShownQueue({ type: 'batch' }),
        frequencySeconds: 3600,
        minThreads: 6,
        maxThreads: 12,
      }),
      { totalItems: 402, runningItems: 0, isPaused: false, lastRunAt: null },
    )
    expect(toArithmetic({ ...aShownQueue(), ...batch })).toEqual([
      'Threads: 402 sites ÷ 100 = 4; at least 6 and at most 12, so 6 threads.',
      'Frequency: 1 h ÷ 6 threads = a run every 10 min.',
      'Items: 402 sites ÷ 6 threads = 67 sites a run.',
    ])
  })

  test('says what a run by hand came to', () => {
    const queue = 'tested'
    expect(toOutcomeText({ queue, state: 'ran', items: 5, added: [4], started: 0 })).toBe(
      'Added 1 task.',
    )
    expect(toOutcomeText({ queue, state: 'full', runningItems: 5 })).toMatch(/5/)
    expect(toOutcomeText({ queue, state: 'failed', message: 'no' })).toBe('no')
  })
})
