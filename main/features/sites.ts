import type { Json } from '#shared/domain/json.ts'
import { toContext, type Site } from '#shared/domain/objects.ts'
import type { Task } from '#shared/domain/task.ts'
import { defineTaskType, type Feature, type TaskResult } from '../hooks/feature.ts'
import type { Host } from '../hooks/host.ts'
import { takeOver, textOrNull } from './effects.ts'

const NOT_WHEN_DELETED = 'The site was deleted.'
const NOT_YET_INSTALLED = 'The site is not installed yet.'

/** Sites: what a backend keeps of them, and their tasks. */
export const sites: Feature = {
  name: 'sites',
  title: 'Sites',
  requires: ['platforms'],

  taskTypes: [
    defineTaskType({
      type: 'install',
      objectKind: 'site',
      title: 'Install',
      description: 'Make the site on its platform.',
      weight: -10,
      savesContext: true,
      refusal: (site) =>
        site.status === 'deleted'
          ? NOT_WHEN_DELETED
          : site.url === null
            ? null
            : 'The site is installed already.',
      options: (site, _values, host): Record<string, Json> => ({
        client_email:
          (site.clientId === null ? null : host.find('client', site.clientId)?.email) ?? null,
      }),
    }),
    defineTaskType({
      type: 'verify',
      objectKind: 'site',
      title: 'Verify',
      description: 'Check the site and write its configuration anew.',
      weight: 0,
      savesContext: true,
      refusal: refusalUnlessInstalled,
    }),
    defineTaskType({
      type: 'backup',
      objectKind: 'site',
      title: 'Back up',
      description: 'Make an archive from which the site can be restored.',
      weight: 10,
      savesContext: false,
      hasDialog: true,
      form: {
        fields: [
          {
            name: 'description',
            type: 'text',
            label: 'Description',
            help: 'For the list of backups, for example “before the update”.',
            maxLength: 500,
          },
        ],
      },
      refusal: refusalUnlessInstalled,
    }),
    defineTaskType({
      type: 'delete',
      objectKind: 'site',
      title: 'Delete',
      description: 'Remove the site from its server. A last backup of it stays there.',
      weight: 90,
      savesContext: false,
      forgetsContext: true,
      hasDialog: true,
      isDangerous: true,
      refusal: (site) => (site.status === 'deleted' ? NOT_WHEN_DELETED : null),
    }),
  ],

  contextOptions(options, object, host) {
    if (object.kind !== 'site') return options
    const client = object.clientId === null ? undefined : host.find('client', object.clientId)
    return {
      ...options,
      context_type: 'site',
      platform: toContext(host.get('platform', object.platformId)),
      uri: object.name,
      aliases: object.aliases.length > 0 ? object.aliases : null,
      client_name: client?.title ?? null,
    }
  },

  afterTask(task, result, host) {
    if (task.objectKind !== 'site') return
    const site = takeOver(host.get('site', task.objectId), task, result, host)
    keepBackup(site, task, result, host)
    switch (task.type) {
      case 'install':
        return host.put('site', { ...site, status: 'enabled', url: textOrNull(result.data['url']) })
      case 'verify':
        return host.put('site', { ...site, url: textOrNull(result.data['url']) ?? site.url })
      case 'delete':
        return host.put('site', { ...site, status: 'deleted', url: null })
      default:
        return host.put('site', site)
    }
  },

  afterRollback(task, _failure, host) {
    if (task.objectKind !== 'site' || task.type !== 'install') return
    const site = host.get('site', task.objectId)
    // Aegir: an install that failed leaves the site disabled; it can be tried again or deleted.
    if (site.status === 'queued')
      host.put('site', { ...site, status: 'disabled', changedAt: host.now })
  },

  allowDomain(name, { for: objectId, host }) {
    const other = host.sitesNamed(name).find((site) => site.id !== objectId)
    return other === undefined ? true : `${name} is already a name of the site ${other.name}.`
  },
}

function refusalUnlessInstalled(site: Site): string | null {
  if (site.status === 'deleted') return NOT_WHEN_DELETED
  return site.url === null ? NOT_YET_INSTALLED : null
}

/** Any task that reports an archive leaves a backup: backup itself, and delete, which makes a last one. */
function keepBackup(site: Site, task: Task, result: TaskResult, host: Host): void {
  const file = textOrNull(result.data['file'])
  if (file === null) return
  const size = result.data['sizeBytes']
  const description = task.values['description']
  host.put('backup', {
    id: host.newId(),
    siteId: site.id,
    backendId: site.backendId,
    file,
    sizeBytes: typeof size === 'number' ? size : 0,
    description:
      typeof description === 'string'
        ? description
        : task.type === 'delete'
          ? 'Before the site was deleted'
          : '',
    createdAt: host.now,
    taskId: task.id,
  })
}
