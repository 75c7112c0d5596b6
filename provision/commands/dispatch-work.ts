import type { JsonRecord } from '#shared/domain/json.ts'
import {
  type Context,
  isInstalled,
  isSiteEnabled,
  platformNameOf,
  serverNameOf,
  uriOf,
} from '../context/context.ts'
import { namesIn } from '../system/files.ts'
import { toProvisionError } from '../system/provision-error.ts'
import { MAX_URI, parseArchiveName } from './archive-name.ts'
import type { DispatchMemory } from './dispatch-memory.ts'
import type { Session } from './session.ts'

/** One task that a server begins by itself. */
export interface WorkItem {
  context: string
  type: string
  args: readonly string[]
  options: JsonRecord
}

interface Looking {
  session: Session
  server: Context
  memory: DispatchMemory
  now: number
}

/** What a queue has to do now, the most urgent first; `total` as the arithmetic wants it. */
type FindWork = (looking: Looking) => Promise<{ total: number | null; items: WorkItem[] }>

/** A backup that failed is not tried again before this, or before its own period where that is shorter. */
const RETRY_MS = 3_600_000

/** The queues that a server can run; what another queue would do stays undone here. */
export const SERVER_WORK: Readonly<Record<string, FindWork | undefined>> = {
  backup: async ({ session, server, memory, now }) => {
    const sites = await sitesOn(session, server)
    memory.keepOnly(sites.map(({ name }) => name))
    const archives = await namesIn(session.folders.backups)
    const due = sites.flatMap((site) => {
      const lastAt = lastBackupAt(uriOf(site), archives)
      const isDue = isBackupDue(site, { lastAt, triedAt: memory.triedAt(site.name) }, now)
      return isDue ? [{ context: site.name, lastAt: lastAt ?? 0 }] : []
    })
    due.sort((a, b) => a.lastAt - b.lastAt)
    const items = due.map(({ context }) => ({
      context,
      type: 'backup',
      args: [],
      options: { description: 'Scheduled backup' },
    }))
    return { total: items.length, items }
  },
}

/** Enabled sites of a server's platforms; what does not read is told and left alone. */
async function sitesOn(session: Session, server: Context): Promise<Context[]> {
  const onUnreadable = (error: unknown): void =>
    session.log('warning', toProvisionError(error).message)
  const platforms = (await session.store.list('platform', onUnreadable))
    .filter((platform) => serverNameOf(platform) === server.name)
    .map(({ name }) => name)
  const sites = await session.store.list('site', onUnreadable)
  return sites.filter(
    (site) => isInstalled(site) && isSiteEnabled(site) && platforms.includes(platformNameOf(site)),
  )
}

/** Cron begins at whole minutes, give or take some seconds: reckoned by those, what is due every minute is not late by them. */
export const toMinute = (at: number): number => Math.floor(at / 60_000) * 60_000

/** A site's own schedule, counted from its last backup, whoever made that. */
export function isBackupDue(
  { options }: Pick<Context, 'options'>,
  { lastAt, triedAt }: { lastAt: number | null; triedAt: number | null },
  now: number,
): boolean {
  const every = options['backup_every_seconds']
  if (typeof every !== 'number') return false
  const since = (at: number | null, ms: number): boolean => {
    const from = at === null ? null : toMinute(at)
    // After a clock was set back, an instant in the future says nothing.
    return from === null || from > now || from + ms <= now
  }
  return since(lastAt, every * 1000) && since(triedAt, Math.min(every * 1000, RETRY_MS))
}

/** When a site's newest archive was made, as the names of all archives say. */
export function lastBackupAt(uri: string, names: readonly string[]): number | null {
  const own = names
    .map(parseArchiveName)
    .filter((archive) => archive?.uri === uri.slice(0, MAX_URI))
    .map((archive) => archive?.createdAt ?? 0)
  return own.length === 0 ? null : Math.max(...own)
}
