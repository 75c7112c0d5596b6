import fsSync from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'
import type { LogEntry } from '#shared/domain/task.ts'
import { AppError } from '#shared/errors.ts'
import { Listeners } from '../lib/listeners.ts'
import type { LineStart, LogSource, NewLogEntry } from './log-line.ts'
import { parseLine, parseLineStart, renderLine } from './log-line.ts'

/** Every so many entries the place in the file is remembered. */
const BLOCK = 256
const CHUNK_BYTES = 1024 * 1024
/** Read at once for a page. */
const PAGE_BYTES = 128 * 1024
/** How long entries gather before they are written together. */
const GATHER_MS = 5

export interface LogPage {
  entries: LogEntry[]
  /** All that the log holds. */
  total: number
}

/**
 * One attempt's log: a file of lines, an index in memory of where every 256th begins, and the entries that are on their
 * way to the file. The file is read through once, when it is opened; a last line without its end is cut off then, for
 * the far side will be asked for it again.
 */
export class LogFile {
  /** Entries have come, or something else about the attempt may have changed. */
  readonly changed = new Listeners<void>()
  readonly #file: string
  readonly #maxBytes: number
  readonly #blocks: number[] = []
  readonly #offsets = new Map<string, LogSource>()
  #count = 0
  #warnings = 0
  /** Bytes of the log, with those that are not written yet; and of those that are. */
  #bytes = 0
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

  get count(): number {
    return this.#count
  }

  /** How many entries are warnings. */
  get warnings(): number {
    return this.#warnings
  }

  /** Nothing waits to be written, and nobody listens. */
  get isIdle(): boolean {
    return this.#pending.length === 0 && this.#handle === undefined && this.changed.size === 0
  }

  offsets(): { stage: number; stream: 'out' | 'err'; offset: number }[] {
    return [...this.#offsets.values()].map(({ stage, stream, end }) => ({
      stage,
      stream,
      offset: end,
    }))
  }

  append(entries: readonly NewLogEntry[]): void {
    for (const entry of entries) this.#add(entry)
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      // What could not be written stays and is tried again; flush is where the failure is told.
      void this.#write().catch(() => undefined)
    }, GATHER_MS)
  }

  /** Entries from `from` on, also those not written yet. */
  async page(from: number, limit: number): Promise<LogPage> {
    if (this.#pending.length > 0) await this.#write()
    const total = this.#count
    const wanted = Math.min(limit, total - from)
    if (wanted <= 0) return { entries: [], total }
    const lines = await this.#readLines(from, wanted)
    return { entries: lines.map((line, index) => parseLine(line, from + index)), total }
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
  }

  #add(entry: NewLogEntry): void {
    this.#note({ source: entry.source, isWarning: entry.level === 'warning' })
    if (this.#bytes >= this.#maxBytes) return
    this.#keep(Buffer.from(renderLine(entry)))
    if (this.#bytes >= this.#maxBytes) this.#keep(Buffer.from(renderLine(toFullNote(entry))))
  }

  #note({ source, isWarning }: LineStart): void {
    if (source !== null) this.#offsets.set(`${source.stage} ${source.stream}`, source)
    if (isWarning) this.#warnings += 1
  }

  #keep(line: Buffer): void {
    this.#mark(this.#bytes)
    this.#bytes += line.length
    this.#pending.push(line)
  }

  #mark(at: number): void {
    if (this.#count % BLOCK === 0) this.#blocks.push(at)
    this.#count += 1
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
    const block = Math.floor(from / BLOCK)
    const reader = new LineReader(from - block * BLOCK, wanted)
    const handle = await fs.open(this.#file, 'r')
    try {
      for (let at = this.#blocks[block] ?? 0; at < this.#written && !reader.isDone;) {
        const chunk = Buffer.allocUnsafe(Math.min(PAGE_BYTES, this.#written - at))
        const { bytesRead } = await handle.read(chunk, 0, chunk.length, at)
        if (bytesRead === 0) break
        at += bytesRead
        reader.feed(chunk.subarray(0, bytesRead))
      }
    } finally {
      await handle.close()
    }
    return reader.lines
  }

  /** Reads the file through: counts lines, marks blocks, collects the sources, cuts off half a line at the end. */
  #read(): void {
    const file = openIfThere(this.#file)
    if (file === undefined) return
    try {
      let rest: Buffer = Buffer.alloc(0)
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
      for (let at = 0; ;) {
        const length = fsSync.readSync(file, chunk, 0, chunk.length, at)
        if (length === 0) break
        const bytes = Buffer.concat([rest, chunk.subarray(0, length)])
        rest = bytes.subarray(this.#readChunk(bytes))
        at += length
      }
      this.#written = this.#bytes
      if (rest.length > 0) fsSync.ftruncateSync(file, this.#bytes)
    } finally {
      fsSync.closeSync(file)
    }
  }

  /** Returns where the first line that is not whole begins. */
  #readChunk(bytes: Buffer): number {
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      this.#mark(this.#bytes + start)
      const found = parseLineStart(bytes, start)
      if (found !== undefined) this.#note(found)
      start = end + 1
    }
    this.#bytes += start
    return start
  }
}

/** Takes lines from bytes: so many are passed over, then so many kept. */
class LineReader {
  readonly lines: string[] = []
  readonly #wanted: number
  #skip: number
  #rest: Buffer = Buffer.alloc(0)

  constructor(skip: number, wanted: number) {
    this.#skip = skip
    this.#wanted = wanted
  }

  get isDone(): boolean {
    return this.lines.length >= this.#wanted
  }

  feed(chunk: Buffer): void {
    const bytes = Buffer.concat([this.#rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0 && !this.isDone; end = bytes.indexOf(10, start)) {
      if (this.#skip > 0) this.#skip -= 1
      else this.lines.push(bytes.toString('utf8', start, end))
      start = end + 1
    }
    this.#rest = bytes.subarray(start)
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
