import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { EXTENSION_NAME } from './check-feature.ts'

/** A file of the half that runs on servers, as it was when the extension was found. */
export interface BackendFile {
  name: string
  bytes: Buffer
}

/** An extension's folder, looked into but not run: nothing of an extension is run before it is switched on. */
export interface FoundExtension {
  name: string
  folder: string
  /** `backend/*.mjs`, by name. */
  backend: readonly BackendFile[]
  /** Changes with `index.mjs` and the server half. */
  hash: string
  /** Why it cannot be used; null where it can. */
  problem: string | null
}

const MAX_EXTENSIONS = 200
const MAX_FILES = 50
const MAX_BYTES = 1024 * 1024

/** Every folder in `extensions/`, by name; none where that is missing. What cannot be read is one that cannot be used. */
export async function findExtensions(folder: string): Promise<FoundExtension[]> {
  try {
    return await lookIntoAll(folder)
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return [{ name: path.basename(folder), folder, backend: [], hash: '', problem }]
  }
}

async function lookIntoAll(folder: string): Promise<FoundExtension[]> {
  const names = (await namesIn(folder)).filter((name) => !name.startsWith('.'))
  const found = await Promise.all(
    names.slice(0, MAX_EXTENSIONS).map((name) => lookInto(name, path.join(folder, name))),
  )
  return found.filter((one) => one !== undefined)
}

async function lookInto(name: string, folder: string): Promise<FoundExtension | undefined> {
  const nothing = { name, folder, backend: [], hash: '' }
  try {
    if (!(await stat(folder)).isDirectory()) return undefined
    if (!EXTENSION_NAME.test(name))
      return {
        ...nothing,
        problem: 'The name of its folder is not made of lower-case letters, digits and hyphens.',
      }
    const index = await readPlain(path.join(folder, 'index.mjs'))
    const backend = await readBackend(path.join(folder, 'backend'))
    return { name, folder, backend, hash: hashOf(index, backend), problem: null }
  } catch (error) {
    return { ...nothing, problem: error instanceof Error ? error.message : String(error) }
  }
}

async function readBackend(folder: string): Promise<BackendFile[]> {
  const names = (await namesIn(folder)).filter((name) =>
    /^[A-Za-z0-9][\w.-]{0,99}\.mjs$/.test(name),
  )
  if (names.length > MAX_FILES) throw new Error(`backend/ has more than ${MAX_FILES} files.`)
  const files: BackendFile[] = []
  let total = 0
  for (const name of names) {
    const bytes = await readPlain(path.join(folder, name))
    total += bytes.length
    if (total > MAX_BYTES) throw new Error(`backend/ has more than ${MAX_BYTES / 1024} KiB.`)
    files.push({ name, bytes })
  }
  return files
}

/** A pipe would never end, and nobody writes a module of this size. */
async function readPlain(file: string): Promise<Buffer> {
  const info = await stat(file)
  if (!info.isFile() || info.size > 8 * MAX_BYTES)
    throw new Error(`${file} is no file of a sensible size.`)
  return readFile(file)
}

function hashOf(index: Buffer, backend: readonly BackendFile[]): string {
  const hash = createHash('sha256').update(index)
  for (const { name, bytes } of backend) hash.update(`\n${name} ${bytes.length}\n`).update(bytes)
  return hash.digest('hex')
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
