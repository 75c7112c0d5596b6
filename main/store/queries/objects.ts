import type { Id } from '#shared/domain/json.ts'
import type {
  HostingObject,
  ObjectKind,
  Platform,
  PlatformStatus,
  Server,
  ServerStatus,
  Site,
  SiteStatus,
} from '#shared/domain/objects.ts'
import { ObjectKind as Kinds } from '#shared/domain/objects.ts'
import type { Store } from '../store.ts'
import type { Paged, PageOptions, Sort } from './page.ts'
import { countRows, listPage, orderOf, Where } from './page.ts'

/** A deleted object is in no list that does not ask for it by status. */
const NOT_DELETED = "status <> 'deleted'"

const withStatus = (where: Where, status: string | undefined): Where =>
  status === undefined ? where.add(NOT_DELETED) : where.equal('status', status)

const BY_NAME = 'searchText, id'
const VERIFIED = "coalesce(json_extract(data, '$.verifiedAt'), 0)"
/** Columns that a list can be sorted by. Where a server or a platform is meant, its text is. */
const SERVER_ORDERS = {
  name: 'searchText',
  verifiedAt: VERIFIED,
  sites:
    "(SELECT count(*) FROM site JOIN platform ON site.platformId = platform.id WHERE platform.serverId = server.id AND site.status <> 'deleted')",
}
const PLATFORM_ORDERS = {
  name: 'searchText',
  verifiedAt: VERIFIED,
  server: '(SELECT server.searchText FROM server WHERE server.id = platform.serverId)',
  sites: "(SELECT count(*) FROM site WHERE platformId = platform.id AND site.status <> 'deleted')",
}
const SITE_ORDERS = {
  name: 'searchText',
  verifiedAt: VERIFIED,
  platform: '(SELECT platform.searchText FROM platform WHERE platform.id = site.platformId)',
  server:
    '(SELECT server.searchText FROM platform JOIN server ON server.id = platform.serverId WHERE platform.id = site.platformId)',
  lastBackupAt: '(SELECT coalesce(max(createdAt), 0) FROM backup WHERE siteId = site.id)',
}

/** Servers by title, or as asked for. The search also looks into context names and addresses. */
export function listServers(
  store: Store,
  filter: PageOptions & {
    status?: ServerStatus | undefined
    tag?: string | undefined
    sort?: Sort<keyof typeof SERVER_ORDERS> | undefined
  },
): Paged<Server> {
  const where = withStatus(new Where(), filter.status)
    .text('searchText', filter.search)
    .tag(filter.tag)
  return listPage(store, 'server', where, orderOf(SERVER_ORDERS, filter.sort, BY_NAME), filter)
}

/** Platforms by title, or as asked for. The search also looks into context names. */
export function listPlatforms(
  store: Store,
  filter: PageOptions & {
    status?: PlatformStatus | undefined
    serverId?: Id | undefined
    tag?: string | undefined
    sort?: Sort<keyof typeof PLATFORM_ORDERS> | undefined
  },
): Paged<Platform> {
  const where = withStatus(new Where().equal('serverId', filter.serverId), filter.status)
    .text('searchText', filter.search)
    .tag(filter.tag)
  return listPage(store, 'platform', where, orderOf(PLATFORM_ORDERS, filter.sort, BY_NAME), filter)
}

export interface SiteFilter extends PageOptions {
  status?: SiteStatus | undefined
  serverId?: Id | undefined
  platformId?: Id | undefined
  clientId?: Id | undefined
  tag?: string | undefined
  sort?: Sort<keyof typeof SITE_ORDERS> | undefined
}

/** Sites by name, or as asked for. The search also looks into titles and aliases. */
export function listSites(store: Store, filter: SiteFilter): Paged<Site> {
  const where = new Where()
    .equal('platformId', filter.platformId)
    .equal('clientId', filter.clientId)
  if (filter.serverId !== undefined)
    where.add('platformId IN (SELECT id FROM platform WHERE serverId = ?)', filter.serverId)
  withStatus(where, filter.status).text('searchText', filter.search).tag(filter.tag)
  return listPage(store, 'site', where, orderOf(SITE_ORDERS, filter.sort, BY_NAME), filter)
}

/** Tags that objects of a kind have, in their alphabet, with how many have each. */
export const listTags = (store: Store, kind: ObjectKind): { tag: string; objects: number }[] =>
  store.query(
    `SELECT json_each.value AS tag, count(*) AS objects FROM ${kind}, json_each(${kind}.data, '$.tags') WHERE ${NOT_DELETED} GROUP BY 1 ORDER BY 1`,
  )

