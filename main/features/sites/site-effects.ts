import type { Site } from '#shared/domain/objects.ts'
import { parseHttpsOptions, parseSiteFacts } from '#shared/domain/site-options.ts'
import { parseSiteReport } from '#shared/domain/site-report.ts'
import type { Task } from '#shared/domain/task.ts'
import type { ProvisionContext } from '#shared/protocol/provision.ts'
import type { TaskResult } from '../../hooks/feature.ts'
import type { Host } from '../../hooks/host.ts'
import { takeOver, textOrNull, webAddressOrNull } from '../effects.ts'
import { occasionOf } from './occasions.ts'
import { reportedFacts } from './site-facts.ts'

/** What a site's task that succeeded changes here (Aegir's hook_post_hosting_TYPE_task for sites). */
export function afterSiteTask(task: Task, result: TaskResult, host: Host): void {
  const site = {
    ...takeOver(host.get('site', task.objectId), task, result, host),
    ...reportedFacts(task, result),
  }
  keepBackup(site, task, result, host)
  const url = webAddressOrNull(result.data['url'])
  const report = parseSiteReport(result.data['report'])
  switch (task.type) {
    case 'install':
    case 'import':
    case 'undelete':
      return host.put('site', { ...site, status: 'enabled', url, report })
    case 'verify':
      return host.put('site', { ...site, url: url ?? site.url, report })
    case 'restore':
      return host.put('site', { ...site, report })
    case 'enable':
      return host.put('site', { ...site, status: 'enabled', url: url ?? site.url })
    case 'disable':
      return host.put('site', { ...site, status: 'disabled' })
    case 'delete':
      return host.put('site', { ...site, status: 'deleted', url: null })
    case 'migrate':
    case 'rename':
      return host.put('site', { ...moved(site, url, result, host), report })
    case 'clone':
      return keepClone(site, url, result, host)
    case 'backup-delete':
      return forgetBackups(site, task, host)
    case 'cron':
      return host.put('site', { ...site, lastCronAt: host.now })
    default:
      return host.put('site', site)
  }
}

/** Aegir: an install or import that failed leaves the site disabled; it can be tried again or deleted. */
export function afterSiteRollback(task: Task, host: Host): void {
  const site = host.get('site', task.objectId)
  if (task.type === 'install' || task.type === 'import') {
    if (site.status === 'queued')
      host.put('site', { ...site, status: 'disabled', changedAt: host.now })
  }
  if (task.type === 'verify') host.put('site', { ...site, verifiedAt: null, changedAt: host.now })
}

/** The site as the backend now keeps it: perhaps under another name, perhaps on another platform. */
function moved(site: Site, url: string | null, result: TaskResult, host: Host): Site {
  const context = result.contexts.find(({ type }) => type === 'site')
  if (context === undefined) return site
  const platform = platformOf(context, site, host)
  return {
    ...site,
    name: context.name,
    title: context.name,
    // As the backend does it, and not as it says: what was edited meanwhile is not yet there.
    aliases: site.aliases.filter((alias) => alias !== context.name),
    redirection: site.redirection === site.name ? context.name : site.redirection,
    platformId: platform?.id ?? site.platformId,
    savedOptions: context.options,
    verifiedAt: host.now,
    url: url ?? site.url,
  }
}

/** The copy is a site of its own, as its backend made it. */
function keepClone(site: Site, url: string | null, result: TaskResult, host: Host): void {
  const context = result.contexts.find(({ type, name }) => type === 'site' && name !== site.name)
  if (context === undefined) return
  const platform = platformOf(context, site, host)
  const aliases = context.options['aliases']
  host.put('site', {
    ...site,
    id: host.newId(),
    name: context.name,
    title: context.name,
    platformId: platform?.id ?? site.platformId,
    aliases: Array.isArray(aliases) ? aliases.filter((alias) => typeof alias === 'string') : [],
    redirection: textOrNull(context.options['redirection']),
    ...parseHttpsOptions(context.options),
    ...parseSiteFacts(context.options),
    certificateExpiresAt: null,
    certificateIssuer: null,
    sizeBytes: null,
    report: parseSiteReport(result.data['report']),
    savedOptions: context.options,
    verifiedAt: host.now,
    createdAt: host.now,
    changedAt: host.now,
    lastCronAt: null,
    url,
  })
}

function platformOf(context: ProvisionContext, site: Site, host: Host) {
  const name = textOrNull(context.options['platform'])?.replace(/^@/, '')
  return name === undefined
    ? undefined
    : host.platformsOn(site.backendId).find((one) => one.name === name)
}

function forgetBackups(site: Site, task: Task, host: Host): void {
  const ids = Array.isArray(task.values['backups']) ? task.values['backups'] : []
  for (const { id } of host.backupsOf(site.id)) if (ids.includes(id)) host.remove('backup', id)
}

/** Any task that reports an archive leaves a backup. */
function keepBackup(site: Site, task: Task, result: TaskResult, host: Host): void {
  const file = textOrNull(result.data['file'])
  if (file === null) return
  const size = result.data['sizeBytes']
  host.put('backup', {
    id: host.newId(),
    siteId: site.id,
    backendId: site.backendId,
    file,
    sizeBytes: typeof size === 'number' ? size : 0,
    description: textOrNull(task.values['description']) ?? occasionOf(task.type),
    createdAt: host.now,
    taskId: task.id,
  })
}
