import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, chown, lstat, mkdir } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { AppError } from '#shared/errors.ts'

const runFile = promisify(execFile)

/** The account that commands of the demo server run as, and where its things lie. */
export interface DemoAccount {
  name: string
  uid: number
  gid: number
  /** True where this process is root and becomes somebody else for each command. */
  isOther: boolean
  /** Holds `bin` (ours) and `home` (the account's). */
  base: string
  home: string
  bin: string
  /** In the environment of everything that was started here, so that it is found again. */
  marker: string
}

/** Who commands run as when we are root, first match wins; all of them own nothing on a usual system. */
const UNPRIVILEGED = ['nobody', 'daemon']
/** Folders of the system that any account can pass through and only root writes to. */
const SYSTEM_FOLDERS = ['/var/lib', '/var/db', '/opt']

/**
 * Chooses the account and makes its folders; safe to repeat. An ordinary user is that account itself, its things lie
 * in `folder`; root becomes an unprivileged account, whose things lie where it can reach them.
 * @throws AppError `demo.no-account`
 */
export async function ensureDemoAccount(folder: string): Promise<DemoAccount> {
  const id = createHash('sha256').update(path.resolve(folder)).digest('hex').slice(0, 12)
  const account =
    process.getuid?.() === 0 ? await findOtherAccount(id) : ownAccount(folder, `demo-${id}`)
  await ensureFolders(account)
  return account
}

function ownAccount(folder: string, marker: string): DemoAccount {
  const { uid, gid, username } = readUser()
  return { name: username, uid, gid, isOther: false, marker, ...placesIn(path.resolve(folder)) }
}

/** The account's name is the server's own affair; where the system has none for us, any will do. */
function readUser(): { uid: number; gid: number; username: string } {
  try {
    return os.userInfo()
  } catch {
    return { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1, username: 'demo' }
  }
}

async function findOtherAccount(id: string): Promise<DemoAccount> {
  const problems: string[] = []
  for (const name of UNPRIVILEGED) {
    try {
      const [uid, gid] = [await readId('-u', name), await readId('-g', name)]
      const base = path.join(await findSystemFolder(), `hosting-desk-demo-${id}`)
      const places = placesIn(base)
      const account = { name, uid, gid, isOther: true, marker: `demo-${id}`, ...places }
      await runAs(account, ['/bin/sh', '-c', 'test "$(id -u)" -gt 0'])
      return account
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message.trim() : String(error)}`)
    }
  }
  throw new AppError(
    'demo.no-account',
    `The demo server never runs commands as root, and no other account can be used here (${problems.join('; ')}). Start Hosting Desk as an ordinary user.`,
  )
}

async function readId(flag: '-u' | '-g', name: string): Promise<number> {
  const { stdout } = await runFile('id', [flag, name])
  const id = Number(stdout.trim())
  if (!Number.isInteger(id) || id === 0) throw new Error(`no account of its own (${stdout.trim()})`)
  return id
}

async function findSystemFolder(): Promise<string> {
  for (const folder of SYSTEM_FOLDERS) {
    const info = await lstat(folder).catch(() => undefined)
    if (info?.isDirectory() && info.uid === 0 && (info.mode & 0o023) === 0o001) return folder
  }
  throw new Error(`none of ${SYSTEM_FOLDERS.join(', ')} is a folder of root that others may enter`)
}

const placesIn = (base: string) => ({
  base,
  home: path.join(base, 'home'),
  bin: path.join(base, 'bin'),
})

async function ensureFolders({ base, home, bin, uid, gid, isOther }: DemoAccount): Promise<void> {
  // What we put there ourselves stays ours: root never writes into a folder that the account could swap.
  await ensureFolder(base, isOther ? { uid: 0, gid, mode: 0o750 } : { uid, mode: 0o700 })
  await ensureFolder(bin, isOther ? { uid: 0, gid, mode: 0o750 } : { uid, mode: 0o700 })
  await ensureFolder(home, isOther ? { uid, gid, mode: 0o700 } : { uid, mode: 0o700 })
}

async function ensureFolder(
  folder: string,
  { uid, gid, mode }: { uid: number; gid?: number; mode: number },
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const info = await lstat(folder)
  if (!info.isDirectory()) throw new AppError('demo.no-account', `${folder} is not a folder.`)
  if (gid !== undefined && (info.uid !== uid || info.gid !== gid)) await chown(folder, uid, gid)
  if ((info.mode & 0o777) !== mode) await chmod(folder, mode)
}

/** What commands see; nothing of this process's own environment goes over. */
export function demoEnvironment({ name, home, bin, marker }: DemoAccount): NodeJS.ProcessEnv {
  return {
    HOME: home,
    USER: name,
    LOGNAME: name,
    SHELL: '/bin/sh',
    PATH: `${bin}:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin`,
    LANG: 'C.UTF-8',
    HOSTING_DESK_DEMO: marker,
  }
}

/** A shell that runs one line as the account, in a session of its own as with sshd: no signal to us reaches it. */
export function spawnShell(account: DemoAccount, line: string): ChildProcessWithoutNullStreams {
  const { uid, gid, isOther, home } = account
  return spawn('/bin/sh', ['-c', line], {
    ...(isOther ? { uid, gid } : {}),
    cwd: home,
    env: demoEnvironment(account),
    detached: true,
  })
}

/** Runs a short program as the account; its output, or an error with what it said. */
export async function runAs(
  account: DemoAccount,
  [program = '/bin/sh', ...args]: readonly string[],
): Promise<string> {
  const { uid, gid, isOther } = account
  const { stdout } = await runFile(program, args, {
    ...(isOther ? { uid, gid } : {}),
    cwd: '/',
    env: demoEnvironment(account),
    timeout: 30_000,
  })
  return stdout
}
