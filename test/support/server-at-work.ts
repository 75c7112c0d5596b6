import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { App } from '../../main/app.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { build } from '../../tools/build.ts'
import {
  aDataFolder,
  addressOf,
  openDeskAt,
  removeFolder,
  resetAccount,
  untilEnded,
} from './desk.ts'
import { freePort } from './free-port.ts'
import { stopNginx } from './nginx.ts'
import { ANY_LOAD } from './provision.ts'
import { ensureSandboxAccount, startSshd, type SandboxAccount, type Sshd } from './sshd.ts'

const PROGRAM = path.join(import.meta.dirname, '../../dist/provision/provision.mjs')
const TEMPLATE = path.join(import.meta.dirname, '../../provision/templates/static-site')

/** The application with one real server, one platform and one installed site, for what servers do by themselves. */
export interface ServerAtWork {
  account: SandboxAccount
  dataFolder: string
  address: ReturnType<typeof addressOf>
  hostKey: Sshd['hostKey']
  sshd: Sshd
  backendId: string
  serverId: string
  platformId: string
  siteId: string
  site: string
  /** The application as it is open now. */
  calls: () => DeskClient
  closeDesk(): Promise<void>
  /** On another data folder: another desk. */
  openDesk(folder?: string): Promise<void>
  /** Resolves when no task waits or runs; throws where one of those failed. */
  untilQuiet(): Promise<void>
  crontab(): string
  /** Runs a script as the account in its home folder. */
  asAccount(script: string): string
  /** A path in what the account keeps for us. */
  inDesk(...parts: string[]): string
  /** Runs that the server began by itself and that nobody has read back. */
  marks(): string[]
  close(): Promise<void>
}

/** On an account of its own, whose crontab is emptied. The caller closes it. */
export async function openServerAtWork(user = 'hdcron'): Promise<ServerAtWork> {
  await build({ targets: ['provision'] })
  const account = ensureSandboxAccount(user)
  await clear(account)
  const sshd = await startSshd({ publicKeyFiles: [`${account.keyFile}.pub`] })
  const dataFolder = aDataFolder()
  let open: { app: App; calls: DeskClient } | undefined
  const calls = (): DeskClient => {
    if (open === undefined) throw new Error('the application is closed')
    return open.calls
  }
  const closeDesk = async (): Promise<void> => {
    await open?.app.close()
    open = undefined
  }
  const openDesk = async (folder = dataFolder): Promise<void> => {
    open = await openDeskAt(folder, { programFile: PROGRAM })
  }
  const asAccount = (script: string): string => runAs(account, script)
  const inDesk = (...parts: string[]): string => path.join(account.home, '.hosting-desk', ...parts)
  await openDesk()
  await calls().backend.trustHostKey(sshd.hostKey)
  const site = 'www.server-work.example'
  const address = addressOf(sshd, account)
  const objects = await addObjects(calls(), { account, site, address })
  return {
    account,
    dataFolder,
    address,
    hostKey: sshd.hostKey,
    sshd,
    ...objects,
    site,
    calls,
    closeDesk,
    openDesk,
    asAccount,
    inDesk,
    untilQuiet: () => untilQuiet(calls()),
    crontab: () => crontabOf(account),
    marks: () =>
      existsSync(inDesk('runs'))
        ? readdirSync(inDesk('runs')).filter((id) => existsSync(inDesk('runs', id, 'task.json')))
        : [],
    async close() {
      await closeDesk()
      await clear(account)
      await sshd.stop()
      removeFolder(dataFolder)
    },
  }
}

async function clear(account: SandboxAccount): Promise<void> {
  await stopNginx(account.home)
  resetAccount(account)
  const script =
    'cd "$1" && rm -rf nginx sites backups platforms; crontab -u "$2" -r 2>/dev/null || true'
  execFileSync('sh', ['-c', script, 'sh', account.home, account.user])
}

async function addObjects(
  calls: DeskClient,
  {
    account,
    site,
    address,
  }: { account: SandboxAccount; site: string; address: ReturnType<typeof addressOf> },
): Promise<{ backendId: string; serverId: string; platformId: string; siteId: string }> {
  const platforms = path.join(account.home, 'platforms')
  cpSync(TEMPLATE, path.join(platforms, 'plain'), { recursive: true })
  execFileSync('chown', ['-R', `${account.uid}:${account.uid}`, platforms])
  const http = { type: 'nginx', port: await freePort(), restartCommand: null }
  const { server } = await calls.server.add({
    title: 'web1',
    backend: { address },
    services: { http },
  })
  await untilQuiet(calls)
  bearAnyLoad(path.join(account.home, '.hosting-desk/contexts/server_web1.json'))
  const root = path.join(platforms, 'plain')
  const { platform } = await calls.platform.add({ title: 'Plain', serverId: server.id, root })
  await untilQuiet(calls)
  const added = await calls.site.add({ name: site, platformId: platform.id, aliases: [] })
  await untilQuiet(calls)
  return {
    backendId: server.backendId,
    serverId: server.id,
    platformId: platform.id,
    siteId: added.site.id,
  }
}

function bearAnyLoad(file: string): void {
  const context = JSON.parse(readFileSync(file, 'utf8')) as { options: Record<string, unknown> }
  context.options['critical_load_multiplier'] = ANY_LOAD
  writeFileSync(file, JSON.stringify(context))
}

async function untilQuiet(calls: DeskClient): Promise<void> {
  for (;;) {
    const { items } = await calls.task.list({ statuses: ['queued', 'processing'], limit: 100 })
    if (items.length === 0) return
    for (const { id } of items) {
      const { status, errorMessage, type } = await untilEnded(calls, id)
      if (status !== 'success') throw new Error(`${type} is ${status}: ${errorMessage}`)
    }
  }
}

const runAs = ({ uid, home }: SandboxAccount, script: string): string =>
  execFileSync(
    'setpriv',
    ['--reuid', `${uid}`, '--regid', `${uid}`, '--init-groups', 'sh', '-c', script],
    { encoding: 'utf8', cwd: home, env: { HOME: home, PATH: '/usr/bin:/bin' } },
  )

function crontabOf({ user }: SandboxAccount): string {
  try {
    return execFileSync('crontab', ['-u', user, '-l'], { encoding: 'utf8', stdio: 'pipe' })
  } catch {
    return ''
  }
}
