import { createReadStream, createWriteStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { hasErrno } from './provision-error.ts'

/** A piece of a text file, in whole lines. */
export interface LogPage {
  lines: string[]
  /** Where it begins and ends, in bytes; what is before it ends where it begins. */
  from: number
  to: number
  sizeBytes: number
  changedAt: number | null
}

const NOTHING: LogPage = { lines: [], from: 0, to: 0, sizeBytes: 0, changedAt: null }

/**
 * The last lines of a file that end before `before` (where it is not said: at its end), at most so many and so many bytes.
 * A line that is longer than that is cut at its beginning. A missing file has none.
 */
export async function readLogPage(
  file: string,
  { before, maxLines, maxBytes }: { before?: number; maxLines: number; maxBytes: number },
): Promise<LogPage> {
  try {
    const handle = await open(file, 'r')
    try {
      const { size, mtimeMs } = await handle.stat()
      const to = Math.min(before ?? size, size)
      const start = Math.max(0, to - maxBytes)
      const bytes = Buffer.alloc(to - start)
      await handle.read(bytes, 0, bytes.length, start)
      const facts = { to, sizeBytes: size, changedAt: Math.round(mtimeMs) }
      return { ...cutPage(bytes, start, maxLines), ...facts }
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'EISDIR')) return NOTHING
    throw error
  }
}

/** The last lines of some bytes that begin at `start` of their file, perhaps in the middle of a line. */
export function cutPage(
  bytes: Buffer,
  start: number,
  maxLines: number,
): { lines: string[]; from: number } {
  const firstBreak = bytes.indexOf(10)
  // The first line is whole only at the file's beginning; a single line that fills all is better than nothing.
  const isCut = start > 0 && firstBreak >= 0 && firstBreak < bytes.length - 1
  let from = isCut ? firstBreak + 1 : 0
  const ends: number[] = []
  for (let at = bytes.indexOf(10, from); at >= 0; at = bytes.indexOf(10, at + 1)) ends.push(at)
  const surplus = ends.length - maxLines
  if (surplus > 0) from = (ends[surplus - 1] ?? 0) + 1
  const text = bytes.subarray(from).toString('utf8')
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
  return { lines, from: start + from }
}

/** Packs a file beside itself as `.gz`, and removes it. Where it is cut off, the file is still there. */
export async function packLog(file: string): Promise<void> {
  const { createGzip } = await import('node:zlib')
  const { pipeline } = await import('node:stream/promises')
  const partial = `${file}.partial`
  try {
    const output = createWriteStream(partial, { mode: 0o600 })
    await pipeline(createReadStream(file), createGzip(), output)
    await rename(partial, `${file}.gz`)
    await rm(file, { force: true })
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}
