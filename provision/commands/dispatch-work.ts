import path from 'node:path'
import type { JsonRecord } from '#shared/domain/json.ts'
import { backupsToDelete, parseRules } from '#shared/domain/retention.ts'
import type { ServerQueue } from '#shared/protocol/dispatch-plan.ts'
import { shippedApplications } from '../applications/shipped.ts'
import {
  type Context,
  findText,
  isInstalled,
  isSiteEnabled,
  platformNameOf,
  serverNameOf,
  uriOf,
} from '../context/context.ts'
import { namesIn } from '../system/files.ts'
import { toProvisionError } from '../system/provision-error.ts'
import { MAX_URI, parseArchiveName } from './archive-name.ts'
import { findDueCertificates, RENEWAL_RETRY_MS } from './certificate-work.ts'
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
  queue: ServerQueue
  memory: DispatchMemory
  now: number
}

/** What a queue has to do now, the most urgent first; `total` as the arithmetic wants it. */
interface FoundWork {
  total: number
  items: WorkItem[]
}
type FindWork = (looking: Looking) => Promise<FoundWork>

/** A backup that failed is not tried again before this, or before its own period where that is shorter. */
const RETRY_MS = 3_600_000

/** How much of its period must have passed since a site's last cron, so that a chunk that comes early takes others. */
const SHARE_OF_PERIOD = 0.9

/** One run removes no more: the rest is for the next. */
const MAX_FILES = 50

/** The queues that a server can run; what another queue would do stays undone here. */
export const SERVER_WORK: Readonly<Record<string, FindWork | undefined>> = {
  backup: findBackups,
  cron: findCron,
  'backup-retention': findOldBackups,
  certificates: findCertificates,
}

async function findBackups({ session, server, memory, now }: Looking): Promise<FoundWork> {
  const sites = await sitesOn(session, server)
  memory.keepOnly(sites.map(({ name }) => name))
  const archives = await namesIn(session.folders.backups)
  const due = sites.flatMap((site) => {
    const lastAt = lastBackupAt(uriOf(site), archives)
    const isDue = isBackupDue(site, { lastAt, triedAt: memory.triedAt(site.name) }, now)
    return isDue ? [{ context: site.name, lastAt: lastAt ?? 0 }] : []
  })
  due.sort((a, b) => a.lastAt - b.lastAt)
  const options = { description: 'Scheduled backup' }
  const items = due.map(({ context }) => ({ context, type: 'backup', args: [], options }))
  return { total: items.length, items }
}

/** Sites whose application has regular work, the longest ago first. */
async function findCron({ session, server, queue, memory, now }: Looking): Promise<FoundWork> {
  const sites = (await sitesOn(session, server)).filter(canRunCron)
  memory.keepOnly(sites.map(({ name }) => name))
  const waitMs = queue.frequencySeconds * 1000 * SHARE_OF_PERIOD
  const due = sites
    .map(({ name }) => ({ context: name, triedAt: memory.triedAt(name) }))
    .filter(({ triedAt }) => isOver(triedAt, waitMs, now))
    .sort((a, b) => (a.triedAt ?? 0) - (b.triedAt ?? 0))
  const items = due.map(({ context }) => ({ context, type: 'cron', args: [], options: {} }))
  return { total: sites.length, items }
}

/** Sites whose verify gets or renews their certificate. */
async function findCertificates({ session, server, memory, now }: Looking): Promise<FoundWork> {
  const sites = await sitesOn(session, server)
  memory.keepOnly(sites.map(({ name }) => name))
  const due = (await findDueCertificates(session, server, sites)).filter((name) =>
    isOver(memory.triedAt(name), RENEWAL_RETRY_MS, now),
  )
  const items = due.map((context) => ({ context, type: 'verify', args: [], options: {} }))
  return { total: items.length, items }
}

const canRunCron = (site: Context): boolean =>
  shippedApplications.find(({ name }) => name === findText(site, 'application'))?.abilities.cron !==
  undefined

/** Sites with backups that the queue's rules do not keep, the oldest first. */
async function findOldBackups({
  session,
  server,
  queue,
  memory,
  now,
}: Looking): Promise<FoundWork> {
  const rules = parseRules(queue.rules ?? '')
  const [first] = rules
  if (first === undefined) return { total: 0, items: [] }
  const archives = await namesIn(session.folders.backups)
  const sites = (await sitesOn(session, server)).map((site) => ({
    name: site.name,
    backups: archivesOf(uriOf(site), archives),
  }))
  memory.keepOnly(sites.map(({ name }) => name))
  const looked = sites.filter(
    ({ name, backups }) =>
      backups.length > 0 && isOver(memory.triedAt(name), queue.frequencySeconds * 1000, now),
  )
  const due = looked
    .map(({ name, backups }) => {
      const old = backups.filter(({ createdAt }) => createdAt < now - first.olderThanMs)
      return { name, going: backupsToDelete(old, rules, now).reverse().slice(0, MAX_FILES) }
    })
    .filter(({ going }) => going.length > 0)
    .sort((a, b) => (a.going[0]?.createdAt ?? 0) - (b.going[0]?.createdAt ?? 0))
  const items = due.map(({ name, going }) => ({
    context: name,
    type: 'backup-delete',
    args: going.map((archive) => path.join(session.folders.backups, archive.name)),
    options: {},
  }))
  return { total: looked.length, items }
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
  return isOver(lastAt, every * 1000, now) && isOver(triedAt, Math.min(every * 1000, RETRY_MS), now)
}

/** Whether so much time has passed since; after a clock was set back, an instant in the future says nothing. */
function isOver(since: number | null, ms: number, now: number): boolean {
  const from = since === null ? null : toMinute(since)
  return from === null || from > now || from + ms <= now
}

/** When a site's newest archive was made, as the names of all archives say. */
export function lastBackupAt(uri: string, names: readonly string[]): number | null {
  const own = archivesOf(uri, names).map(({ createdAt }) => createdAt)
  return own.length === 0 ? null : Math.max(...own)
}

function archivesOf(uri: string, names: readonly string[]): { name: string; createdAt: number }[] {
  return names.flatMap((name) => {
    const archive = parseArchiveName(name)
    return archive?.uri === uri.slice(0, MAX_URI) ? [{ name, createdAt: archive.createdAt }] : []
  })
}
