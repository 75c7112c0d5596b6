import type { Server } from '#shared/domain/objects.ts'
import { defineTaskType, type Feature } from '../hooks/feature.ts'
import type { Host } from '../hooks/host.ts'
import { toServiceOptions, withChosenValues } from '../hooks/service-types.ts'
import { takeOver } from './effects.ts'
import { toServerFacts } from './server-facts.ts'

const NOT_WHEN_DELETED = 'The server was deleted.'

/**
 * What a server's verify has changed its platforms have to hear of (Aegir verifies all that are not deleted, BOA those in
 * use, as we do). One whose verify waits or runs already is left alone.
 */
function verifyPlatforms({ id }: Server, host: Host): void {
  for (const platform of host.platformsOf(id)) {
    const isInUse = platform.status === 'enabled' || platform.status === 'locked'
    if (isInUse && !host.hasUnfinishedTask(platform.id, 'verify')) host.addTask(platform, 'verify')
  }
}

/** Servers: what a backend keeps of them, and their tasks. */
export const servers: Feature = {
  name: 'servers',
  title: 'Servers',
  description: 'Machines that carry platforms, each reached by an account.',
  group: 'Hosting',
  isRequired: true,

  taskTypes: [
    defineTaskType({
      type: 'verify',
      objectKind: 'server',
      title: 'Verify',
      description: 'Check the server and bring its configuration up to date.',
      weight: 0,
      savesContext: true,
      refusal: (server) => (server.status === 'deleted' ? NOT_WHEN_DELETED : null),
    }),
    defineTaskType({
      type: 'delete',
      objectKind: 'server',
      title: 'Delete',
      description:
        'Remove what Hosting Desk keeps of this server on it. The machine itself is untouched.',
      weight: 90,
      savesContext: false,
      forgetsContext: true,
      hasDialog: true,
      isDangerous: true,
      refusal(server, host) {
        if (server.status === 'deleted') return NOT_WHEN_DELETED
        const count = host.platformsOf(server.id).length
        return count === 0 ? null : `It still carries ${count} platform${count === 1 ? '' : 's'}.`
      },
    }),
  ],

  contextOptions: (options, object, host) =>
    object.kind === 'server'
      ? {
          ...options,
          context_type: 'server',
          remote_host: object.remoteHost,
          ...toServiceOptions(object, host.serviceTypes()),
        }
      : options,

  afterTask(task, result, host) {
    if (task.objectKind !== 'server') return
    const server = takeOver(host.get('server', task.objectId), task, result, host)
    if (task.type === 'verify') {
      host.put('server', {
        ...server,
        services: withChosenValues(server, host.serviceTypes()),
        status: 'enabled',
        facts: toServerFacts(result.data),
      })
      verifyPlatforms(server, host)
    }
    if (task.type === 'delete') host.put('server', { ...server, status: 'deleted' })
  },
}
