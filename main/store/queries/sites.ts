import type { Id } from '#shared/domain/json.ts'
import type { Site, SiteStatus } from '#shared/domain/objects.ts'
import type { Store } from '../store.ts'
import type { Paged, PageOptions } from './page.ts'
import { listPage, Where } from './page.ts'

export interface SiteFilter extends PageOptions {
  status?: SiteStatus | undefined
  serverId?: Id | undefined
  platformId?: Id | undefined
  clientId?: Id | undefined
  backendId?: Id | undefined
}

/** Sites by name. The search also looks into titles and aliases. */
export function listSites(store: Store, filter: SiteFilter): Paged<Site> {
  const where = new Where()
    .equal('platformId', filter.platformId)
    .equal('clientId', filter.clientId)
    .equal('backendId', filter.backendId)
    .status(filter.status)
  if (filter.serverId !== undefined)
    where.add('platformId IN (SELECT id FROM platform WHERE serverId = ?)', filter.serverId)
  where.text('searchText', filter.search)
  return listPage(store, 'site', where, 'searchText, id', filter)
}

export const sitesOf = (store: Store, platformId: Id): Site[] =>
  store.select('site', 'WHERE platformId = ? ORDER BY searchText, id', [platformId])

/** Sites that are not deleted and have this host name, as their own or as an alias. */
export const sitesNamed = (store: Store, name: string): Site[] =>
  store
    .select('site', "WHERE instr(searchText, ?) > 0 AND status <> 'deleted'", [name])
    .filter((site) => site.name === name || site.aliases.includes(name))
