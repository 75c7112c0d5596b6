import type { Feature } from '../../hooks/feature.ts'
import type { QueueReadingHost, RecurringSites } from '../../hooks/queue.ts'

/** How much of its period must have passed since a site's last cron, so that a chunk that comes early takes others. */
const SHARE_OF_PERIOD = 0.9

/** Sites whose application has regular work, and whose turn it is: also one whose cron failed waits its period. */
const dueSites = (host: QueueReadingHost): RecurringSites => ({
  ability: 'cron',
  withoutTask: {
    type: 'cron',
    endedAfter: host.now - host.frequencySeconds * 1000 * SHARE_OF_PERIOD,
  },
})

/** Lets every site's application do its regular work (Aegir's hosting_cron): all once a period, oldest first. */
export const cronQueue: Feature = {
  name: 'cron-queue',
  title: 'Cron',
  description: 'Lets the applications of sites do their regular work.',
  group: 'Queues',
  requires: ['sites'],
  queues: [
    {
      name: 'cron',
      title: 'Cron',
      description: 'Runs cron for every site whose application has it, the longest ago first.',
      type: 'batch',
      frequencySeconds: 3600,
      minThreads: 6,
      maxThreads: 12,
      threshold: 100,
      singular: 'site',
      plural: 'sites',
      totalItems: (host) => host.countSites({ ability: 'cron' }),
      process(count, host) {
        const sites = host.listSites({ ...dueSites(host), orderBy: 'lastCronAt', limit: count })
        for (const site of sites)
          if (host.refusalOf(site, 'cron') === null) host.addTask(site, 'cron')
      },
    },
  ],
}
