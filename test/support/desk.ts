import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createRouterClient } from '@orpc/server'
import { expect } from 'vitest'
import { isEnded, type LogEntry } from '#shared/domain/task.ts'
import type { TaskDetails } from '#shared/contract/task.ts'
import { openApp, type App, type AppParts } from '../../main/app.ts'
import { shippedFeatures } from '../../main/features/shipped.ts'
import type { Feature } from '../../main/hooks/feature.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { eventually } from './eventually.ts'
import { ANY_LOAD } from './provision.ts'
import type { SandboxAccount } from './sandbox-account.ts'
import type { Sshd } from './sshd.ts'

export const COUNTING_PROGRAM = path.join(import.meta.dirname, 'counting-program.mjs')
const TEMPLATE = path.join(import.meta.dirname, '../../provision/templates/static-site')

/** A folder of its own for one application. */
export const aDataFolder = (): string => mkdtempSync(path.join(tmpdir(), 'hosting-desk-data-'))
export const removeFolder = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true })

/** A machine that runs tests is busy: that is no reason to put tasks off. */
const bearingAnyLoad: Feature = {
  name: 'any-load',
  title: 'Any load',
  contextOptions: (options, object) =>
    object.kind === 'server' ? { ...options, critical_load_multiplier: ANY_LOAD } : options,
}

/** The application opened in this process, without its demo server, and its calls. */
export async function openDeskAt(
  folder: string,
  parts: Partial<AppParts> = {},
): Promise<{ app: App; calls: DeskClient }> {
  const app = await openApp({
    folder,
    shell: 'headless',
    secretBox: null,
    programFile: COUNTING_PROGRAM,
    templateFolder: TEMPLATE,
    now: Date.now,
    hasDemo: false,
    features: [...shippedFeatures, bearingAnyLoad],
    ...parts,
  })
  return { app, calls: createRouterClient(app.router) }
}

/** Adds a server for an account of a real sshd, its host key trusted. Returns its id and its verify task's. */
export async function addServer(
  calls: DeskClient,
  sshd: Sshd,
  account: SandboxAccount,
  { title = 'web1', wish = 'lines=1' }: { title?: string; wish?: string } = {},
): Promise<{ serverId: string; backendId: string; taskId: string }> {
  await calls.backend.trustHostKey(sshd.hostKey)
  const { server, task } = await calls.server.add({
    title,
    backend: { address: addressOf(sshd, account) },
    services: { http: { type: 'nginx', port: 8080, restartCommand: wish } },
  })
  return { serverId: server.id, backendId: server.backendId, taskId: task.id }
}

export const addressOf = (sshd: Sshd, account: SandboxAccount) => ({
  host: '127.0.0.1',
  port: sshd.port,
  user: account.user,
  login: { method: 'key' as const, keyFile: account.keyFile },
})

/** Another server on the same backend, with its verify queued. */
export async function addServerOn(
  calls: DeskClient,
  backendId: string,
  title: string,
  wish: string,
): Promise<{ serverId: string; taskId: string }> {
  const { server, task } = await calls.server.add({
    title,
    backend: { id: backendId },
    services: { http: { type: 'nginx', port: 8080, restartCommand: wish } },
  })
  return { serverId: server.id, taskId: task.id }
}

/** A site that is here and has not been told to its server: its install is taken back before it begins. */
export async function addSiteAlone(
  calls: DeskClient,
  name: string,
  platformId: string,
): Promise<string> {
  await calls.app.pauseDispatch()
  const { site, task } = await calls.site.add({ name, platformId })
  await calls.task.cancel({ id: task.id })
  await calls.app.resumeDispatch()
  return site.id
}

export const untilEnded = (
  calls: DeskClient,
  id: string,
  timeoutMs = 30_000,
): Promise<TaskDetails> =>
  eventually(
    async () => {
      const task = await calls.task.get({ id })
      if (!isEnded(task.status))
        throw new Error(
          `Task ${task.number} is still ${task.status}: ${JSON.stringify(task.activity)}`,
        )
      return task
    },
    { timeoutMs },
  )

/** The task once it has ended so, with its log as text; fails with what that says where it ended otherwise. */
export async function untilEndedAs(
  calls: DeskClient,
  id: string,
  status = 'success',
  timeoutMs = 60_000,
): Promise<TaskDetails & { log: string }> {
  const task = await untilEnded(calls, id, timeoutMs)
  const log = (await logOf(calls, task)).map(({ text }) => text).join('\n')
  expect(task.status, `${task.errorMessage ?? ''}\n${log}`).toBe(status)
  return { ...task, log }
}

export async function logOf(calls: DeskClient, task: TaskDetails): Promise<LogEntry[]> {
  const attemptId = task.attemptId ?? ''
  const entries: LogEntry[] = []
  for (;;) {
    const page = await calls.task.log({ attemptId, from: entries.length, limit: 5000 })
    entries.push(...page.entries)
    if (entries.length >= page.total) return entries
  }
}

/** The numbered lines of the counting program in a log, in their order. */
export const countedLines = (entries: readonly LogEntry[]): number[] =>
  entries.flatMap(({ text }) => (/^line \d+$/.test(text) ? [Number(text.slice(5))] : []))

/** How often the counting program's command has run for a context. */
export function timesRun(account: SandboxAccount, context: string): number {
  const file = `${account.home}/counting/@${context}.ran`
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0
}

/** Removes what tests left in the account's home, and ends what it still runs. */
export function resetAccount(account: SandboxAccount): void {
  execFileSync('sh', [
    '-c',
    `ps -o pid= -u ${account.uid} | xargs -r kill -9; rm -rf "$1"/counting "$1"/.hosting-desk`,
    'sh',
    account.home,
  ])
}

/** Command lines of the account's processes. */
export const processesOf = (account: SandboxAccount): string[] =>
  execFileSync('sh', ['-c', `ps -o args= -u ${account.uid} || true`], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '')
