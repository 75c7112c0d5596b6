import type { Id } from '#shared/domain/json.ts'
import type { Client } from '#shared/domain/objects.ts'
import type { Store } from '../store.ts'
import type { Paged, PageOptions } from './page.ts'
import { countChildren, listPage, Where } from './page.ts'

/** Clients by title. The search also looks into addresses. */
export const listClients = (store: Store, options: PageOptions): Paged<Client> =>
  listPage(
    store,
    'client',
    new Where().text('searchText', options.search),
    'searchText, id',
    options,
  )

export const countSitesOfClients = (
  store: Store,
  clientIds: readonly Id[],
): ReadonlyMap<Id, number> => countChildren(store, 'site', 'clientId', clientIds)
