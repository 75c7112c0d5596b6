import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { AppError } from '#shared/errors.ts'
import type { SqlValue } from './database.ts'
import type { Disk, DiskFile } from './disk.ts'

/** SQL with its parameters; null marks a script of several statements. */
export type Statement = readonly [sql: string, params: readonly SqlValue[] | null]

/** One transaction as it stands in the journal. */
export interface JournalRecord {
  /** Numbers grow from record to record, through all journals; gaps are left by writes that failed. */
  sequence: number
  /** The sequence of the record before, so that a missing one shows. */
  previous: number
  statements: readonly Statement[]
}

export interface FoundRecord extends JournalRecord {
  end: number
}

/** What a journal's bytes hold. */
export type JournalContent =
  /** Written by a newer version. */
  | { state: 'newer' }
  /** Not even its beginning can be read: its creation was cut short, or it is damaged. */
  | { state: 'headless'; isEmpty: boolean }
  | {
      state: 'read'
      /** The sequence of the last record before this journal. */
      previous: number
      /** Each with the place behind it, in bytes. */
      records: FoundRecord[]
      /** Where the last whole record ends, in bytes. */
      end: number
      /** The whole file's length, with the room behind the records. */
      length: number
      /** Something stands behind the last whole record that is no record. */
      isTorn: boolean
    }

const FORMAT = 1
const MAGIC = Buffer.from('HDJRNL')
/** Magic, format (u16), sequence of the last record before (u64), checksum of these (u32). */
export const HEADER_BYTES = 20
/** Length (u32) and checksum (u32) of the payload. */
const PREFIX_BYTES = 8

/**
 * The file is made longer by this much at a time, filled with zeros: a write inside a file's length is durable without
 * another write of its metadata, which takes a fifth off each commit.
 */
const ROOM_BYTES = 256 * 1024

const Payload = z.tuple([
  z.number().int(),
  z.number().int(),
  z.array(z.tuple([z.string(), z.array(z.union([z.string(), z.number(), z.null()])).nullable()])),
])

export function renderRecord({ sequence, previous, statements }: JournalRecord): Buffer {
  const payload = Buffer.from(JSON.stringify([sequence, previous, statements]))
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32LE(payload.length, 0)
  prefix.writeUInt32LE(crc32(payload), 4)
  return Buffer.concat([prefix, payload])
}

function renderHeader(previous: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  MAGIC.copy(header)
  header.writeUInt16LE(FORMAT, 6)
  header.writeBigUInt64LE(BigInt(previous), 8)
  header.writeUInt32LE(crc32(header.subarray(0, 16)), 16)
  return header
}

/** Reads every whole record; stops at the first that is not, and says whether anything but room follows. */
export function parseJournal(bytes: Buffer): JournalContent {
  if (!hasHeader(bytes))
    return { state: 'headless', isEmpty: !hasBytes(bytes.subarray(HEADER_BYTES)) }
  if (bytes.readUInt16LE(6) > FORMAT) return { state: 'newer' }
  const previous = Number(bytes.readBigUInt64LE(8))
  const records: FoundRecord[] = []
  let end = HEADER_BYTES
  let last = previous
  for (;;) {
    const found = parseRecord(bytes, end)
    if (found === undefined || found.previous !== last) break
    records.push(found)
    last = found.sequence
    end = found.end
  }
  const isTorn = hasBytes(bytes.subarray(end))
  return { state: 'read', previous, records, end, length: bytes.length, isTorn }
}

const hasHeader = (bytes: Buffer): boolean =>
  bytes.length >= HEADER_BYTES &&
  bytes.subarray(0, 6).equals(MAGIC) &&
  bytes.readUInt32LE(16) === crc32(bytes.subarray(0, 16))

function parseRecord(bytes: Buffer, at: number): FoundRecord | undefined {
  if (at + PREFIX_BYTES > bytes.length) return undefined
  const length = bytes.readUInt32LE(at)
  const end = at + PREFIX_BYTES + length
  if (length === 0 || end > bytes.length) return undefined
  const payload = bytes.subarray(at + PREFIX_BYTES, end)
  if (crc32(payload) !== bytes.readUInt32LE(at + 4)) return undefined
  const parsed = Payload.safeParse(parseJson(payload.toString('utf8')))
  if (!parsed.success) return undefined
  const [sequence, previous, statements] = parsed.data
  return { sequence, previous, statements, end }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const hasBytes = (bytes: Buffer): boolean => bytes.some((byte) => byte !== 0)

/**
 * The journal that is being written. After a write that failed nobody knows what of it reached the disk, so the file
 * is cut back to its last good record before anything else is written to it.
 */
export class Journal {
  readonly #file: DiskFile
  #end: number
  #length: number
  #state: 'clean' | 'doubtful' = 'clean'

  /** A new journal behind the record `previous`; the folder still has to be flushed. The caller closes it. */
  static async create(disk: Disk, path: string, previous: number): Promise<Journal> {
    await disk.create(path, [renderHeader(previous), Buffer.alloc(ROOM_BYTES)])
    return new Journal(await disk.open(path), HEADER_BYTES, HEADER_BYTES + ROOM_BYTES)
  }

  /** An existing one that holds whole records up to `end` and nothing behind it. The caller closes it. */
  static async open(
    disk: Disk,
    path: string,
    { end, length }: { end: number; length: number },
  ): Promise<Journal> {
    return new Journal(await disk.open(path), end, length)
  }

  private constructor(file: DiskFile, end: number, length: number) {
    this.#file = file
    this.#end = end
    this.#length = length
  }

  /** Bytes of records, without the room behind them. */
  get sizeBytes(): number {
    return this.#end
  }

  /** Resolves once the records are on disk. Throws `store.write-failed`; then none of them counts. */
  async append(records: readonly JournalRecord[]): Promise<void> {
    try {
      await this.settle()
      const bytes = Buffer.concat(records.map(renderRecord))
      this.#state = 'doubtful'
      await this.#file.write(this.#withRoom(bytes), this.#end)
      this.#end += bytes.length
      this.#length = Math.max(this.#length, this.#end)
      this.#state = 'clean'
    } catch (cause) {
      // At once, so that a start after this finds no record that was refused; append tries again.
      await this.settle().catch(() => undefined)
      throw new AppError('store.write-failed', writeFailed(cause), { cause })
    }
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  /** Cuts off what a failed write may have left. Throws what the disk throws. */
  async settle(): Promise<void> {
    if (this.#state === 'doubtful') await this.cut()
  }

  /** Cuts off whatever stands behind the last good record. */
  async cut(): Promise<void> {
    await this.#file.truncate(this.#end)
    this.#length = this.#end
    this.#state = 'clean'
  }

  /** The bytes alone where they fit into the room there is; with new room behind them where they do not. */
  #withRoom(bytes: Buffer): Buffer {
    if (this.#end + bytes.length <= this.#length) return bytes
    this.#length = this.#end + bytes.length + ROOM_BYTES
    return Buffer.concat([bytes, Buffer.alloc(ROOM_BYTES)])
  }
}

const writeFailed = (cause: unknown): string =>
  `The change could not be written to disk, so it was not made: ${cause instanceof Error ? cause.message : String(cause)}`
