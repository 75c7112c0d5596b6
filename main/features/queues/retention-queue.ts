import type { FormProblems } from '#shared/domain/form.ts'
import type { Id, JsonRecord } from '#shared/domain/json.ts'
import type { Feature } from '../../hooks/feature.ts'
import type { OldBackup, QueueHost, QueueReadingHost, RecurringSites } from '../../hooks/queue.ts'
import { backupsToDelete, parseRules, type RetentionRule } from './retention-rules.ts'

const rulesOf = (values: JsonRecord): RetentionRule[] =>
  typeof values['rules'] === 'string' ? parseRules(values['rules']) : []

/** Sites with a backup for which nothing is being deleted, nor was within the period: a failure is not repeated at once. */
const sitesToLookAt = (host: QueueReadingHost): RecurringSites => ({
  hasBackups: true,
  withoutTask: { type: 'backup-delete', endedAfter: host.now - host.frequencySeconds * 1000 },
})

/** Thins out old backups by rules, of which there are none until the operator writes some (Aegir's hosting_backup_gc). */
export const retentionQueue: Feature = {
  name: 'retention-queue',
  title: 'Backup retention',
  description: 'Deletes old backups by rules.',
  group: 'Queues',
  requires: ['sites'],
  queues: [
    {
      name: 'backup-retention',
      title: 'Backup retention',
      description: 'Thins out the old backups of each site. Nothing is deleted without a rule.',
      type: 'batch',
      frequencySeconds: 3600,
      minThreads: 6,
      maxThreads: 12,
      threshold: 100,
      singular: 'site',
      plural: 'sites',
      form: {
        fields: [
          {
            name: 'rules',
            type: 'text',
            isLong: true,
            label: 'Rules',
            help: 'One a line: “7d 1d” keeps one a day of the backups older than seven days. Units: h, d, w, m (30 days), y.',
          },
        ],
      },
      validate(values): FormProblems {
        try {
          rulesOf(values)
          return {}
        } catch (error) {
          return { rules: error instanceof Error ? error.message : String(error) }
        }
      },
      totalItems: (host) =>
        rulesOf(host.values).length === 0 ? 0 : host.countSites(sitesToLookAt(host)),
      process: thinOut,
    },
  ],
}

/** At most `count` sites, those whose backup to be deleted is the oldest first. */
function thinOut(count: number, host: QueueHost): void {
  const rules = rulesOf(host.values)
  const [first] = rules
  if (first === undefined) return
  const before = host.now - first.olderThanMs
  const old = new Map<Id, OldBackup[]>()
  for (const backup of host.listOldBackups({ ...sitesToLookAt(host), before }))
    old.set(backup.siteId, [...(old.get(backup.siteId) ?? []), backup])
  const wanted = [...old]
    .map(([siteId, backups]) => ({ siteId, going: backupsToDelete(backups, rules, host.now) }))
    .filter(({ going }) => going.length > 0)
    .sort((a, b) => oldest(a.going) - oldest(b.going))
  for (const { siteId, going } of wanted.slice(0, count)) {
    const site = host.get('site', siteId)
    if (host.refusalOf(site, 'backup-delete') === null)
      host.addTask(site, 'backup-delete', { backups: going.map(({ id }) => id) })
  }
}

const oldest = (backups: readonly OldBackup[]): number =>
  Math.min(...backups.map(({ createdAt }) => createdAt))
