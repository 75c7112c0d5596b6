import type { DayCount, ExpiringSite, UnsavedSite } from '#shared/contract/overview.ts'
import type { Task } from '#shared/domain/task.ts'
import type { Store } from '../store.ts'
import type { Paged } from './page.ts'
import { findTaskByNumber } from './tasks.ts'

/**
 * Tasks that failed since the instant, newest first, unless something of the same kind was begun for their object
 * afterwards, or the object is gone.
 */
export function listOpenFailures(
  store: Store,
  { since, limit }: { since: number; limit: number },
): Paged<Task> {
  const rows = store.query<{ number: number }>(
    `SELECT number FROM task AS failed WHERE status = 'error' AND endedAt >= ? AND ${IS_LAST} AND ${IS_HERE}
     ORDER BY number DESC`,
    [since],
  )
  const items = rows.slice(0, limit).flatMap(({ number }) => findTaskByNumber(store, number) ?? [])
  return { items, total: rows.length }
}

const IS_LAST =
  'NOT EXISTS (SELECT 1 FROM task WHERE objectId = failed.objectId AND number > failed.number AND type = failed.type)'
const IS_HERE = `CASE objectKind
  WHEN 'site' THEN EXISTS (SELECT 1 FROM site WHERE id = objectId AND status <> 'deleted')
  WHEN 'platform' THEN EXISTS (SELECT 1 FROM platform WHERE id = objectId AND status <> 'deleted')
  ELSE EXISTS (SELECT 1 FROM server WHERE id = objectId AND status <> 'deleted') END`

/**
 * Enabled sites without a backup since the instant, those without any first. A site that is younger than that is left
 * out, and so are those of the demo server: it carries nothing to lose.
 */
export function listUnsavedSites(
  store: Store,
  { since, limit }: { since: number; limit: number },
): Paged<UnsavedSite> {
  const rows = store.query<{ id: string; lastBackupAt: number | null }>(
    `SELECT id, (SELECT max(createdAt) FROM backup WHERE siteId = site.id) AS lastBackupAt FROM site
     WHERE status = 'enabled' AND coalesce(lastBackupAt, 0) < ?1
       AND json_extract(data, '$.createdAt') < ?1
       AND backendId IN (SELECT id FROM backend WHERE NOT json_extract(data, '$.isDemo'))
     ORDER BY coalesce(lastBackupAt, 0), searchText`,
    [since],
  )
  const items = rows.slice(0, limit).map(({ id, lastBackupAt }) => ({
    ...placeOf(store, id),
    lastBackupAt,
  }))
  return { items, total: rows.length }
}

/** Enabled sites with HTTPS whose certificate ends before the instant, the first to end first. */
export function listExpiringSites(
  store: Store,
  { before, limit }: { before: number; limit: number },
): Paged<ExpiringSite> {
  const rows = store.query<{ id: string; expiresAt: number }>(
    `SELECT id, certificateExpiresAt AS expiresAt FROM site
     WHERE status = 'enabled' AND certificateExpiresAt < ? AND https <> 'off'
     ORDER BY certificateExpiresAt, searchText`,
    [before],
  )
  const items = rows
    .slice(0, limit)
    .map(({ id, expiresAt }) => ({ ...placeOf(store, id), expiresAt }))
  return { items, total: rows.length }
}

function placeOf(store: Store, id: string): { id: string; name: string; serverTitle: string } {
  const { name, platformId } = store.get('site', id)
  const { serverId } = store.get('platform', platformId)
  return { id, name, serverTitle: store.get('server', serverId).title }
}

type Outcome = 'success' | 'warning' | 'error' | 'cancelled'

/** What ended on each day; a day lasts from its start to the next one's, the last to the end of time. */
export function countDays(store: Store, starts: readonly number[]): DayCount[] {
  return starts.map((startAt, index) => {
    const params = [startAt, starts[index + 1] ?? Number.MAX_SAFE_INTEGER]
    const counts = store.query<{ status: Outcome; total: number }>(
      `SELECT status, count(*) AS total FROM task INDEXED BY task_by_end WHERE ${ENDED} GROUP BY status`,
      params,
    )
    const of = (status: Outcome): number =>
      counts.find((count) => count.status === status)?.total ?? 0
    const succeeded = of('success') + of('warning')
    return {
      startAt,
      success: of('success'),
      warning: of('warning'),
      error: of('error'),
      cancelled: of('cancelled'),
      medianMs: succeeded === 0 ? null : medianOf(store, params, succeeded),
    }
  })
}

const ENDED = 'endedAt IS NOT NULL AND endedAt >= ? AND endedAt < ?'

function medianOf(store: Store, day: readonly number[], count: number): number | null {
  const middle = store.query<{ duration: number | null }>(
    `SELECT endedAt - startedAt AS duration FROM task INDEXED BY task_by_end WHERE ${ENDED} AND status IN ('success', 'warning')
     ORDER BY duration LIMIT ? OFFSET ?`,
    [...day, 2 - (count % 2), Math.floor((count - 1) / 2)],
  )
  const known = middle.flatMap(({ duration }) => duration ?? [])
  return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0) / known.length
}
