import fsSync from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'
import type { LogEntry, LogLevel } from '#shared/domain/task.ts'
import { AppError } from '#shared/errors.ts'
import { Listeners } from '../lib/listeners.ts'
import { BLOCK, LogIndex } from './log-index.ts'
import type { LineStart, NewLogEntry } from './log-line.ts'
import { DAMAGED_START, parseLine, parseLineStart, renderLine } from './log-line.ts'

const CHUNK_BYTES = 1024 * 1024
/** Read at once for a page. */
const PAGE_BYTES = 128 * 1024
/** How long entries gather before they are written together. */
const GATHER_MS = 5
/** The index of a shorter log is not kept: reading it through takes a few milliseconds. */
const LONG_LOG = 20_000

export interface LogPage {
  entries: LogEntry[]
  /** All that the log holds of the levels that were asked for. */
  total: number
}

/**
 * One attempt's log: a file of lines, an index of them in memory, and the entries that are on their way to the file. When
 * it is opened, what the index kept beside a long log does not know of is read through; a last line without its end is
 * cut off then, for the far side will be asked for it again.
 */
export class LogFile {
  /** Entries have come, or something else about the attempt may have changed. */
  readonly changed = new Listeners<void>()
  readonly #file: string
  readonly #maxBytes: number
  #index = new LogIndex()
  /** Bytes of the log that are written; those of the index count what waits to be, too. */
  #written = 0
  #pending: Buffer[] = []
  #writing: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #handle: fs.FileHandle | undefined

  constructor(file: string, maxBytes: number) {
    this.#file = file
    this.#maxBytes = maxBytes
    this.#read()
  }

  /** What is known of the lines without reading them. */
  get index(): Omit<LogIndex, 'add' | 'noteSource'> {
    return this.#index
  }

  /** Nothing waits to be written, and nobody listens. */
  get isIdle(): boolean {
    return this.#pending.length === 0 && this.#handle === undefined && this.changed.size === 0
  }

  offsets(): { stage: number; stream: 'out' | 'err'; offset: number }[] {
    return this.#index.offsets.map(({ stage, stream, end }) => ({ stage, stream, offset: end }))
  }

