import { createReadStream } from 'node:fs'
import {
  access,
  chmod,
  constants,
  link,
  lstat,
  symlink,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import { hasErrno } from './provision-error.ts'
import { halfWrittenName } from './unique.ts'

export { rename }

/** A file's text, or undefined where there is none. */
export async function findText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

/** The text of a plain file, through links, that has at most `maxBytes`; undefined where it is not such a one. */
export async function findSmallText(file: string, maxBytes: number): Promise<string | undefined> {
  const info = await stat(file).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined
    throw error
  })
  return info?.isFile() && info.size <= maxBytes ? readFile(file, 'utf8') : undefined
}

/** What stands behind `offset` in a file, at most `maxBytes` of it; nothing where the file is missing. */
export async function readTail(file: string, offset: number, maxBytes = 65_536): Promise<string> {
  try {
    const handle = await open(file, 'r')
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(maxBytes), 0, maxBytes, offset)
      return buffer.subarray(0, bytesRead).toString('utf8')
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return ''
    throw error
  }
}

/** The first bytes of a file, as many as there are. */
export async function readHead(file: string, bytes: number): Promise<Buffer> {
  const handle = await open(file, 'r')
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** The beginning of a plain file, through links, as text; '' where it is not such a one, or may not be read. */
export async function readBeginning(file: string, bytes: number): Promise<string> {
  const info = await stat(file).catch(() => undefined)
  return info?.isFile() ? (await readHead(file, bytes).catch(() => '')).toString('utf8') : ''
}

/** A file's size in bytes; 0 where it is missing. */
export async function sizeOf(file: string): Promise<number> {
  return (await lstat(file).catch(() => undefined))?.size ?? 0
}

/** Whether this account may write to a file or folder. */
export const mayWrite = (name: string): Promise<boolean> =>
  access(name, constants.W_OK).then(
    () => true,
    () => false,
  )

export async function ensureFolder(folder: string, mode = 0o700): Promise<void> {
  await mkdir(folder, { recursive: true, mode })
}

/** Writes beside, flushes and renames: readers see the old text or the new one, also after a power cut. */
export async function writeAtomically(file: string, text: string, mode = 0o600): Promise<void> {
  const folder = path.dirname(file)
  await ensureFolder(folder)
  const temporary = path.join(folder, halfWrittenName())
  try {
    const handle = await open(temporary, 'wx', mode)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await flush(folder)
}

/** Writes a file that is not there; false where there is one. Nobody ever sees it without its text. */
export async function createFile(file: string, text: string, mode = 0o600): Promise<boolean> {
  const folder = path.dirname(file)
  await ensureFolder(folder)
  const temporary = path.join(folder, halfWrittenName())
  try {
    await writeFile(temporary, text, { mode, flag: 'wx', flush: true })
    await link(temporary, file)
    return true
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Flushes a file, or the names in a folder, to disk. */
export async function flush(fileOrFolder: string): Promise<void> {
  const handle = await open(fileOrFolder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The rights of a file or folder; undefined where it is missing. */
export async function findMode(file: string): Promise<number | undefined> {
  const info = await lstat(file).catch(() => undefined)
  return info === undefined ? undefined : info.mode & 0o7777
}

export const setMode = (file: string, mode: number): Promise<void> => chmod(file, mode)

/** Removes a file or a whole tree; links are removed, not followed. Missing is fine. */
export async function remove(fileOrFolder: string): Promise<void> {
  await rm(fileOrFolder, { recursive: true, force: true })
}

/** Makes a symbolic link; what it leads to need not be there. */
export const makeLink = (target: string, place: string): Promise<void> => symlink(target, place)

/** The name of the account that a file belongs to, or its number; undefined where the file is missing. */
export async function findOwner(file: string): Promise<string | undefined> {
  const uid = (await lstat(file).catch(() => undefined))?.uid
  if (uid === undefined) return undefined
  const lines = ((await findText('/etc/passwd').catch(() => undefined)) ?? '').split('\n')
  return (
    lines.map((line) => line.split(':')).find(([, , id]) => id === String(uid))?.[0] ?? String(uid)
  )
}

/** Removes a folder where it is empty; missing is fine. */
export async function removeEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder)
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error
  }
}

/** What stands under a name: links are not followed. */
export async function kindOf(file: string): Promise<'folder' | 'file' | 'other' | 'absent'> {
  try {
    const info = await lstat(file)
    return info.isDirectory() ? 'folder' : info.isFile() ? 'file' : 'other'
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return 'absent'
    throw error
  }
}

/** Whether this is a file or folder, no link, of this account, that nobody else can write to. */
export async function isOnlyOurs(file: string, kind: 'file' | 'folder'): Promise<boolean> {
  const info = await lstat(file).catch(() => undefined)
  if (info === undefined || info.uid !== process.geteuid?.()) return false
  return (kind === 'file' ? info.isFile() : info.isDirectory()) && (info.mode & 0o022) === 0
}

/** A folder's true path, through links; undefined where there is no such folder. */
export async function findRealFolder(folder: string): Promise<string | undefined> {
  try {
    const real = await realpath(folder)
    return (await stat(real)).isDirectory() ? real : undefined
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined
    throw error
  }
}

/** The names in a folder, sorted; none where it is missing. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return []
    throw error
  }
}

/** The one folder that makes up all that another one holds; undefined where there is more, or none. */
export async function findOnlyFolder(folder: string): Promise<string | undefined> {
  const [only, ...others] = await namesIn(folder)
  if (only === undefined || others.length > 0) return undefined
  const inside = path.join(folder, only)
  return (await kindOf(inside)) === 'folder' ? inside : undefined
}

/** Lets all accounts read a tree of our own, and only this one write it. Links are left alone. */
export async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const inside = path.join(folder, entry.name)
    if (entry.isDirectory()) await makeReadable(inside)
    else if (entry.isFile())
      await chmod(inside, ((await lstat(inside)).mode & 0o100) === 0 ? 0o644 : 0o755)
  }
}

/** A file's bytes, piece by piece. */
export const readPieces = (file: string, signal: AbortSignal): AsyncIterable<Buffer> =>
  createReadStream(file, { highWaterMark: 256 * 1024, signal })

/** Where a link leads, as it is written; undefined where there is nothing. Throws where there is something else. */
export async function findLink(link: string): Promise<string | undefined> {
  try {
    return await readlink(link)
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined
    throw error
  }
}