/** Servers of a backend that are not deleted, by title. */
export const listServersOn = (store: Store, backendId: Id): Server[] =>
  store.select('server', `WHERE backendId = ? AND ${NOT_DELETED} ORDER BY searchText, id`, [
    backendId,
  ])

/** Platforms of a server that are not deleted, by title. */
export const listPlatformsOf = (store: Store, serverId: Id): Platform[] =>
  store.select('platform', `WHERE serverId = ? AND ${NOT_DELETED} ORDER BY searchText, id`, [
    serverId,
  ])

/** Sites of a platform that are not deleted, by name. */
export const listSitesOf = (store: Store, platformId: Id): Site[] =>
  store.select('site', `WHERE platformId = ? AND ${NOT_DELETED} ORDER BY searchText, id`, [
    platformId,
  ])

/** Sites of a client that are not deleted, by name. */
export const listSitesOfClient = (store: Store, clientId: Id): Site[] =>
  store.select('site', `WHERE clientId = ? AND ${NOT_DELETED} ORDER BY searchText, id`, [clientId])

export const listDeletedSitesOfClient = (store: Store, clientId: Id): Site[] =>
  store.select('site', "WHERE clientId = ? AND status = 'deleted' ORDER BY id", [clientId])

/** Sites that are not deleted and have this host name, as their own or as an alias, on whatever backend. */
export const listSitesNamed = (store: Store, name: string): Site[] =>
  store
    .select('site', `WHERE instr(searchText, ?) > 0 AND ${NOT_DELETED} ORDER BY id`, [name])
    .filter((site) => site.name === name || site.aliases.includes(name))

/**
 * What was deleted but is still kept below an object: it has to be removed in the same commit when the object is
 * forgotten. Sites come before their platforms.
 */
export function listDeletedUnder(store: Store, { kind, id }: HostingObject): HostingObject[] {
  const sitesOf = (platformId: Id): Site[] =>
    store.select('site', "WHERE platformId = ? AND status = 'deleted'", [platformId])
  if (kind === 'site') return []
  if (kind === 'platform') return sitesOf(id)
  const platforms = store.select('platform', "WHERE serverId = ? AND status = 'deleted'", [id])
  return [...platforms.flatMap((platform) => sitesOf(platform.id)), ...platforms]
}

/** Everything on a backend, deleted or not: sites, their platforms, their servers, as they may be removed in order. */
export const listAllOn = (store: Store, backendId: Id): HostingObject[] =>
  Kinds.options
    .toReversed()
    .flatMap((kind): HostingObject[] =>
      store.select(kind, 'WHERE backendId = ? ORDER BY id', [backendId]),
    )

export const countPlatformsOf = (store: Store, serverId: Id): number =>
  countRows(store, 'platform', new Where().equal('serverId', serverId).add(NOT_DELETED))

export const countSitesOf = (store: Store, platformId: Id): number =>
  countRows(store, 'site', new Where().equal('platformId', platformId).add(NOT_DELETED))

export const countSitesOfClient = (store: Store, clientId: Id): number =>
  countRows(store, 'site', new Where().equal('clientId', clientId).add(NOT_DELETED))

/** What those of a client's sites take up that were measured. */
export const sumSizeOfClient = (store: Store, clientId: Id): number =>
  store.query<{ total: number }>(
    `SELECT coalesce(sum(json_extract(data, '$.sizeBytes')), 0) AS total FROM site ` +
      `WHERE clientId = ? AND ${NOT_DELETED}`,
    [clientId],
  )[0]?.total ?? 0

/** Sites on all platforms of a server. */
export const countSitesOn = (store: Store, serverId: Id): number =>
  countRows(
    store,
    'site',
    new Where()
      .add('platformId IN (SELECT id FROM platform WHERE serverId = ?)', serverId)
      .add(NOT_DELETED),
  )

/** The server, platform or site of this context name on a backend; a deleted one has given its name back. */
export function findByContextName(
  store: Store,
  backendId: Id,
  name: string,
): HostingObject | undefined {
  for (const kind of Kinds.options) {
    const [found] = store.select(kind, `WHERE backendId = ? AND name = ? AND ${NOT_DELETED}`, [
      backendId,
      name,
    ])
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether a context name is taken on a backend: servers, platforms and sites share one room. */
export const isContextNameTaken = (store: Store, backendId: Id, name: string): boolean =>
  findByContextName(store, backendId, name) !== undefined

/** Every object of this context name, on whatever backend: a short name is enough where there is one only. */
export const listNamed = (store: Store, name: string): HostingObject[] =>
  Kinds.options.flatMap((kind): HostingObject[] =>
    store.select(kind, `WHERE name = ? AND ${NOT_DELETED} ORDER BY id`, [name]),
  )
