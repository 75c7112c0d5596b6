import path from 'node:path'
import { isOverloaded, loadMultiplier } from '../commands/load.ts'
import { type NginxFolders, nginxFoldersOf } from '../services/nginx/config.ts'
import { findText, namesIn } from '../system/files.ts'
import { findSpace, nodeVersion, readLoad, type Space } from '../system/machine.ts'
import { findProgram, runProgram } from '../system/process.ts'
import {
  type Check,
  error,
  type Found,
  info,
  ok,
  type Patient,
  RUN_BOOTSTRAP,
  warning,
} from './check.ts'

const GIGABYTE = 1024 ** 3
/** A clock before this program was made is wrong. */
const MADE_AT = Date.UTC(2026, 0, 1)
/** The bootstrap script that this program was made with. */
const SCRIPT_VERSION = 1

export const MACHINE_CHECKS: readonly Check[] = [
  { name: 'bootstrap', look: async ({ machine }) => Promise.resolve(judgeBootstrap(machine)) },
  {
    name: 'disk-space',
    look: async ({ folders }) => judgeSpace(folders.home, await findSpace(folders.home)),
  },
  {
    name: 'inodes',
    look: async ({ folders }) => judgeInodes(folders.home, await findSpace(folders.home)),
  },
  { name: 'clock', look: checkClock },
  { name: 'node', look: async () => Promise.resolve(judgeNode(nodeVersion())) },
  { name: 'load', look: checkLoad },
  { name: 'links', look: checkLinks },
]

export function judgeBootstrap(machine: Patient['machine']): Found {
  if (machine === undefined)
    return info(
      'No bootstrap script has prepared this machine for the account: it can carry static sites only.',
      'Run the bootstrap script as root; it is shown where a server is added.',
    )
  if (machine.scriptVersion < SCRIPT_VERSION)
    return warning('The machine was prepared by an older bootstrap script.', RUN_BOOTSTRAP)
  return ok('The machine was prepared by the bootstrap script.')
}

export function judgeSpace(folder: string, space: Space | undefined): Found {
  if (space === undefined) return info('How much disk is free cannot be told by this Node.')
  const { freeBytes, sizeBytes } = space
  const free = `${(freeBytes / GIGABYTE).toFixed(1)} of ${(sizeBytes / GIGABYTE).toFixed(1)} GB are free where ${folder} lies.`
  const remedy = 'Delete old backups, or make the disk larger.'
  if (freeBytes < 0.2 * GIGABYTE || freeBytes < 0.02 * sizeBytes) return error(free, remedy)
  if (freeBytes < GIGABYTE || freeBytes < 0.1 * sizeBytes) return warning(free, remedy)
  return ok(free)
}

export function judgeInodes(folder: string, space: Space | undefined): Found {
  // Some file systems have no fixed number.
  if (space === undefined || space.inodes === 0)
    return ok('Files can be made as long as there is space.')
  const share = space.freeInodes / space.inodes
  const free = `${space.freeInodes} more files can be made where ${folder} lies, ${Math.floor(share * 100)} % of all.`
  const remedy = 'Delete what has many small files: caches, sessions, old backups.'
  if (share < 0.02) return error(free, remedy)
  return share < 0.1 ? warning(free, remedy) : ok(free)
}

async function checkClock({ signal }: Patient): Promise<Found> {
  const timedatectl = await findProgram('timedatectl')
  const told =
    timedatectl === undefined
      ? undefined
      : await runProgram([timedatectl, 'show', '--property=NTPSynchronized', '--value'], { signal })
  return judgeClock(Date.now(), told?.exitCode === 0 ? told.output.trim() : '')
}

/** `synchronised`: `yes`, `no`, or '' where nobody tells. */
export function judgeClock(now: number, synchronised: string): Found {
  const says = `The clock says ${new Date(now).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const remedy = 'As root: apt-get install systemd-timesyncd; timedatectl set-ntp true.'
  if (now < MADE_AT) return error(`${says}, which is past.`, remedy)
  if (synchronised === 'no') return warning(`${says}, and nothing keeps it right.`, remedy)
  return ok(synchronised === 'yes' ? `${says}, kept right over the network.` : `${says}.`)
}

export function judgeNode(version: string): Found {
  const major = Number(version.split('.')[0])
  if (major < 18)
    return error(
      `Node is ${version}; 18 or newer is needed.`,
      'As root, install the package nodejs of a newer release of the system, then connect anew.',
    )
  return ok(`Node is ${version}.`)
}

async function checkLoad({ server }: Patient): Promise<Found> {
  const load = readLoad()
  const text = `The load of the last minute is ${load.oneMinute.toFixed(1)} on ${load.cpus} processors.`
  if (!isOverloaded(load, loadMultiplier(server))) return Promise.resolve(ok(text))
  return Promise.resolve(
    warning(
      text,
      'Tasks are put back until it is lower: look with top for what is busy, or let the server bear more load.',
    ),
  )
}

/** A hard link of a slot's to a file of ours would be served by the web server. */
async function checkLinks({ folders }: Patient): Promise<Found[]> {
  const hard = judgeLinks((await findText('/proc/sys/fs/protected_hardlinks'))?.trim())
  return [hard, ...(await findUnguarded(nginxFoldersOf(folders.nginx)))]
}

/** A symbolic link of a slot's that leads to a file of ours is not served, unless somebody says so. */
async function findUnguarded({ vhosts }: NginxFolders): Promise<Found[]> {
  const found: Found[] = []
  for (const name of (await namesIn(vhosts)).filter((one) => one.endsWith('.conf'))) {
    const file = path.join(vhosts, name)
    if (/^[^#\n]*\bdisable_symlinks\s+off\b/m.test((await findText(file)) ?? ''))
      found.push(
        error(
          `${file} says “disable_symlinks off”: a site could show files of others by links.`,
          `Take that line out of ${file}, then verify the server again.`,
        ),
      )
  }
  return found
}

/** `isProtected`: what the kernel says; undefined where it has no such setting. */
export function judgeLinks(isProtected: string | undefined): Found {
  if (isProtected === undefined || isProtected === '1')
    return ok('Accounts cannot make hard links to files of others.')
  return error(
    'Any account can make a hard link to a file of another, which the web server would then show.',
    'As root: sysctl -w fs.protected_hardlinks=1, and the same in /etc/sysctl.d.',
  )
}
