import type { PlatformRow, ServerRow, SiteRow } from '#shared/contract/inventory.ts'
import type { TaskRow } from '#shared/contract/task.ts'
import type { Platform, Server, Site } from '#shared/domain/objects.ts'
import type { Task } from '#shared/domain/task.ts'
import { lastBackupsOf } from '../store/queries/backups.ts'
import { countPlatformsOf, countSitesOf, countSitesOn } from '../store/queries/objects.ts'
import { lastTasksOf } from '../store/queries/tasks.ts'
import type { Store } from '../store/store.ts'
import { withoutSecretValues } from '../task/task-secrets.ts'
import type { RpcParts } from './parts.ts'

export function toServerRows(store: Store, servers: readonly Server[]): ServerRow[] {
  const lastTasks = lastTasksOf(store, idsOf(servers))
  return servers.map((server) => ({
    ...server,
    lastTask: lastTasks.get(server.id) ?? null,
    backend: store.get('backend', server.backendId),
    platforms: countPlatformsOf(store, server.id),
    sites: countSitesOn(store, server.id),
  }))
}

export function toPlatformRows(store: Store, platforms: readonly Platform[]): PlatformRow[] {
  const lastTasks = lastTasksOf(store, idsOf(platforms))
  return platforms.map((platform) => ({
    ...platform,
    lastTask: lastTasks.get(platform.id) ?? null,
    server: store.get('server', platform.serverId),
    sites: countSitesOf(store, platform.id),
  }))
}

/** A list would carry thousands of them. */
export const withoutPackages = <Row extends Platform>(row: Row): Row => ({ ...row, packages: [] })

/** For the same reason. */
export const withoutReport = (row: SiteRow): SiteRow => ({ ...row, report: null })

export function toSiteRows(store: Store, sites: readonly Site[]): SiteRow[] {
  const platformOf = once((id) => withoutPackages(store.get('platform', id)))
  const serverOf = once((id) => store.get('server', id))
  const clientOf = once((id) => store.find('client', id) ?? null)
  const lastTasks = lastTasksOf(store, idsOf(sites))
  const lastBackups = lastBackupsOf(store, idsOf(sites))
  return sites.map((site) => {
    const platform = platformOf(site.platformId)
    return {
      ...site,
      lastTask: lastTasks.get(site.id) ?? null,
      platform,
      server: serverOf(platform.serverId),
      client: site.clientId === null ? null : clientOf(site.clientId),
      lastBackup: lastBackups.get(site.id) ?? null,
    }
  })
}

export function toTaskRow({ store, registry, activities }: RpcParts, task: Task): TaskRow {
  return {
    ...task,
    values: withoutSecretValues(task.values),
    title: registry.findTaskType(task.objectKind, task.type)?.title ?? task.type,
    objectTitle: store.find(task.objectKind, task.objectId)?.title ?? task.objectName,
    backendTitle: store.find('backend', task.backendId)?.title ?? 'A server that was forgotten',
    activity: activities.get(task.id) ?? null,
  }
}

/** Asks once for each id: a page of sites has few platforms, and reading a row checks it. */
function once<Row>(find: (id: string) => Row): (id: string) => Row {
  const known = new Map<string, Row>()
  return (id) => {
    const row = known.get(id) ?? find(id)
    known.set(id, row)
    return row
  }
}

const idsOf = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id)
