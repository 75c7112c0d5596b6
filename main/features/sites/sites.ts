import { toContext, type Site } from '#shared/domain/objects.ts'
import { toHttpsOptions } from '#shared/domain/site-options.ts'
import type { Feature } from '../../hooks/feature.ts'
import type { ReadingHost } from '../../hooks/host.ts'
import { afterSiteTask, afterSiteRollback } from './site-effects.ts'
import { siteTasks } from './site-tasks.ts'

/** Sites: what a backend keeps of them, their tasks, and what those change here. */
export const sites: Feature = {
  name: 'sites',
  title: 'Sites',
  description: 'Sites on platforms: installing, backing up, moving and all the rest.',
  group: 'Hosting',
  isRequired: true,
  requires: ['platforms'],
  taskTypes: siteTasks,

  contextOptions(options, object, host) {
    if (object.kind !== 'site') return options
    const client = object.clientId === null ? undefined : host.find('client', object.clientId)
    return {
      ...options,
      context_type: 'site',
      platform: toContext(host.get('platform', object.platformId)),
      uri: object.name,
      aliases: object.aliases.length > 0 ? object.aliases : null,
      redirection: object.redirection,
      client_name: client?.title ?? null,
      site_title: object.siteTitle,
      db_server: databaseServerOf(object, host),
      ...toHttpsOptions(object),
    }
  },

  afterTask(task, result, host) {
    if (task.objectKind === 'site') afterSiteTask(task, result, host)
  },

  afterRollback(task, _failure, host) {
    if (task.objectKind === 'site') afterSiteRollback(task, host)
  },

  allowDomain(name, { for: objectId, backendId, host }) {
    const other = host
      .sitesNamed(name)
      .find((site) => site.backendId === backendId && site.id !== objectId)
    return other === undefined ? true : `${name} is already a name of the site ${other.name}.`
  },

  // Aegir's own two; which objects are guarded is for other features to say.
  dangerousTasks: () => ['disable', 'delete'],
}

/**
 * The server that keeps the site's database: its platform's, where that has one. On an account of Aegir's it may be any, and a
 * site stays with its own.
 */
function databaseServerOf(
  { platformId, backendId, savedOptions }: Site,
  host: ReadingHost,
): string | null {
  const isAegir = host.backend(backendId).dialect === 'aegir'
  const kept = savedOptions?.['db_server']
  if (isAegir && typeof kept === 'string') return kept
  const server = host.get('server', host.get('platform', platformId).serverId)
  const others = isAegir ? host.serversOn(backendId) : []
  const found = [server, ...others].find(({ services }) => services['db'] !== undefined)
  return found === undefined ? null : toContext(found)
}
