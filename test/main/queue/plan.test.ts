import { describe, expect, test } from 'vitest'
import { planTasks, type PlannedTask, type PlanParts } from '../../../main/queue/plan.ts'

const aTask = (id: string, facts: Partial<PlannedTask> = {}): PlannedTask => ({
  id,
  title: `Verify ${id}`,
  backendId: 'web1',
  afterId: null,
  uses: { exclusive: [id], shared: [] },
  ...facts,
})

const plan = (tasks: PlannedTask[], facts: Partial<PlanParts> = {}) =>
  planTasks({
    tasks,
    running: new Set(),
    items: 5,
    limitOf: () => 4,
    blocked: new Map(),
    isPaused: false,
    ...facts,
  })

describe('planning tasks', () => {
  test('tasks on different objects start together', () => {
    expect(plan([aTask('a'), aTask('b')]).starts).toEqual(['a', 'b'])
  })

  test('a second task on one object waits for the first and says so', () => {
    const same = { exclusive: ['site'], shared: [] }
    const { starts, waiting } = plan([aTask('a', { uses: same }), aTask('b', { uses: same })])
    expect(starts).toEqual(['a'])
    expect(waiting.get('b')).toEqual({
      waiting: { reason: 'task', taskId: 'a', title: 'Verify a' },
      position: 1,
    })
  })

  test('what has begun is gone on with whatever is paused or full, and holds its objects', () => {
    const same = { exclusive: ['site'], shared: [] }
    const tasks = [
      aTask('a', { uses: same }),
      aTask('b', { uses: same, isBegun: true }),
      aTask('c', { isBegun: true }),
      aTask('d'),
    ]
    const { starts, waiting } = plan(tasks, { items: 1 })
    expect(starts).toEqual(['b', 'c'])
    expect(waiting.get('a')?.waiting).toMatchObject({ reason: 'task', taskId: 'b' })
    expect(waiting.get('d')?.waiting).toEqual({ reason: 'queue-limit' })
    expect(plan(tasks, { isPaused: true, limit: 0, limitOf: () => 1 }).starts).toEqual(['b', 'c'])
  })

  test('what has begun waits where its backend cannot be reached', () => {
    const blocked = new Map([['web1', { reason: 'host-key', backendId: 'web1' } as const]])
    const { starts, waiting } = plan([aTask('a', { isBegun: true }), aTask('b')], { blocked })
    expect(starts).toEqual([])
    expect([...waiting.keys()]).toEqual(['a', 'b'])
  })

  test('sharers of one platform start together, and who wants it alone waits for both', () => {
    const sharing = (id: string) => aTask(id, { uses: { exclusive: [id], shared: ['platform'] } })
    const alone = aTask('c', { uses: { exclusive: ['platform'], shared: [] } })
    const { starts, waiting } = plan([sharing('a'), sharing('b'), alone, sharing('d')])
    expect(starts).toEqual(['a', 'b'])
    expect(waiting.get('c')?.waiting).toMatchObject({ taskId: 'a' })
    expect(waiting.get('d')?.waiting).toMatchObject({ taskId: 'c' })
  })

  test('a running task holds its objects also against an earlier one that was put back', () => {
    const same = { exclusive: ['site'], shared: [] }
    const { starts, waiting } = plan([aTask('a', { uses: same }), aTask('b', { uses: same })], {
      running: new Set(['b']),
    })
    expect(starts).toEqual([])
    expect(waiting.get('a')?.waiting).toMatchObject({ reason: 'task', taskId: 'b' })
  })

  test('a task in a chain waits for the one before, whatever it uses', () => {
    expect(plan([aTask('a'), aTask('b', { afterId: 'a' })]).starts).toEqual(['a'])
    expect(plan([aTask('b', { afterId: 'a' })]).starts).toEqual(['b'])
  })

  test('items still running count against the limit of the queue', () => {
    const { starts, waiting } = plan([aTask('a'), aTask('b'), aTask('c')], {
      items: 2,
      running: new Set(['a']),
    })
    expect(starts).toEqual(['b'])
    expect(waiting.get('c')?.waiting).toEqual({ reason: 'queue-limit' })
  })

  test('one backend at its limit does not hold up another', () => {
    const { starts, waiting } = plan([aTask('a'), aTask('b'), aTask('c', { backendId: 'web2' })], {
      limitOf: (id) => (id === 'web1' ? 1 : 4),
    })
    expect(starts).toEqual(['a', 'c'])
    expect(waiting.get('b')?.waiting).toEqual({ reason: 'backend-limit' })
  })

  test('nothing starts on a blocked backend, and each of its tasks says why', () => {
    const { starts, waiting } = plan([aTask('a'), aTask('c', { backendId: 'web2' })], {
      blocked: new Map([['web1', { reason: 'host-key', backendId: 'web1' }]]),
    })
    expect(starts).toEqual(['c'])
    expect(waiting.get('a')?.waiting).toEqual({ reason: 'host-key', backendId: 'web1' })
  })

  test('while paused nothing starts', () => {
    const { starts, waiting } = plan([aTask('a')], { isPaused: true })
    expect(starts).toEqual([])
    expect(waiting.get('a')?.waiting).toEqual({ reason: 'paused' })
  })
})
