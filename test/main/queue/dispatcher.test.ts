import { describe, expect, onTestFinished, test } from 'vitest'
import type { Id } from '#shared/domain/json.ts'
import type { Task } from '#shared/domain/task.ts'
import { DEFAULT_NEXT_TASKS, type NextTasks } from '../../../main/hooks/next-tasks.ts'
import { HookRegistry } from '../../../main/hooks/registry.ts'
import { IdMaker } from '../../../main/lib/ids.ts'
import { Backlog } from '../../../main/queue/backlog.ts'
import { Dispatcher } from '../../../main/queue/dispatcher.ts'
import { AppError } from '#shared/errors.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import { Activities } from '../../../main/task/activities.ts'
import { eventually } from '../../support/eventually.ts'
import { anId, aPlatform, aServer, aSite, aTask } from '../../support/objects.ts'
import { aBackend } from '../../support/rows.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openStore } from '../store/open-store.ts'

/** A dispatcher over tasks on objects of their own, whose runs end when they are told to. */
async function aDispatcher(tasks: readonly Task[]) {
  const store = await openStore(temporaryFolder())
  const change = new ChangeSet().put('backend', aBackend({ limit: 64 }))
  for (const task of tasks) change.put('task', task)
  await store.commit(change)
  const unit = { store, registry: new HookRegistry([]), ids: new IdMaker(Date.now), now: Date.now }
  const activities = new Activities()
  const limits = { items: 3, isEnabled: true, isPaused: false }
  const selection: { next: NextTasks } = { next: DEFAULT_NEXT_TASKS }
  const ends = new Map<Id, () => void>()
  const cancels: { ids: Id[]; failures: number } = { ids: [], failures: 0 }
  const dispatcher = new Dispatcher({
    store,
    backlog: new Backlog(unit),
    activities,
    run: async (id) => {
      await new Promise<void>((resolve) => ends.set(id, resolve))
      const task = store.get('task', id)
      await store.commit(new ChangeSet().put('task', { ...task, status: 'success', endedAt: 1 }))
      return { state: 'ended' }
    },
    cancel: ({ id }) => {
      cancels.ids.push(id)
      return cancels.ids.length > cancels.failures
        ? Promise.resolve()
        : Promise.reject(new AppError('ssh.timeout', 'A command took too long.'))
    },
    cancelRetryMs: 1,
    limits: () => limits,
    limitOf: () => 64,
    nextTasks: () => selection.next,
    now: Date.now,
    onBug: (error) => expect.unreachable(String(error)),
  })
  onTestFinished(async () => {
    for (const end of ends.values()) end()
    await dispatcher.close()
  })
  const numbers = (ids: readonly Id[]): number[] => ids.map((id) => store.get('task', id).number)
  return { store, dispatcher, activities, limits, selection, ends, cancels, numbers }
}

const someTasks = (count: number, facts: (number: number) => Partial<Task> = () => ({})): Task[] =>
  Array.from({ length: count }, (_, index) =>
    aTask({
      id: anId(100 + index),
      number: index + 1,
      objectId: anId(200 + index),
      ...facts(index + 1),
    }),
  )

