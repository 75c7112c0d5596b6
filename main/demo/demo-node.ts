import { constants } from 'node:fs'
import {
  copyFile,
  chmod,
  chown,
  mkdir,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '#shared/errors.ts'
import { runAs, type DemoAccount } from './demo-account.ts'

/** The Node that this process is, as a program to start. */
export interface OwnNode {
  execPath: string
  /** Electron's binary is Node only with ELECTRON_RUN_AS_NODE set. */
  isElectron: boolean
  /** The binary goes when this process ends (an AppImage's mount). */
  isTransient: boolean
}

export const ownNode = (): OwnNode => ({
  execPath: process.execPath,
  isElectron: process.versions['electron'] !== undefined,
  isTransient: process.env['APPIMAGE'] !== undefined,
})

/**
 * Puts a `node` on the PATH of the account's commands: ours where the account can really start it, else a copy of it.
 * Safe to repeat; a `node` there already that is still right stays.
 * @throws AppError `demo.no-account` where neither can be started
 */
export async function ensureNode(account: DemoAccount, own: OwnNode): Promise<void> {
  const problems: string[] = []
  const ways = own.isTransient ? [copyOf] : [originalOf, copyOf]
  for (const way of ways) {
    try {
      const program = await way(account, own)
      await putOnPath(account, program, own)
      const version = await runAs(account, [path.join(account.bin, 'node'), '--version'])
      if (version.trim() === process.version) return
      problems.push(`${program} says ${version.trim().slice(0, 80)}`)
    } catch (error) {
      problems.push(error instanceof Error ? error.message.trim() : String(error))
    }
  }
  throw new AppError(
    'demo.no-account',
    `The demo server's account ${account.name} cannot start Node (${problems.join('; ')}).`,
  )
}

async function originalOf(account: DemoAccount, { execPath }: OwnNode): Promise<string> {
  await runAs(account, ['/bin/sh', '-c', 'test -x "$1"', 'sh', execPath])
  return execPath
}

/** Copies Node, or Electron with the libraries and data beside it, into a folder named by its version. */
async function copyOf(account: DemoAccount, { execPath, isElectron }: OwnNode): Promise<string> {
  const source = await stat(execPath)
  const name = `node-${process.version}-${source.size}-${Math.trunc(source.mtimeMs)}`
  const folder = path.join(account.bin, name)
  const program = path.join(folder, path.basename(execPath))
  if (await isThere(program)) return program

  await removeOldCopies(account.bin)
  const aside = `${folder}.new`
  await rm(aside, { recursive: true, force: true })
  await mkdir(aside)
  const names = isElectron ? await filesIn(path.dirname(execPath)) : [path.basename(execPath)]
  for (const file of names) await copyForAccount(account, path.dirname(execPath), aside, file)
  await hand(account, aside)
  await rename(aside, folder)
  return program
}

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  )

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
}

async function removeOldCopies(bin: string): Promise<void> {
  for (const name of await readdir(bin)) {
    if (name.startsWith('node-')) await rm(path.join(bin, name), { recursive: true, force: true })
  }
}

async function copyForAccount(account: DemoAccount, from: string, to: string, file: string) {
  const copy = path.join(to, file)
  await copyFile(path.join(from, file), copy, constants.COPYFILE_FICLONE)
  await hand(account, copy)
}

/** The account may read and start it, and not change it. */
async function hand({ isOther, gid }: DemoAccount, file: string): Promise<void> {
  if (isOther) await chown(file, 0, gid)
  await chmod(file, 0o750)
}

async function putOnPath(account: DemoAccount, program: string, own: OwnNode): Promise<void> {
  const file = path.join(account.bin, 'node')
  const aside = `${file}.new`
  await rm(aside, { force: true })
  if (own.isElectron) {
    await writeFile(aside, `#!/bin/sh\nELECTRON_RUN_AS_NODE=1 exec ${quote(program)} "$@"\n`)
    await hand(account, aside)
  } else {
    await symlink(program, aside)
  }
  await rename(aside, file)
}

/** The one value that stands in a script of ours: a path of this computer. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
