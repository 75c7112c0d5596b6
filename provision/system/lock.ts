import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { findBoot } from './boot.ts'
import { ensureFolder, namesIn } from './files.ts'
import { ourselves } from './owner.ts'
import { pause } from './process.ts'
import { findStart } from './process-table.ts'
import { hasErrno, ProvisionError } from './provision-error.ts'
import { halfWrittenName } from './unique.ts'

/** How long a command waits for another one that holds the same lock. */
const PATIENCE_MS = 60_000

export interface LockOptions {
  signal: AbortSignal
  patienceMs?: number
  /** Told once where somebody else holds it, and one has to wait. */
  onWait?: () => void
}

/**
 * Holds the lock `name` until what it returns is called. The lock is a file naming the process, when it began and since
 * when the machine is up; one of a process that is gone (or whose number went to another) does not block.
 */
export async function takeLock(
  folder: string,
  name: string,
  { signal, patienceMs = PATIENCE_MS, onWait }: LockOptions,
): Promise<() => Promise<void>> {
  await ensureFolder(folder)
  const file = path.join(folder, `${name}.lock`)
  const mine = path.join(folder, halfWrittenName())
  try {
    const { pid, start, boot } = await ourselves()
    await writeFile(mine, `${pid} ${start} ${boot}`, { mode: 0o600 })
    const giveUpAt = performance.now() + patienceMs
    let isTold = false
    while (!(await tryLink(mine, file))) {
      signal.throwIfAborted()
      if (await removeIfStale(file)) continue
      if (!isTold) onWait?.()
      isTold = true
      if (performance.now() > giveUpAt)
        throw new ProvisionError(
          'PROVISION_LOCKED',
          `Another command holds “${name}” and did not end in time: do this again when that one is done.`,
        )
      await pause(25)
    }
  } finally {
    await rm(mine, { force: true })
  }
  return () => rm(file, { force: true })
}

/**
 * Holds a lock while `work` is done, in which this process may take it again: what takes a step back then runs under the
 * lock that the step still holds. A command's steps are done one after another.
 */
export async function withLock<Result>(
  folder: string,
  name: string,
  options: LockOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  const key = path.join(folder, name)
  if (ours.has(key)) return work()
  const release = await takeLock(folder, name, options)
  ours.add(key)
  try {
    return await work()
  } finally {
    ours.delete(key)
    await release()
  }
}

const ours = new Set<string>()

async function tryLink(mine: string, file: string): Promise<boolean> {
  try {
    await link(mine, file)
    return true
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false
    throw error
  }
}

/** Removes the locks that processes left behind that are gone: nobody needs to, but they lie about. */
export async function removeStaleLocks(folder: string): Promise<void> {
  for (const name of (await namesIn(folder)).filter((one) => one.endsWith('.lock')))
    await removeIfStale(path.join(folder, name))
}

/** Moves a dead process's lock away. Where a living one slipped in between, it is put back. */
async function removeIfStale(file: string): Promise<boolean> {
  const holder = await readFile(file, 'utf8').catch(() => undefined)
  if (holder === undefined) return true
  if (await isAlive(holder)) return false
  const aside = path.join(path.dirname(file), halfWrittenName())
  try {
    await rename(file, aside)
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return true
    throw error
  }
  if ((await readFile(aside, 'utf8')) !== holder) await link(aside, file).catch(() => undefined)
  await rm(aside, { force: true })
  return true
}

async function isAlive(holder: string): Promise<boolean> {
  const [, pid = '', rest = ''] = /^(\d+) (.*)$/.exec(holder) ?? []
  const start = await findStart(Number(pid))
  // A program before this one wrote no boot.
  return start !== undefined && (rest === start || rest === `${start} ${await findBoot()}`)
}
