import type { Id } from '#shared/domain/json.ts'
import type { Backup, Site } from '#shared/domain/objects.ts'
import type { Attempt, Task } from '#shared/domain/task.ts'
import type { SqlValue } from '../database.ts'
import type { Store } from '../store.ts'
import { countRows, Where } from './page.ts'
import { listAttempts } from './tasks.ts'

/** Enabled sites on backends whose recurring work is done from here, narrowed down. */
export interface RecurringSiteFilter {
  /** On platforms whose application can do this. */
  ability?: string | undefined
  /** The site's own schedule, counted from its last backup, says that one is due at this instant. */
  backupDueAt?: number | undefined
  /** With HTTPS by a certificate that the server renews; it ends before this, or nobody knows when. */
  certificateEndsBefore?: number | undefined
  hasBackups?: boolean | undefined
  /** No task of this type is unfinished for them, or ended after the instant. */
  withoutTask?: { type: string; endedAfter: number } | undefined
}

export type RecurringOrder = 'lastCronAt' | 'lastBackupAt' | 'certificateExpiresAt' | 'name'

const LAST_BACKUP = '(SELECT max(createdAt) FROM backup WHERE siteId = site.id)'
const FROM_HERE =
  "backendId IN (SELECT id FROM backend WHERE json_extract(data, '$.recurringOwner') = 'desk')"

const ORDERS: Readonly<Record<RecurringOrder, string>> = {
  lastCronAt: 'coalesce(lastCronAt, 0), id',
  lastBackupAt: `coalesce(${LAST_BACKUP}, 0), id`,
  certificateExpiresAt: 'coalesce(certificateExpiresAt, 0), id',
  name: 'name, id',
}

export const countRecurringSites = (store: Store, filter: RecurringSiteFilter): number =>
  countRows(store, 'site', toWhere(filter))

export function listRecurringSites(
  store: Store,
  filter: RecurringSiteFilter,
  { orderBy, limit }: { orderBy: RecurringOrder; limit: number },
): Site[] {
  const where = toWhere(filter)
  const tail = `${where.toString()} ORDER BY ${ORDERS[orderBy]} LIMIT ?`
  return store.select('site', tail, [...where.params, limit])
}

function toWhere({
  ability,
  backupDueAt,
  certificateEndsBefore,
  hasBackups,
  withoutTask,
}: RecurringSiteFilter): Where {
  const where = new Where().equal('status', 'enabled')
  if (backupDueAt !== undefined) {
    where.add('backupEverySeconds IS NOT NULL')
    where.add(`coalesce(${LAST_BACKUP}, 0) + backupEverySeconds * 1000 <= ?`, backupDueAt)
  }
  if (certificateEndsBefore !== undefined) {
    where.add("https <> 'off'")
    where.add('coalesce(certificateExpiresAt, 0) < ?', certificateEndsBefore)
    where.add(RENEWED)
  }
  where.add(FROM_HERE)
  if (ability !== undefined) where.add(ABLE, ability)
  if (hasBackups === true) where.add(`${LAST_BACKUP} IS NOT NULL`)
  if (withoutTask !== undefined) {
    const { type, endedAfter } = withoutTask
    where.add(`NOT EXISTS (${RECENT_TASK})`, type, endedAfter)
  }
  return where
}

/** Files of the operator's own are theirs to renew. */
const RENEWED = "json_extract(data, '$.certificate.type') IN ('acme', 'self-signed')"

const ABLE =
  "platformId IN (SELECT platform.id FROM platform, json_each(platform.data, '$.abilities') " +
  'WHERE json_each.value = ?)'

const RECENT_TASK =
  'SELECT 1 FROM task WHERE objectId = site.id AND task.type = ? AND (endedAt IS NULL OR endedAt > ?)'

/** Backups of those sites made before an instant, newest first: no more than is needed to choose among them. */
export function listOldBackups(
  store: Store,
  { before, ...filter }: RecurringSiteFilter & { before: number },
): Pick<Backup, 'id' | 'siteId' | 'createdAt'>[] {
  const sites = toWhere(filter)
  return store.query(
    `SELECT id, siteId, createdAt FROM backup WHERE createdAt < ? ` +
      `AND siteId IN (SELECT id FROM site ${sites.toString()}) ORDER BY siteId, createdAt DESC, id DESC`,
    [before, ...sites.params],
  )
}

/** Attempts beyond the newest ones of their object and task type, of tasks that ended before an instant. */
export interface HistoryFilter {
  keepNewest: number
  endedBefore: number
}

/**
 * A task without any attempt (cancelled before it began) counts as one. Most objects have few tasks of a type, so the
 * attempts are ranked only where there can be too many: of many tasks, or of tasks that were tried again.
 */
const OLD_HISTORY = `
  WITH crowd AS (
    SELECT objectId, type FROM task GROUP BY objectId, type HAVING count(*) > ? AND min(endedAt) < ?
    UNION SELECT objectId, type FROM task WHERE id IN (SELECT taskId FROM attempt WHERE number > 1)
  ), entry AS (
    SELECT task.id AS taskId, attempt.id AS attemptId, task.endedAt AS endedAt, task.number AS number,
      attempt.number AS attemptNumber,
      row_number() OVER (
        PARTITION BY task.objectId, task.type ORDER BY task.endedAt DESC, task.number DESC, attempt.number DESC
      ) AS place
    FROM crowd JOIN task USING (objectId, type) LEFT JOIN attempt ON attempt.taskId = task.id
    WHERE task.endedAt IS NOT NULL
  ), old AS (SELECT * FROM entry WHERE place > ? AND endedAt < ?)`

const historyParams = ({ keepNewest, endedBefore }: HistoryFilter): SqlValue[] => [
  keepNewest,
  endedBefore,
  keepNewest,
  endedBefore,
]

export const countOldHistory = (store: Store, filter: HistoryFilter): number =>
  store.query<{ total: number }>(
    `${OLD_HISTORY} SELECT count(*) AS total FROM old`,
    historyParams(filter),
  )[0]?.total ?? 0

/** Oldest first; `attempts` are those to go, and `isWhole` says that none of the task's is left then. */
export function listOldHistory(
  store: Store,
  filter: HistoryFilter,
  limit: number,
): { task: Task; attempts: Attempt[]; isWhole: boolean }[] {
  const rows = store.query<{ taskId: Id; attemptId: Id | null }>(
    `${OLD_HISTORY} SELECT taskId, attemptId FROM old ORDER BY endedAt, number, attemptNumber LIMIT ?`,
    [...historyParams(filter), limit],
  )
  const byTask = new Map<Id, Set<Id>>()
  for (const { taskId, attemptId } of rows) {
    const attempts = byTask.get(taskId) ?? new Set()
    if (attemptId !== null) attempts.add(attemptId)
    byTask.set(taskId, attempts)
  }
  return [...byTask].map(([taskId, ids]) => {
    const all = listAttempts(store, taskId)
    const attempts = all.filter(({ id }) => ids.has(id))
    return { task: store.get('task', taskId), attempts, isWhole: attempts.length === all.length }
  })
}
