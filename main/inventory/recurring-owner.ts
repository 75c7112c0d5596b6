import type { Id } from '#shared/domain/json.ts'
import type { Backend, HostingObject, Server, Site } from '#shared/domain/objects.ts'
import { listBackends } from '../store/queries/backends.ts'
import { listAllOn, listServersOn } from '../store/queries/objects.ts'
import { listUnfinishedTasksOf } from '../store/queries/tasks.ts'
import { ChangeSet } from '../store/store.ts'
import { UnitOfWork, type UnitParts } from '../task/unit-of-work.ts'

/**
 * Says which side plans a backend's recurring work. Its servers, and sites that have a schedule, are verified,
 * which tells it: plan and schedules are lasting facts of theirs. Nothing happens where it is so already.
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
  for (const object of listAllOn(store, backendId))
    if (isAffected(object)) addVerify(parts, unit, object)
  const changed = { ...backend, recurringOwner: owner, changedAt: now() }
  await store.commit(unit.toChange(new ChangeSet().put('backend', changed)))
}

/** A server has the plan, a site its own schedule. */
const isAffected = (object: HostingObject): boolean =>
  object.status !== 'deleted' &&
  (object.kind === 'server' || (object.kind === 'site' && hasSchedule(object)))

const hasSchedule = ({ url, backupEverySeconds }: Site): boolean =>
  url !== null && backupEverySeconds !== null

/** A site's schedule is a lasting fact of it, also for a server that plans by itself, and for another desk. */
export async function tellSchedule(parts: UnitParts, site: Site): Promise<void> {
  if (site.url !== null) await verifyAll(parts, [site])
}

/** Queues were set otherwise: so do all servers that plan by themselves. */
export async function tellQueues(parts: UnitParts): Promise<void> {
  const backends = listBackends(parts.store).filter(
    ({ recurringOwner, dialect }) => recurringOwner === 'server' && dialect === 'native',
  )
  await verifyAll(
    parts,
    backends.flatMap(({ id }) => listServersOn(parts.store, id)),
  )
}

async function verifyAll(parts: UnitParts, objects: readonly (Server | Site)[]): Promise<void> {
  const unit = new UnitOfWork(parts)
  for (const object of objects) addVerify(parts, unit, object)
  await parts.store.commit(unit.toChange())
}

/** One that waits already will carry the same. */
function addVerify({ store }: UnitParts, unit: UnitOfWork, object: HostingObject): void {
  const isWaiting = listUnfinishedTasksOf(store, object.id).some(
    ({ type, status }) => type === 'verify' && status === 'queued',
  )
  if (!isWaiting) unit.addTaskOf({ object, type: 'verify', values: {}, origin: 'edit' })
}
