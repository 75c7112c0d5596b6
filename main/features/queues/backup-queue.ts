import type { Feature } from '../../hooks/feature.ts'
import type { QueueReadingHost, RecurringSites } from '../../hooks/queue.ts'

/** A backup that failed is tried again after this long, or else a broken site would fill the history. */
const RETRY_MS = 3_600_000

const dueSites = (host: QueueReadingHost): RecurringSites => ({
  isBackupDue: true,
  withoutTask: { type: 'backup', endedAfter: host.now - RETRY_MS },
})

/** Backs up sites on their own schedules, which are off until set (Aegir's hosting_backup_queue). */
export const backupQueue: Feature = {
  name: 'backup-queue',
  title: 'Scheduled backups',
  description: 'Backs up sites on the schedules that are set for them.',
  group: 'Queues',
  requires: ['sites'],
  queues: [
    {
      name: 'backup',
      title: 'Scheduled backups',
      description: 'Backs up each site that has a schedule, counted from its last backup.',
      type: 'serial',
      frequencySeconds: 60,
      items: 2,
      singular: 'site',
      plural: 'sites',
      totalItems: (host) => host.countSites(dueSites(host)),
      process(count, host) {
        const sites = host.listSites({ ...dueSites(host), orderBy: 'lastBackupAt', limit: count })
        for (const site of sites) {
          if (host.refusalOf(site, 'backup') === null)
            host.addTask(site, 'backup', { description: 'Scheduled backup' })
        }
      },
    },
  ],
}
