import type { Id } from '#shared/domain/json.ts'
import type { Platform, PlatformStatus } from '#shared/domain/objects.ts'
import type { Store } from '../store.ts'
import type { Paged, PageOptions } from './page.ts'
import { countChildren, listPage, Where } from './page.ts'

export interface PlatformFilter extends PageOptions {
  status?: PlatformStatus | undefined
  serverId?: Id | undefined
  backendId?: Id | undefined
}

/** Platforms by title. */
export function listPlatforms(store: Store, filter: PlatformFilter): Paged<Platform> {
  const where = new Where()
    .equal('serverId', filter.serverId)
    .status(filter.status)
    .equal('backendId', filter.backendId)
    .text('searchText', filter.search)
  return listPage(store, 'platform', where, 'searchText, id', filter)
}

export const platformsOf = (store: Store, serverId: Id): Platform[] =>
  store.select('platform', 'WHERE serverId = ? ORDER BY searchText, id', [serverId])

export const countSitesOnPlatforms = (
  store: Store,
  platformIds: readonly Id[],
): ReadonlyMap<Id, number> => countChildren(store, 'site', 'platformId', platformIds)
