import type { Client } from '#shared/domain/objects.ts'
import type { Store } from '../store.ts'
import { countSitesOfClient, sumSizeOfClient } from './objects.ts'
import type { Paged, PageOptions } from './page.ts'
import { listPage, Where } from './page.ts'

/** A client, with how many sites it has and what they take up. */
export type ClientUse = Client & { sites: number; sizeBytes: number }

/** Clients of this title, compared without case; more than one only where they were made before that was refused. */
export const listClientsTitled = (store: Store, title: string): Client[] =>
  store.select('client', 'WHERE title = ? COLLATE NOCASE ORDER BY id', [title])

/** Clients by title, with how many sites each has. The search also looks into addresses. */
export function listClients(store: Store, options: PageOptions): Paged<ClientUse> {
  const where = new Where().text('searchText', options.search)
  const { items, total } = listPage(store, 'client', where, 'searchText, id', options)
  return {
    items: items.map((client) => toClientRow(store, client)),
    total,
  }
}

export const toClientRow = (store: Store, client: Client): ClientUse => ({
  ...client,
  sites: countSitesOfClient(store, client.id),
  sizeBytes: sumSizeOfClient(store, client.id),
})
