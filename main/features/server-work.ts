import type { JsonRecord } from '#shared/domain/json.ts'
import type { ServerQueue } from '#shared/protocol/dispatch-plan.ts'
import type { Feature } from '../hooks/feature.ts'
import type { QueueAsSet } from '../hooks/host.ts'

/** The queues that the program on a server can run. */
const SERVER_QUEUES = ['cron', 'backup', 'backup-retention', 'certificates']

/**
 * Recurring work that a server does by itself, with this computer off: its plan, as lasting facts of its own and of its
 * sites. A backend whose recurring work is done from here is told that it has no plan.
 */
export const serverWork: Feature = {
  name: 'server-work',
  title: 'Work of servers',
  description: 'Tells servers that plan for themselves which recurring work is theirs.',
  group: 'Queues',
  isRequired: true,
  requires: ['servers', 'sites'],

  contextOptions(options, object, host) {
    const { dialect, recurringOwner } = host.backend(object.backendId)
    if (dialect !== 'native') return options
    if (object.kind === 'site')
      return { ...options, backup_every_seconds: object.backupEverySeconds }
    // A desk that starts from what is there gives the same names.
    const named = { ...options, title: object.title }
    if (object.kind !== 'server') return named
    const plan = recurringOwner === 'server' ? toPlan(host.queues()) : null
    return { ...named, dispatch_plan: plan }
  },
}

function toPlan(queues: readonly QueueAsSet[]): JsonRecord {
  const own = queues.filter(({ name }) => SERVER_QUEUES.includes(name))
  return { queues: own.map((queue) => ({ ...toServerQueue(queue) })) }
}

const toServerQueue = (queue: QueueAsSet): ServerQueue => ({
  name: queue.name,
  type: queue.type,
  isEnabled: queue.isEnabled,
  isPaused: queue.isPaused,
  frequencySeconds: queue.frequencySeconds,
  items: queue.items,
  minThreads: queue.minThreads,
  maxThreads: queue.maxThreads,
  threshold: queue.threshold,
  ...(typeof queue.values['rules'] === 'string' ? { rules: queue.values['rules'] } : {}),
})
