import { describe, expect, test } from 'vitest'
import type { Feature } from '../../../main/hooks/feature.ts'
import type { ReadingHost } from '../../../main/hooks/host.ts'
import {
  compareTasks,
  DEFAULT_NEXT_TASKS,
  isSelected,
  type NextTasks,
} from '../../../main/hooks/next-tasks.ts'
import { HookRegistry, type HookProblem } from '../../../main/hooks/registry.ts'
import { anId, aTask } from '../../support/objects.ts'
import { aFeature } from '../../support/queues.ts'

const host = {} as ReadingHost

function ask(...features: Feature[]): { next: NextTasks; problems: HookProblem[] } {
  const problems: HookProblem[] = []
  const registry = new HookRegistry(features, { onProblem: (problem) => problems.push(problem) })
  return { next: registry.nextTasks(host), problems }
}

describe('the selection of the next tasks', () => {
  test('is all of them, oldest first, where no feature changes it', () => {
    expect(ask(aFeature())).toEqual({ next: DEFAULT_NEXT_TASKS, problems: [] })
  })

  test('is changed by each feature in turn', () => {
    const { next } = ask(
      aFeature({ name: 'a', changeNextTasks: (before) => ({ ...before, limit: 3 }) }),
      aFeature({
        name: 'b',
        changeNextTasks: (before) => ({
          ...before,
          order: [{ field: 'createdAt', direction: 'descending' }],
        }),
      }),
    )
    expect(next).toEqual({
      conditions: [],
      order: [{ field: 'createdAt', direction: 'descending' }],
      limit: 3,
    })
  })

  test.each<[string, NonNullable<Feature['changeNextTasks']>, RegExp]>([
    [
      'throws',
      () => {
        throw new Error('out of order')
      },
      /out of order/,
    ],
    ['leaves nothing', () => undefined as unknown as NextTasks, /This is missing/],
    ['sets a limit below none', (before) => ({ ...before, limit: -1 }), /limit/],
    [
      'names a field that tasks do not have',
      (before) => ({ ...before, order: [{ field: 'colour', direction: 'ascending' }] as never }),
      /order/,
    ],
    [
      'compares with what is no value',
      (before) => ({
        ...before,
        conditions: [{ field: 'type', is: 'one-of', values: [{}] }] as never,
      }),
      /conditions/,
    ],
  ])('where one %s, it is named and the default is used', (_what, changeNextTasks, message) => {
    const { next, problems } = ask(
      aFeature({ name: 'good', changeNextTasks: (before) => ({ ...before, limit: 3 }) }),
      aFeature({ name: 'bad', changeNextTasks }),
    )
    expect(next).toEqual(DEFAULT_NEXT_TASKS)
    expect(problems).toMatchObject([{ feature: 'bad', hook: 'changeNextTasks' }])
    expect(problems[0]?.message).toMatch(message)
  })

  test('a feature cannot change the default for others', () => {
    ask(
      aFeature({
        changeNextTasks(before) {
          before.conditions.push({ field: 'type', is: 'one-of', values: [] })
          return before
        },
      }),
    )
    expect(DEFAULT_NEXT_TASKS.conditions).toEqual([])
  })
})

describe('what a selection takes', () => {
  const task = aTask({ type: 'backup', backendId: anId(1) })
  const where = (...conditions: NextTasks['conditions']): NextTasks => ({
    ...DEFAULT_NEXT_TASKS,
    conditions,
  })

  test('is what meets all of its conditions', () => {
    const here = { field: 'backendId', is: 'one-of', values: [anId(1)] } as const
    const noBackups = { field: 'type', is: 'none-of', values: ['backup'] } as const
    expect(isSelected(task, where())).toBe(true)
    expect(isSelected(task, where({ ...here, values: [anId(1)] }))).toBe(true)
    expect(isSelected(task, where({ ...here, values: [] }))).toBe(false)
    expect(
      isSelected(task, where({ ...here, values: [anId(1)] }, { ...noBackups, values: ['backup'] })),
    ).toBe(false)
  })

  test('comes in its order, and the older one first where that says nothing', () => {
    const tasks = [
      aTask({ number: 1, type: 'verify' }),
      aTask({ number: 2, type: 'backup' }),
      aTask({ number: 3, type: 'verify' }),
    ]
    const inOrder = (order: NextTasks['order']): number[] =>
      [...tasks]
        .reverse()
        .sort((a, b) => compareTasks(a, b, { ...DEFAULT_NEXT_TASKS, order }))
        .map(({ number }) => number)
    expect(inOrder([])).toEqual([1, 2, 3])
    expect(inOrder([{ field: 'type', direction: 'ascending' }])).toEqual([2, 1, 3])
    expect(inOrder([{ field: 'number', direction: 'descending' }])).toEqual([3, 2, 1])
  })
})
