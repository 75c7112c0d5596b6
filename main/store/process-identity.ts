import { execFile } from 'node:child_process'
import fs from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A process, told apart from a later one with its number, also after the machine was started anew. */
export interface ProcessIdentity {
  pid: number
  /** When it began: clock ticks since boot on Linux, else epoch ms, which are a second or two uncertain. */
  startedAt: number
  /** The start of the machine that it belongs to; empty where the system does not name it. */
  bootId: string
}

/** Two starts of one process as different sources tell them may lie this far apart (not on Linux: ticks are exact). */
const UNCERTAIN_MS = 5000

export async function ownIdentity(): Promise<ProcessIdentity> {
  const startedAt =
    process.platform === 'linux'
      ? await linuxStart(process.pid)
      : Date.now() - process.uptime() * 1000
  return { pid: process.pid, startedAt: Math.round(startedAt ?? 0), bootId: await bootId() }
}

/** Whether this very process still runs. One that cannot be looked at counts as running: better wait than both write. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  if ((await bootId()) !== identity.bootId) return false
  const startedAt = await startOf(identity.pid)
  if (startedAt === undefined) return false
  const tolerance = process.platform === 'linux' ? 0 : UNCERTAIN_MS
  return Math.abs(startedAt - identity.startedAt) <= tolerance
}

function startOf(pid: number): Promise<number | undefined> {
  switch (process.platform) {
    case 'linux':
      return linuxStart(pid)
    case 'win32':
      return commandStart('powershell.exe', [
        '-NoProfile',
        '-NonInteractive',
        '-Command',
        `[DateTimeOffset]::new((Get-Process -Id ${pid}).StartTime).ToString('o')`,
      ])
    default:
      return commandStart('ps', ['-o', 'lstart=', '-p', String(pid)])
  }
}

/** Field 22 of /proc/PID/stat; a process that has ended and only waits to be collected does not run. */
async function linuxStart(pid: number): Promise<number | undefined> {
  const stat = await readIfThere(`/proc/${pid}/stat`)
  // The name of the program, in brackets, may hold anything; fields are counted from behind it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields === undefined || fields[0] === 'Z' || fields[0] === 'X') return undefined
  return Number(fields[19])
}

async function commandStart(file: string, args: readonly string[]): Promise<number | undefined> {
  try {
    const { stdout } = await run(file, [...args], { env: { ...process.env, LC_ALL: 'C' } })
    return Date.parse(stdout.trim())
  } catch {
    return undefined // both commands fail where there is no such process
  }
}

let knownBootId: Promise<string> | undefined
const bootId = (): Promise<string> => (knownBootId ??= findBootId())

async function findBootId(): Promise<string> {
  if (process.platform === 'linux')
    return ((await readIfThere('/proc/sys/kernel/random/boot_id')) ?? '').trim()
  if (process.platform !== 'darwin') return '' // a process's start in epoch ms is enough
  const { stdout } = await run('sysctl', ['-n', 'kern.bootsessionuuid'])
  return stdout.trim()
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await fs.readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}
