import type { Id } from '#shared/domain/json.ts'
import type { HostingObject, ObjectKind } from '#shared/domain/objects.ts'
import { ObjectKind as Kinds } from '#shared/domain/objects.ts'
import type { Store } from '../store.ts'

/** The server, platform or site of this context name on a backend; a deleted one has given its name back. */
export function findByContextName(
  store: Store,
  backendId: Id,
  name: string,
): HostingObject | undefined {
  for (const kind of Kinds.options) {
    const [found] = store.select(kind, "WHERE backendId = ? AND name = ? AND status <> 'deleted'", [
      backendId,
      name,
    ])
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether a context name is taken on a backend: servers, platforms and sites share one room. */
export const isNameTaken = (store: Store, backendId: Id, name: string): boolean =>
  findByContextName(store, backendId, name) !== undefined

export const findObject = (store: Store, kind: ObjectKind, id: Id): HostingObject | undefined =>
  store.find(kind, id)

/** Every object of this context name, on whatever backend: a short name is enough where there is one only. */
export const objectsNamed = (store: Store, name: string): HostingObject[] =>
  Kinds.options.flatMap((kind): HostingObject[] =>
    store.select(kind, "WHERE name = ? AND status <> 'deleted'", [name]),
  )
