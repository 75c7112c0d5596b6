import type { Client } from '#shared/domain/objects.ts'
import type { Store } from '../store.ts'
import { countSitesOfClient } from './objects.ts'
import type { Paged, PageOptions } from './page.ts'
import { listPage, Where } from './page.ts'

/** Clients by title, with how many sites each has. The search also looks into addresses. */
export function listClients(store: Store, options: PageOptions): Paged<Client & { sites: number }> {
  const where = new Where().text('searchText', options.search)
  const { items, total } = listPage(store, 'client', where, 'searchText, id', options)
  return {
    items: items.map((client) => ({ ...client, sites: countSitesOfClient(store, client.id) })),
    total,
  }
}
