import type { Id } from '#shared/domain/json.ts'
import type { Backup } from '#shared/domain/objects.ts'
import type { Store } from '../store.ts'
import { foldText } from '../tables.ts'
import type { Paged, PageOptions, Sort } from './page.ts'
import { listPage, orderOf, Where } from './page.ts'

export interface BackupFilter extends PageOptions {
  siteId?: Id | undefined
  backendId?: Id | undefined
  sort?: Sort<'createdAt' | 'sizeBytes'> | undefined
}

const ORDERS = { createdAt: 'createdAt', sizeBytes: "json_extract(data, '$.sizeBytes')" }

/** Backups newest first, or as asked for. The search looks at their sites. */
export function listBackups(store: Store, filter: BackupFilter): Paged<Backup> {
  const where = new Where().equal('siteId', filter.siteId).equal('backendId', filter.backendId)
  if (foldText(filter.search ?? '').trim() !== '') {
    const sites = new Where().text('searchText', filter.search)
    where.add(`siteId IN (SELECT id FROM site ${sites.toString()})`, ...sites.params)
  }
  return listPage(
    store,
    'backup',
    where,
    orderOf(ORDERS, filter.sort, 'createdAt DESC, id DESC'),
    filter,
  )
}

export const lastBackup = (store: Store, siteId: Id): Backup | undefined =>
  store.select('backup', 'WHERE siteId = ? ORDER BY createdAt DESC, id DESC LIMIT 1', [siteId])[0]

/** The newest backup of each site; absent where there is none. */
export function lastBackupsOf(store: Store, siteIds: readonly Id[]): ReadonlyMap<Id, Backup> {
  const backups = siteIds.flatMap((id) => lastBackup(store, id) ?? [])
  return new Map(backups.map((backup) => [backup.siteId, backup]))
}

/** All backups of a site, newest first. */
export const listBackupsOf = (store: Store, siteId: Id): Backup[] =>
  store.select('backup', 'WHERE siteId = ? ORDER BY createdAt DESC, id DESC', [siteId])

/** All backups that lie on a backend. */
export const listBackupsOn = (store: Store, backendId: Id): Backup[] =>
  store.select('backup', 'WHERE backendId = ?', [backendId])
