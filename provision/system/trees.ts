import { chmod, copyFile, lchown, lstat, mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { runProgram } from './process.ts'
import { ProvisionError } from './provision-error.ts'

export interface CopyOptions {
  signal: AbortSignal
  /** Told the path, below the root, of what is neither file nor folder and was left out. */
  onLeftOut: (name: string) => void
}

/**
 * Copies folders and plain files; returns how many files. Links are left out: a link into the account's own files would
 * be served with the site. So is `.git`. `to` must not exist.
 */
export async function copyTree(from: string, to: string, options: CopyOptions): Promise<number> {
  return copyFolder(from, to, '', options)
}

async function copyFolder(
  from: string,
  to: string,
  below: string,
  options: CopyOptions,
): Promise<number> {
  await mkdir(to, { mode: 0o750 })
  let files = 0
  for (const entry of await readdir(from, { withFileTypes: true })) {
    options.signal.throwIfAborted()
    const name = path.join(below, entry.name)
    const source = path.join(from, entry.name)
    const target = path.join(to, entry.name)
    if (entry.name === '.git') continue
    if (entry.isDirectory()) {
      files += await copyFolder(source, target, name, options)
    } else if (entry.isFile()) {
      await copyFile(source, target)
      await chmod(target, 0o640)
      files += 1
    } else {
      options.onLeftOut(name)
    }
  }
  return files
}

/**
 * Gives a tree of this account's own files the tightest rights with which a slot can run it: the group of its top folder
 * reads all, and writes only below the folders `writable`. New files there get the same group. Links are left as they are.
 *
 * The slot's code may be running: a folder is closed to it while we are in there, and opened once all below it is done.
 * So no name that we go by is ever in a folder where the slot could put a link instead.
 */
export async function sealTree(root: string, writable: readonly string[]): Promise<void> {
  const { gid } = await lstat(root)
  const isWritable = (below: string): boolean =>
    writable.some((name) => below === name || below.startsWith(`${name}/`))
  const give = async (file: string, mode: number): Promise<void> => {
    const info = await lstat(file)
    if (info.isSymbolicLink()) return
    // A copied file keeps the group of what it was copied from.
    if (info.gid !== gid) await lchown(file, info.uid, gid)
    await chmod(file, mode)
  }
  const seal = async (below: string): Promise<void> => {
    const here = path.join(root, below)
    await give(here, 0o2750)
    const entries = await readdir(here, { withFileTypes: true })
    const mode = isWritable(below) ? 0o660 : 0o640
    const files = entries.filter((entry) => entry.isFile())
    await Promise.all(files.map(({ name }) => give(path.join(here, name), mode)))
    for (const entry of entries.filter((one) => one.isDirectory()))
      await seal(path.join(below, entry.name))
    if (isWritable(below)) await give(here, 0o2770)
  }
  await seal('')
}

/**
 * Removes trees in which somebody else may be at work: `rm` goes from one open folder to the next, never through a link
 * that has just been put where a folder was. Missing is fine. Throws PROVISION_REMOVE_FAILED.
 */
export async function removeTrees(trees: readonly string[]): Promise<void> {
  if (trees.length === 0) return
  const argv = ['rm', '-rf', '--one-file-system', '--', ...trees] as const
  const { exitCode, output } = await runProgram([...argv], { isOwnSession: true })
  if (exitCode === 0) return
  throw new ProvisionError(
    'PROVISION_REMOVE_FAILED',
    `${trees.join(', ')} could not be removed: ${output.trim().slice(0, 2000)}`,
  )
}

/** What of this account's own in a tree not everybody can read, by its name below the root, with its mode. */
export async function findUnreadable(
  root: string,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const modes: Record<string, number> = {}
  const look = async (below: string): Promise<void> => {
    signal.throwIfAborted()
    const here = path.join(root, below)
    const info = await lstat(here)
    const wanted = info.isDirectory() ? 0o055 : info.isFile() ? 0o044 : 0
    const isOurs = info.uid === process.geteuid?.()
    if (isOurs && (info.mode & wanted) !== wanted) modes[below] = info.mode & 0o7777
    if (info.isDirectory())
      for (const name of await readdir(here)) await look(path.join(below, name))
  }
  await look('')
  return modes
}

/**
 * How many files and folders of somebody else's in a tree its group cannot use; what lies in a folder that is closed is not
 * seen. Missing is fine.
 */
export async function countClosed(root: string, signal: AbortSignal): Promise<number> {
  const look = async (here: string): Promise<number> => {
    signal.throwIfAborted()
    const info = await lstat(here).catch(() => undefined)
    if (info === undefined || info.isSymbolicLink()) return 0
    const isFolder = info.isDirectory()
    const wanted = isFolder ? 0o2770 : 0o660
    const isTheirs = info.uid !== process.geteuid?.()
    let count = isTheirs && ((info.mode & wanted) !== wanted || (info.mode & 0o007) !== 0) ? 1 : 0
    const names = isFolder ? await readdir(here).catch(() => []) : []
    for (const name of names) count += await look(path.join(here, name))
    return count
  }
  return look(root)
}
