import type { Id } from '#shared/domain/json.ts'
import type { HostingObject } from '#shared/domain/objects.ts'
import { AppError } from '#shared/errors.ts'
import { listBackupsOn } from '../store/queries/backups.ts'
import {
  listAllOn,
  listDeletedSitesOfClient,
  listDeletedUnder,
  listPlatformsOf,
  listServersOn,
  listSitesOf,
  listSitesOfClient,
} from '../store/queries/objects.ts'
import { listUnfinishedTasksOf } from '../store/queries/tasks.ts'
import { ChangeSet, type Store } from '../store/store.ts'

/** Throws `object.in-use` while it has sites; of those that were deleted it is not kept any more whose they were. */
export async function removeClient(store: Store, id: Id): Promise<void> {
  const client = store.get('client', id)
  const [site] = listSitesOfClient(store, id)
  if (site !== undefined) {
    throw new AppError(
      'object.in-use',
      `${client.title} cannot be removed: ${site.name} is still theirs. Give it to another client, or to none.`,
      { data: { id } },
    )
  }
  const change = new ChangeSet().remove('client', id)
  for (const deleted of listDeletedSitesOfClient(store, id))
    change.put('site', { ...deleted, clientId: null })
  await store.commit(change)
}

/** Removes an object here and touches nothing on its server. Refused while something here stands on it. */
export async function forgetObject(
  store: Store,
  kind: HostingObject['kind'],
  id: Id,
): Promise<void> {
  const object = store.get(kind, id)
  const unfinished = listUnfinishedTasksOf(store, id)
  if (unfinished.length > 0) {
    throw inUse(object, `task ${unfinished[0]?.number ?? ''} has not ended`)
  }
  const standing = standingOn(store, object)
  if (standing[0] !== undefined) throw inUse(object, `${standing[0].title} still stands on it`)
  const change = new ChangeSet()
  const isAlone = listServersOn(store, object.backendId).every((server) => server.id === id)
  if (kind === 'server' && isAlone) {
    removeAccount(store, object.backendId, change)
  } else {
    for (const deleted of listDeletedUnder(store, object)) change.remove(deleted.kind, deleted.id)
    change.remove(kind, id)
  }
  await store.commit(change)
}

/** Removes an account here with all that it has; touches nothing there. Refused while a task of it has not ended. */
export async function forgetAccount(store: Store, backendId: Id): Promise<void> {
  store.get('backend', backendId)
  const change = new ChangeSet()
  for (const object of listAllOn(store, backendId)) {
    const [unfinished] = listUnfinishedTasksOf(store, object.id)
    if (unfinished !== undefined) throw inUse(object, `task ${unfinished.number} has not ended`)
  }
  await store.commit(removeAccount(store, backendId, change))
}

/** Adds to a change that a backend goes, with its objects and the backups that lie there: nothing reaches them any more. */
export function removeAccount(store: Store, backendId: Id, change: ChangeSet): ChangeSet {
  for (const { kind, id } of listAllOn(store, backendId)) change.remove(kind, id)
  for (const { id } of listBackupsOn(store, backendId)) change.remove('backup', id)
  return change.remove('backend', backendId)
}

function standingOn(store: Store, object: HostingObject): HostingObject[] {
  switch (object.kind) {
    case 'server':
      return listPlatformsOf(store, object.id)
    case 'platform':
      return listSitesOf(store, object.id)
    case 'site':
      return []
  }
}

const inUse = (object: HostingObject, reason: string): AppError =>
  new AppError('object.in-use', `${object.title} cannot be forgotten: ${reason}.`, {
    data: { id: object.id },
  })