describe('starting by event', () => {
  test('begins the oldest, as many as the queue has items', async () => {
    const { dispatcher, numbers } = await aDispatcher(someTasks(5))
    expect(numbers(dispatcher.tick())).toEqual([1, 2, 3])
    expect(dispatcher.running).toBe(3)
    expect(dispatcher.waiting).toBe(2)
  })

  test('begins nothing while the queue is paused or off, though a run by hand does', async () => {
    const { dispatcher, limits, activities, numbers } = await aDispatcher(someTasks(5))
    limits.isEnabled = false
    expect(dispatcher.tick()).toEqual([])
    limits.isEnabled = true
    limits.isPaused = true
    expect(dispatcher.tick()).toEqual([])
    expect(activities.get(anId(100))?.waiting).toEqual({ reason: 'paused' })
    expect(numbers(dispatcher.startNext(2))).toEqual([1, 2])
    expect(numbers(dispatcher.startNext(2))).toEqual([3, 4])
  })

  test('goes on with what was left processing before an older task on the same object', async () => {
    const { dispatcher, limits, numbers } = await aDispatcher(
      someTasks(2, (number) => ({
        objectId: anId(200),
        status: number === 1 ? 'queued' : 'processing',
        attemptId: number === 1 ? null : anId(8),
      })),
    )
    limits.isPaused = true
    expect(numbers(dispatcher.tick())).toEqual([2])
  })

  test('goes by the order, the conditions and the limit of the selection', async () => {
    const types = ['verify', 'backup', 'verify', 'cron', 'backup']
    const { dispatcher, selection, activities, numbers } = await aDispatcher(
      someTasks(5, (number) => ({ type: types[number - 1] ?? 'verify' })),
    )
    selection.next = {
      conditions: [{ field: 'type', is: 'none-of', values: ['cron'] }],
      order: [{ field: 'type', direction: 'ascending' }],
      limit: 2,
    }
    expect(numbers(dispatcher.tick())).toEqual([2, 5])
    expect(activities.get(anId(103))?.waiting).toEqual({ reason: 'held' })
    expect(numbers(dispatcher.tick())).toEqual([1])
    selection.next = DEFAULT_NEXT_TASKS
    expect(dispatcher.tick()).toEqual([])
    expect(activities.get(anId(102))?.waiting).toEqual({ reason: 'queue-limit' })
  })

  test('a task that is held back keeps its place before later ones on its object', async () => {
    const { dispatcher, selection, activities } = await aDispatcher(
      someTasks(2, (number) => ({ objectId: anId(200), type: number === 1 ? 'cron' : 'verify' })),
    )
    selection.next = {
      ...DEFAULT_NEXT_TASKS,
      conditions: [{ field: 'type', is: 'none-of', values: ['cron'] }],
    }
    expect(dispatcher.tick()).toEqual([])
    expect(activities.get(anId(101))?.waiting).toMatchObject({ reason: 'task', taskId: anId(100) })
  })
})

describe('a cancel', () => {
  const cancelled = { status: 'processing', attemptId: anId(8), cancelRequestedAt: 1 } as const

  test('that did not get through is sent again, until it did', async () => {
    const { store, dispatcher, cancels } = await aDispatcher(someTasks(1))
    dispatcher.tick()
    cancels.failures = 2
    await store.commit(
      new ChangeSet().put('task', { ...store.get('task', anId(100)), ...cancelled }),
    )
    await eventually(() => expect(cancels.ids).toEqual([anId(100), anId(100), anId(100)]))
  })

  test('is not sent again once its run has ended', async () => {
    const { store, dispatcher, cancels, ends } = await aDispatcher(someTasks(1))
    dispatcher.tick()
    cancels.failures = 1
    await store.commit(
      new ChangeSet().put('task', { ...store.get('task', anId(100)), ...cancelled }),
    )
    ends.get(anId(100))?.()
    await eventually(() => expect(dispatcher.running).toBe(0))
    expect(cancels.ids).toEqual([anId(100)])
  })

  test('of a task that waits leaves nothing that it waits for', async () => {
    const { store, dispatcher, activities } = await aDispatcher(someTasks(4))
    dispatcher.tick()
    expect(activities.get(anId(103))?.waiting).toEqual({ reason: 'queue-limit' })
    const task = store.get('task', anId(103))
    await store.commit(new ChangeSet().put('task', { ...task, status: 'cancelled', endedAt: 1 }))
    await eventually(() => expect(activities.get(anId(103))).toBeUndefined())
  })
})

test('a task whose site has moved meanwhile waits for what its new platform waits for', async () => {
  const { store, dispatcher, activities, limits } = await aDispatcher([
    aTask({ id: anId(100), number: 1, objectKind: 'platform', objectId: anId(30) }),
    aTask({ id: anId(101), number: 2 }),
  ])
  limits.isPaused = true
  await store.commit(
    new ChangeSet()
      .put('server', aServer())
      .put('platform', aPlatform())
      .put('platform', aPlatform({ id: anId(30), name: 'platform_other' }))
      .put('site', aSite({ platformId: anId(30) })),
  )
  limits.isPaused = false
  expect(dispatcher.tick()).toEqual([anId(100)])
  expect(activities.get(anId(101))?.waiting).toMatchObject({ reason: 'task', taskId: anId(100) })
})
