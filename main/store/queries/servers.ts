import type { Id } from '#shared/domain/json.ts'
import type { Server, ServerStatus } from '#shared/domain/objects.ts'
import type { Store } from '../store.ts'
import type { Paged, PageOptions } from './page.ts'
import { countChildren, listPage, Where } from './page.ts'

export interface ServerFilter extends PageOptions {
  status?: ServerStatus | undefined
  backendId?: Id | undefined
}

/** Servers by title. */
export function listServers(store: Store, filter: ServerFilter): Paged<Server> {
  const where = new Where()
    .status(filter.status)
    .equal('backendId', filter.backendId)
    .text('searchText', filter.search)
  return listPage(store, 'server', where, 'searchText, id', filter)
}

export const serversOf = (store: Store, backendId: Id): Server[] =>
  store.select('server', 'WHERE backendId = ? ORDER BY searchText, id', [backendId])

export const countPlatforms = (store: Store, serverIds: readonly Id[]): ReadonlyMap<Id, number> =>
  countChildren(store, 'platform', 'serverId', serverIds)

/** Sites on any platform of each server; absent where there are none, deleted ones do not count. */
export function countSitesOnServers(
  store: Store,
  serverIds: readonly Id[],
): ReadonlyMap<Id, number> {
  const sql =
    'SELECT count(*) AS total FROM platform JOIN site ON site.platformId = platform.id ' +
    "WHERE platform.serverId = ? AND site.status <> 'deleted'"
  const counted = serverIds.map((id): [Id, number] => [
    id,
    store.query<{ total: number }>(sql, [id])[0]?.total ?? 0,
  ])
  return new Map(counted.filter(([, total]) => total > 0))
}