  append(entries: readonly NewLogEntry[]): void {
    for (const entry of entries) this.#add(entry)
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      // What could not be written stays and is tried again; flush is where the failure is told.
      void this.#write().catch(() => undefined)
    }, GATHER_MS)
  }

  /** Entries from `from` on, also those not written yet; with `levels` counted among those of them. */
  async page(from: number, limit: number, levels?: readonly LogLevel[]): Promise<LogPage> {
    if (this.#pending.length > 0) await this.#write()
    const total = this.#index.countOf(levels)
    const wanted = Math.min(limit, total - from)
    if (wanted <= 0) return { entries: [], total }
    if (levels !== undefined)
      return { entries: await this.entries(this.#index.linesFrom(from, wanted, levels)), total }
    const lines = await this.#readLines(from, wanted)
    return { entries: lines.map((line, index) => parseLine(line, from + index)), total }
  }

  /** These lines, in rising order; those that lie near to each other are read at once. */
  async entries(indexes: readonly number[]): Promise<LogEntry[]> {
    if (this.#pending.length > 0) await this.#write()
    const wanted = new Set(indexes)
    const found: LogEntry[] = []
    for (const [first, last] of toRuns(indexes, BLOCK)) {
      const lines = await this.#readLines(first, last - first + 1)
      lines.forEach((line, at) => {
        if (wanted.has(first + at)) found.push(parseLine(line, first + at))
      })
    }
    return found
  }

  /** The lines from the one with index `from` on as they lie in the file, some hundreds to some thousands at a time. */
  async *rawLines(from: number, signal?: AbortSignal): AsyncGenerator<string[]> {
    const reader = new LineReader(from % BLOCK)
    const handle = await this.#openToRead()
    try {
      for (let at = this.#index.blockStart(from); handle !== undefined && at < this.#written;) {
        const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, this.#written - at))
        const { bytesRead } = await handle.read(chunk, 0, chunk.length, at)
        if (bytesRead === 0 || signal?.aborted === true) return
        at += bytesRead
        reader.feed(chunk.subarray(0, bytesRead))
        yield reader.take()
      }
    } finally {
      await handle?.close()
    }
  }

  /** Everything appended so far is on disk when it resolves. Throws `store.write-failed`. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    try {
      await this.#write()
      const handle = this.#handle
      this.#handle = undefined
      await handle?.datasync()
      await handle?.close()
      if (this.#index.count >= LONG_LOG) await this.#keepIndex()
    } catch (cause) {
      throw new AppError('store.write-failed', 'The log of a task could not be written to disk.', {
        cause,
      })
    }
    this.changed.emit()
  }

  /** Nothing is written after this. */
  async discard(): Promise<void> {
    clearTimeout(this.#timer)
    this.#pending = []
    await this.#writing.catch(() => undefined)
    await this.#handle?.close()
    this.#handle = undefined
    await fs.rm(this.#file, { force: true })
    await fs.rm(this.#indexFile, { force: true })
  }

  get #indexFile(): string {
    return this.#file.replace(/(\.jsonl)?$/, '.index')
  }

  /** It only saves time: one that could not be kept, or is torn, is made anew from the log. */
  async #keepIndex(): Promise<void> {
    await fs.writeFile(this.#indexFile, this.#index.toBytes(), { mode: 0o600 }).catch(() => {})
  }

  #add(entry: NewLogEntry): void {
    const { source, level, kind } = entry
    const start = { source, level, isProgress: kind === 'progress' }
    if (this.#index.bytes >= this.#maxBytes) return this.#index.noteSource(start)
    this.#keep(start, Buffer.from(renderLine(entry)))
    if (this.#index.bytes < this.#maxBytes) return
    this.#keep({ ...DAMAGED_START, source }, Buffer.from(renderLine(toFullNote(entry))))
  }

  #keep(start: LineStart, line: Buffer): void {
    this.#index.add(start, line.length)
    this.#pending.push(line)
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(
      () => this.#writePending(),
      () => this.#writePending(),
    )
    return this.#writing
  }

  /** Always at the place where the last good write ended, so that half a write is written over. */
  async #writePending(): Promise<void> {
    if (this.#pending.length === 0) return
    const taken = this.#pending.length
    const bytes = Buffer.concat(this.#pending)
    const handle = await this.#open()
    for (let done = 0; done < bytes.length;) {
      const left = bytes.length - done
      const { bytesWritten } = await handle.write(bytes, done, left, this.#written + done)
      done += bytesWritten
    }
    this.#written += bytes.length
    this.#pending.splice(0, taken)
    this.changed.emit()
  }

  async #open(): Promise<fs.FileHandle> {
    if (this.#handle !== undefined) return this.#handle
    await fs.mkdir(path.dirname(this.#file), { recursive: true, mode: 0o700 })
    const flags = fsSync.constants.O_RDWR | fsSync.constants.O_CREAT
    this.#handle = await fs.open(this.#file, flags, 0o600)
    return this.#handle
  }

  async #readLines(from: number, wanted: number): Promise<string[]> {
    const reader = new LineReader(from % BLOCK, wanted)
    const handle = await fs.open(this.#file, 'r')
    try {
      for (let at = this.#index.blockStart(from); at < this.#written && !reader.isDone;) {
        const chunk = Buffer.allocUnsafe(Math.min(PAGE_BYTES, this.#written - at))
        const { bytesRead } = await handle.read(chunk, 0, chunk.length, at)
        if (bytesRead === 0) break
        at += bytesRead
        reader.feed(chunk.subarray(0, bytesRead))
      }
    } finally {
      await handle.close()
    }
    return reader.take()
  }

  /** All that was appended so far can be read from it; undefined where nothing ever was. */
  async #openToRead(): Promise<fs.FileHandle | undefined> {
    if (this.#pending.length > 0) await this.#write()
    return this.#index.count === 0 ? undefined : fs.open(this.#file, 'r')
  }

  /** Indexes the lines that the kept index does not know of; cuts off half a line at the end. */
  #read(): void {
    const file = openIfThere(this.#file)
    if (file === undefined) return
    try {
      this.#index = readKeptIndex(this.#indexFile, fsSync.fstatSync(file).size) ?? this.#index
      let rest: Buffer = Buffer.alloc(0)
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
      for (let at = this.#index.bytes; ;) {
        const length = fsSync.readSync(file, chunk, 0, chunk.length, at)
        if (length === 0) break
        const bytes = Buffer.concat([rest, chunk.subarray(0, length)])
        rest = bytes.subarray(this.#readChunk(bytes))
        at += length
      }
      this.#written = this.#index.bytes
      if (rest.length > 0) fsSync.ftruncateSync(file, this.#written)
    } finally {
      fsSync.closeSync(file)
    }
  }

  /** Returns where the first line that is not whole begins. */
  #readChunk(bytes: Buffer): number {
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      this.#index.add(parseLineStart(bytes, start) ?? DAMAGED_START, end + 1 - start)
      start = end + 1
    }
    return start
  }
}

/** Takes lines from bytes: so many are passed over, then so many kept. */
class LineReader {
  readonly #wanted: number
  #lines: string[] = []
  #skip: number
  #rest: Buffer = Buffer.alloc(0)

  constructor(skip: number, wanted = Infinity) {
    this.#skip = skip
    this.#wanted = wanted
  }

  get isDone(): boolean {
    return this.#lines.length >= this.#wanted
  }

  feed(chunk: Buffer): void {
    const bytes = Buffer.concat([this.#rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0 && !this.isDone; end = bytes.indexOf(10, start)) {
      if (this.#skip > 0) this.#skip -= 1
      else this.#lines.push(bytes.toString('utf8', start, end))
      start = end + 1
    }
    this.#rest = bytes.subarray(start)
  }

  /** The lines that have come since. */
  take(): string[] {
    const lines = this.#lines
    this.#lines = []
    return lines
  }
}

/** First and last of the runs into which rising numbers fall, where a gap of less than `gap` does not part them. */
function toRuns(indexes: readonly number[], gap: number): [number, number][] {
  const runs: [number, number][] = []
  for (const index of indexes) {
    const run = runs.at(-1)
    if (run !== undefined && index - run[1] < gap) run[1] = index
    else runs.push([index, index])
  }
  return runs
}

function readKeptIndex(file: string, logBytes: number): LogIndex | undefined {
  try {
    return LogIndex.parse(fsSync.readFileSync(file), logBytes)
  } catch {
    return undefined
  }
}

const toFullNote = (entry: NewLogEntry): NewLogEntry => ({
  ...entry,
  kind: 'message',
  level: 'warning',
  text: 'This log has reached its greatest size; what comes after this is not kept.',
  progress: null,
})

function openIfThere(file: string): number | undefined {
  try {
    return fsSync.openSync(file, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
