import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import fs from 'node:fs/promises'
import { AppError } from '#shared/errors.ts'
import type { Connection } from '../ssh/connection.ts'

export interface FetchProgress {
  bytes: number
  totalBytes: number
}

export interface FetchWish {
  /** On the server. */
  file: string
  /** On this computer. */
  target: string
  signal: AbortSignal
  chunkBytes?: number
}

/** Read by one command each: few round trips, and no more in memory than two of them. */
const CHUNK_BYTES = 4 * 1024 * 1024
const CHUNK_TIMEOUT_MS = 10 * 60_000
/** Reading a very large file through takes a server some minutes. */
const HASH_TIMEOUT_MS = 60 * 60_000

/** What a login script prints comes before this mark, and is no part of the answer. */
const MARK = Buffer.from('hd:answer\n')
const GREETING_BYTES = 64 * 1024
const answer = (script: string): string => `[ -r "$1" ] || exit 9; printf 'hd:answer\\n'; ${script}`
const SIZE = answer('wc -c <"$1"')
const CHUNK = answer('tail -c +"$2" <"$1" | head -c "$3"')
const HASH = answer(
  'if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi <"$1"',
)

/**
 * Fetches a file of a server, telling how far it is. What has come lies in `<target>.part`; a later call goes on from
 * there. Size and SHA-256 are compared with the server's before the file gets its name, so `target` is whole or absent.
 * Throws `download.missing`, `download.changed` and what the connection throws; an abort removes the part.
 */
export async function* fetchFile(
  connection: Connection,
  { file, target, signal, chunkBytes = CHUNK_BYTES }: FetchWish,
): AsyncGenerator<FetchProgress> {
  const part = `${target}.part`
  try {
    const totalBytes = await sizeOf(connection, file, signal)
    yield* fetchRest(connection, { file, part, totalBytes, signal, chunkBytes })
    await compare(connection, { file, part, signal })
    await fs.rename(part, target)
  } catch (error) {
    if (signal.aborted) await fs.rm(part, { force: true })
    throw isDiskError(error) ? cannotWrite(target, error) : error
  }
}

async function* fetchRest(
  connection: Connection,
  {
    part,
    totalBytes,
    ...wish
  }: Omit<Required<FetchWish>, 'target'> & { part: string; totalBytes: number },
): AsyncGenerator<FetchProgress> {
  const output = await fs.open(part, 'a', 0o600)
  try {
    let bytes = (await output.stat()).size
    yield { bytes, totalBytes }
    let coming = bytes < totalBytes ? readChunk(connection, wish, bytes) : undefined
    while (coming !== undefined) {
      const chunk: Buffer = await coming
      if (chunk.length === 0) throw changed(wish.file)
      const next = bytes + chunk.length
      coming = next < totalBytes ? readChunk(connection, wish, next) : undefined
      // One that fails while the disk is at work is awaited in the next turn.
      coming?.catch(() => undefined)
      await output.appendFile(chunk)
      bytes = next
      yield { bytes, totalBytes }
    }
    await output.datasync()
  } finally {
    await output.close()
  }
}

async function sizeOf(connection: Connection, file: string, signal: AbortSignal): Promise<number> {
  const { exitCode, stdout } = await connection.exec({ argv: [file], script: SIZE }, { signal })
  const size = Number(afterMark(stdout).toString().trim())
  if (exitCode === 0 && afterMark(stdout).length > 0 && Number.isSafeInteger(size)) return size
  throw new AppError('download.missing', `${file} is not there, or cannot be read.`)
}

async function readChunk(
  connection: Connection,
  { file, signal, chunkBytes }: Omit<Required<FetchWish>, 'target'>,
  from: number,
): Promise<Buffer> {
  const argv = [file, String(from + 1), String(chunkBytes)]
  const { exitCode, stdout } = await connection.exec(
    { argv, script: CHUNK },
    { signal, timeoutMs: CHUNK_TIMEOUT_MS, maxOutputBytes: chunkBytes + GREETING_BYTES },
  )
  if (exitCode !== 0) throw changed(file)
  return afterMark(stdout)
}

async function compare(
  connection: Connection,
  { file, part, signal }: { file: string; part: string; signal: AbortSignal },
): Promise<void> {
  const { stdout } = await connection.exec(
    { argv: [file], script: HASH },
    { signal, timeoutMs: HASH_TIMEOUT_MS },
  )
  const there = /^[0-9a-f]{64}/.exec(afterMark(stdout).toString())?.[0]
  if (there === (await hashOf(part))) return
  await fs.rm(part, { force: true })
  throw changed(file)
}

function afterMark(stdout: Buffer): Buffer {
  const at = stdout.indexOf(MARK)
  return at === -1 ? Buffer.alloc(0) : stdout.subarray(at + MARK.length)
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer)
  return hash.digest('hex')
}

const changed = (file: string): AppError =>
  new AppError(
    'download.changed',
    `What arrived of ${file} is not what the server has. It was removed here.`,
  )

const isDiskError = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && 'errno' in error

const cannotWrite = (target: string, cause: unknown): AppError =>
  new AppError('store.write-failed', `${target} cannot be written: ${(cause as Error).message}`, {
    cause,
  })
