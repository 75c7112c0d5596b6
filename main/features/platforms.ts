import { toContext } from '#shared/domain/objects.ts'
import { defineTaskType, type Feature } from '../hooks/feature.ts'
import { takeOver, textOrNull } from './effects.ts'

const NOT_WHEN_DELETED = 'The platform was deleted.'

/** Platforms: what a backend keeps of them, and their tasks. */
export const platforms: Feature = {
  name: 'platforms',
  title: 'Platforms',
  requires: ['servers'],

  taskTypes: [
    defineTaskType({
      type: 'verify',
      objectKind: 'platform',
      title: 'Verify',
      description: 'Check that the code is there, and find out what it is.',
      weight: 0,
      savesContext: true,
      refusal: (platform) => (platform.status === 'deleted' ? NOT_WHEN_DELETED : null),
    }),
    defineTaskType({
      type: 'delete',
      objectKind: 'platform',
      title: 'Delete',
      description:
        'Remove this platform from the server, with its folder where Hosting Desk made it.',
      weight: 90,
      savesContext: false,
      forgetsContext: true,
      hasDialog: true,
      isDangerous: true,
      refusal(platform, host) {
        if (platform.status === 'deleted') return NOT_WHEN_DELETED
        const count = host.sitesOf(platform.id).length
        return count === 0
          ? null
          : `${count === 1 ? 'A site still runs' : `${count} sites still run`} on it.`
      },
    }),
  ],

  contextOptions(options, object, host) {
    if (object.kind !== 'platform') return options
    const server = toContext(host.get('server', object.serverId))
    return { ...options, context_type: 'platform', server, web_server: server, root: object.root }
  },

  afterTask(task, result, host) {
    if (task.objectKind !== 'platform') return
    const platform = takeOver(host.get('platform', task.objectId), task, result, host)
    if (task.type === 'verify') {
      host.put('platform', {
        ...platform,
        status: platform.status === 'locked' ? 'locked' : 'enabled',
        application: textOrNull(result.data['application']) ?? platform.application,
        version: textOrNull(result.data['version']),
      })
    }
    if (task.type === 'delete') host.put('platform', { ...platform, status: 'deleted' })
  },
}
