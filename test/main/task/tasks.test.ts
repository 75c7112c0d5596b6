import { expect, test } from 'vitest'
import type { Task } from '#shared/domain/task.ts'
import { platforms } from '../../../main/features/platforms/platforms.ts'
import { servers } from '../../../main/features/servers.ts'
import { sites } from '../../../main/features/sites/sites.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import { Tasks } from '../../../main/task/tasks.ts'
import { aRunner } from '../../support/fake-backend.ts'
import { anId, aTask } from '../../support/objects.ts'
import { aFeature } from '../../support/queues.ts'
import { aBackup } from '../../support/rows.ts'

/** Tries an ended task again, where site 4 is guarded if so wished. */
async function retry(
  ended: Partial<Task>,
  { guarded = [] as string[], change = new ChangeSet() } = {},
) {
  const guard = aFeature({ guardedObjects: () => guarded })
  const task = aTask({ status: 'error', endedAt: 1, ...ended })
  const { parts } = await aRunner([servers, platforms, sites, guard], change.put('task', task))
  return new Tasks(parts).retry(task.id)
}

test('a task that failed is tried again', async () => {
  expect(await retry({ type: 'disable' })).toMatchObject({ status: 'queued', endedAt: null })
})

test('a dangerous task is not tried again on what is guarded by now', async () => {
  const wish = retry({ type: 'delete' }, { guarded: [anId(4)] })
  await expect(wish).rejects.toMatchObject({ code: 'task.not-allowed' })
})

test('a restore is not tried again where its backup is gone', async () => {
  const change = new ChangeSet().put('backup', aBackup({ id: anId(71) }))
  const wish = retry({ type: 'restore', values: { backup: anId(70) } }, { change })
  await expect(wish).rejects.toThrow('This backup is no longer there.')
})

test('a batch is not tried again: it was done when it was added', async () => {
  const wish = retry({
    type: 'migrate',
    objectKind: 'platform',
    objectId: anId(3),
    status: 'success',
    values: { platformId: anId(31) },
  })
  await expect(wish).rejects.toMatchObject({ code: 'task.not-allowed' })
})

test('a task in a chain is tried again only once the one before it has succeeded', async () => {
  const before = (status: Task['status']) =>
    new ChangeSet().put('task', aTask({ id: anId(60), number: 60, status, endedAt: 1 }))
  const follower = { type: 'disable', afterId: anId(60), number: 61, status: 'cancelled' as const }
  await expect(retry(follower, { change: before('error') })).rejects.toThrow(
    'Task 60 has to succeed',
  )
  expect(await retry(follower, { change: before('success') })).toMatchObject({ status: 'queued' })
})
