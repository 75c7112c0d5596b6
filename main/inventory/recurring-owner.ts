import type { Id } from '#shared/domain/json.ts'
import type { Backend } from '#shared/domain/objects.ts'
import { ChangeSet } from '../store/store.ts'
import { listServersOn } from '../store/queries/objects.ts'
import { listUnfinishedTasksOf } from '../store/queries/tasks.ts'
import { UnitOfWork, type UnitParts } from '../task/unit-of-work.ts'

/**
 * Says which side plans a backend's recurring work. Its servers are verified, which tells them: the plan is a lasting
 * fact of theirs. Nothing happens where it is so already.
 */
export async function giveRecurringWork(
  parts: UnitParts,
  backendId: Id,
  owner: Backend['recurringOwner'],
): Promise<void> {
  const { store, now } = parts
  const backend = store.get('backend', backendId)
  if (backend.recurringOwner === owner) return
  const unit = new UnitOfWork(parts)
  for (const server of listServersOn(store, backendId)) {
    const isWaiting = listUnfinishedTasksOf(store, server.id).some(
      ({ type, status }) => type === 'verify' && status === 'queued',
    )
    if (!isWaiting) unit.addTaskOf({ object: server, type: 'verify', values: {}, origin: 'edit' })
  }
  const changed = { ...backend, recurringOwner: owner, changedAt: now() }
  await store.commit(unit.toChange(new ChangeSet().put('backend', changed)))
}
