import {
  countDays,
  listExpiringSites,
  listOpenFailures,
  listUnsavedSites,
} from '../store/queries/overview.ts'
import type { RpcParts } from './parts.ts'
import type { Desk } from './router.ts'
import { toTaskRow } from './rows.ts'

const DAYS = 14
/** A site should have a backup at least so often. */
const BACKUP_DAYS = 7
/** Authorities' certificates are renewed well before this much of them is left. */
const CERTIFICATE_DAYS = 14
/** Of each kind; the lists have them all. */
const FEW = 5
const DAY_MS = 86_400_000

/** What the first page asks: what needs the person, and how the last days went. */
export function overviewCalls({ overview }: Desk, parts: RpcParts) {
  const { store, activities, unit } = parts
  return {
    overview: overview.router({
      needs: overview.needs.handler(() => {
        const now = unit.now()
        const failed = listOpenFailures(store, { since: now - DAYS * DAY_MS, limit: FEW })
        return {
          failed: { ...failed, items: failed.items.map((task) => toTaskRow(parts, task)) },
          doubtful: activities
            .all()
            .filter(({ doubtSince }) => doubtSince !== null)
            .flatMap(({ taskId }) => store.find('task', taskId) ?? [])
            .map((task) => toTaskRow(parts, task)),
          unsaved: listUnsavedSites(store, { since: now - BACKUP_DAYS * DAY_MS, limit: FEW }),
          expiring: listExpiringSites(store, {
            before: now + CERTIFICATE_DAYS * DAY_MS,
            limit: FEW,
          }),
        }
      }),
      days: overview.days.handler(() => countDays(store, lastDays(unit.now()))),
    }),
  }
}

/** Local midnights, oldest first, today's last; days of 23 and 25 hours among them. */
const lastDays = (now: number): number[] =>
  Array.from({ length: DAYS }, (_, index) => {
    const day = new Date(now)
    return new Date(day.getFullYear(), day.getMonth(), day.getDate() - (DAYS - 1 - index)).getTime()
  })
