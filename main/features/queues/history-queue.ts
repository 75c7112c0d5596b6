import type { Feature } from '../../hooks/feature.ts'
import type { OldHistory, QueueReadingHost } from '../../hooks/queue.ts'

const DAY_MS = 86_400_000
const KEEP_NEWEST = 20
const KEEP_DAYS = 90
const ATTEMPTS_A_RUN = 500
/** What one transaction removes stays small, also where a long history is thinned out for the first time. */
const MAX_A_RUN = 2000

function oldHistory({ values, now }: QueueReadingHost): OldHistory {
  const number = (name: string, otherwise: number): number =>
    typeof values[name] === 'number' ? values[name] : otherwise
  return {
    keepNewest: number('keepNewest', KEEP_NEWEST),
    endedBefore: now - number('keepDays', KEEP_DAYS) * DAY_MS,
  }
}

/** Forgets old attempts and their logs; off until switched on, as Aegir's hosting_task_gc. */
export const historyQueue: Feature = {
  name: 'history-queue',
  title: 'Task retention',
  description: 'Forgets old attempts of tasks, with their logs.',
  group: 'Queues',
  queues: [
    {
      name: 'task-retention',
      title: 'Task retention',
      description:
        'Forgets old attempts and their logs. The newest of each object and task type always stay.',
      type: 'batch',
      frequencySeconds: 3600,
      minThreads: 6,
      maxThreads: 12,
      threshold: ATTEMPTS_A_RUN,
      isEnabled: false,
      singular: 'attempt',
      plural: 'attempts',
      form: {
        fields: [
          {
            name: 'keepNewest',
            type: 'number',
            label: 'Attempts kept of each object and task type',
            default: KEEP_NEWEST,
            min: 1,
            max: 10_000,
          },
          {
            name: 'keepDays',
            type: 'number',
            label: 'Days for which everything is kept',
            default: KEEP_DAYS,
            min: 1,
            max: 36_500,
          },
        ],
      },
      totalItems: (host) => host.countHistory(oldHistory(host)),
      process: (count, host) =>
        host.forgetHistory({ ...oldHistory(host), limit: Math.min(count, MAX_A_RUN) }),
    },
  ],
}
