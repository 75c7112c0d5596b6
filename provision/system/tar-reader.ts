import type { Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { cancelled, hasErrno, ProvisionError } from './provision-error.ts'

/** One member of an archive, as its head says. */
export interface ArchiveEntry {
  name: string
  kind: 'file' | 'folder' | 'link' | 'hard-link' | 'pipe' | 'other'
  /** Where a link leads, as it is written. */
  target: string
  sizeBytes: number
}

/** Names and their like are read into memory; no real one is longer. */
const MAX_TEXT = 1024 * 1024
/** So is the text that is asked for: it may have a line for each of very many members. */
const MAX_WANTED = 64 * 1024 * 1024

const KINDS: Readonly<Record<string, ArchiveEntry['kind']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hard-link',
  '2': 'link',
  '5': 'folder',
  '6': 'pipe',
}

/** A tar as it goes by: the head of a member, then its content, then what fills its last block. */
export type TarPart =
  /** `raw` also has what stood before the head, such as a longer name. */
  { kind: 'entry'; entry: ArchiveEntry; raw: Buffer } | { kind: 'content' | 'filler'; raw: Buffer }

/**
 * Reads a gzipped tar (of GNU tar, bsdtar or any POSIX one) from end to end without unpacking it. Whoever stops early has
 * not been told whether the rest is good. Throws PROVISION_BAD_ARCHIVE, PROVISION_CANCELLED.
 */
export async function* readArchive(file: string, signal: AbortSignal): AsyncGenerator<TarPart> {
  const unzipped = await openUnzipped(file)
  const pieces = unzipped[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>
  try {
    for await (const part of readTar(pieces)) {
      signal.throwIfAborted()
      yield part
    }
    // Behind the archive's end there is gzip's own, which tells whether the file was cut.
    while ((await pieces.next()).done !== true) signal.throwIfAborted()
  } catch (error) {
    if (signal.aborted) throw cancelled()
    throw hasErrno(error, 'Z_DATA_ERROR', 'Z_BUF_ERROR', 'Z_MEM_ERROR')
      ? badArchive('it is no gzipped archive, or it was cut')
      : error
  } finally {
    unzipped.destroy()
  }
}

/** The same parts, each head of a member looked at before anybody gets it. What `look` throws ends the reading. */
export async function* lookingAt(
  parts: AsyncIterable<TarPart>,
  look: (entry: ArchiveEntry) => void,
): AsyncGenerator<TarPart> {
  for await (const part of parts) {
    if (part.kind === 'entry') look(part.entry)
    yield part
  }
}

/** What a gzipped file holds, as it is read. The caller destroys it. */
async function openUnzipped(file: string): Promise<Readable> {
  const { createGunzip } = await import('node:zlib')
  const source = createReadStream(file, { highWaterMark: 256 * 1024 })
  const unzipped = createGunzip({ chunkSize: 128 * 1024 })
  source.on('error', (error) => unzipped.destroy(error))
  unzipped.on('close', () => source.destroy())
  return source.pipe(unzipped)
}

/** The text of one member, gathered as it goes by; undefined until it is there. */
export class WantedText {
  found: string | undefined
  readonly #name: string
  #pieces: Buffer[] | undefined
  #missing = 0

  constructor(name: string) {
    this.#name = name
  }

  take(part: TarPart): void {
    if (part.kind === 'entry') this.#begin(part.entry)
    else if (part.kind === 'content' && this.#pieces !== undefined) this.#add(part.raw)
  }

  #begin({ name, kind, sizeBytes }: ArchiveEntry): void {
    this.#pieces = undefined
    if (name !== this.#name || kind !== 'file') return
    if (sizeBytes > MAX_WANTED) throw badArchive('a text in it is too long')
    this.#pieces = []
    this.#missing = sizeBytes
    if (sizeBytes === 0) this.found = ''
  }

  #add(bytes: Buffer): void {
    this.#pieces?.push(bytes)
    this.#missing -= bytes.length
    if (this.#missing === 0) this.found = Buffer.concat(this.#pieces ?? []).toString('utf8')
  }
}

/** The SHA-256 of each plain file, as it goes by. */
export class Digests {
  readonly #onDigest: (name: string, digest: string) => unknown
  readonly #newHash: () => Hash
  #current: { name: string; hash: Hash } | undefined

  private constructor(newHash: () => Hash, onDigest: (name: string, digest: string) => unknown) {
    this.#newHash = newHash
    this.#onDigest = onDigest
  }

  static async open(onDigest: (name: string, digest: string) => unknown): Promise<Digests> {
    // Loaded late: most commands hash nothing, and loading this takes a part of a start.
    const { createHash } = await import('node:crypto')
    return new Digests(() => createHash('sha256'), onDigest)
  }

  take(part: TarPart): void {
    if (part.kind === 'content') this.#current?.hash.update(part.raw)
    if (part.kind !== 'entry') return
    this.end()
    const { name, kind } = part.entry
    this.#current = kind === 'file' ? { name, hash: this.#newHash() } : undefined
  }

  /** Tells the last one. */
  end(): void {
    if (this.#current === undefined) return
    this.#onDigest(this.#current.name, this.#current.hash.digest('hex'))
    this.#current = undefined
  }
}

/** Every byte of a tar, in its order, up to the empty block that ends it. Throws PROVISION_BAD_ARCHIVE. */
export async function* readTar(source: AsyncIterable<Buffer>): AsyncGenerator<TarPart> {
  const bytes = new ByteReader(source)
  let longer: Longer = {}
  let before: Buffer[] = []
  for (;;) {
    const head = await bytes.read(512)
    if (head.every((byte) => byte === 0)) return
    checkSum(head)
    const size = longer.size ?? numberIn(head, 124, 12)
    const type = String.fromCharCode(head[156] ?? 0)
    if (type === 'L' || type === 'K' || type === 'x' || type === 'g') {
      if (size > MAX_TEXT) throw badArchive('a text in it is too long')
      const text = await bytes.read(size)
      before.push(head, text, await bytes.read(filler(size)))
      if (type !== 'g') longer = { ...longer, ...parseLonger(type, text.toString('utf8')) }
      continue
    }
    const entry = toEntry(head, type, size, longer)
    yield { kind: 'entry', entry, raw: Buffer.concat([...before, head]) }
    longer = {}
    before = []
    if (entry.kind !== 'file' && entry.kind !== 'other') continue
    for await (const raw of bytes.pieces(size)) yield { kind: 'content', raw }
    if (filler(size) > 0) yield { kind: 'filler', raw: await bytes.read(filler(size)) }
  }
}

/** What stands before a member whose facts do not fit its head. */
interface Longer {
  name?: string
  target?: string
  size?: number
}

function toEntry(head: Buffer, type: string, sizeBytes: number, longer: Longer): ArchiveEntry {
  const prefix = textIn(head, 257, 5) === 'ustar' && head[262] === 0 ? textIn(head, 345, 155) : ''
  const short = textIn(head, 0, 100)
  return {
    name: longer.name ?? (prefix === '' ? short : `${prefix}/${short}`),
    kind: KINDS[type] ?? 'other',
    target: longer.target ?? textIn(head, 157, 100),
    sizeBytes,
  }
}

function parseLonger(type: 'L' | 'K' | 'x', text: string): Longer {
  if (type === 'L') return { name: text.replace(/\0.*$/s, '') }
  if (type === 'K') return { target: text.replace(/\0.*$/s, '') }
  const longer: Longer = {}
  for (const [key, value] of paxRecords(text)) {
    if (key === 'path') longer.name = value
    if (key === 'linkpath') longer.target = value
    if (key === 'size') longer.size = toSize(value)
  }
  return longer
}

/** Records `LENGTH key=value\n`; the length counts bytes, itself included. */
function* paxRecords(text: string): Generator<[string, string]> {
  let rest = Buffer.from(text, 'utf8')
  while (rest.length > 0) {
    const [, length = ''] = /^(\d{1,7}) /.exec(rest.toString('latin1', 0, 8)) ?? []
    const record = rest.subarray(0, Number(length))
    const [, key, value] = /^\d+ ([^=]+)=(.*)\n$/s.exec(record.toString('utf8')) ?? []
    if (length === '' || key === undefined || value === undefined)
      throw badArchive('a member has facts that do not read')
    yield [key, value]
    rest = rest.subarray(record.length)
  }
}

function checkSum(head: Buffer): void {
  let sum = 8 * 32
  for (const [index, byte] of head.entries()) if (index < 148 || index >= 156) sum += byte
  if (sum !== numberIn(head, 148, 8)) throw badArchive('the head of a member is damaged')
}

/** Octal digits, or binary where the first bit is set. */
function numberIn(head: Buffer, at: number, length: number): number {
  if (((head[at] ?? 0) & 0x80) !== 0) return toSize(`${head.readUIntBE(at + length - 6, 6)}`)
  const digits = textIn(head, at, length).trim()
  if (!/^[0-7]*$/.test(digits)) throw badArchive('a number in it is none')
  return toSize(`${Number.parseInt(digits || '0', 8)}`)
}

function toSize(text: string): number {
  const size = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(size)) return size
  throw badArchive('the size of a member is absurd')
}

const textIn = (head: Buffer, at: number, length: number): string =>
  head.toString('utf8', at, at + length).replace(/\0.*$/s, '')

const badArchive = (why: string): ProvisionError =>
  new ProvisionError('PROVISION_BAD_ARCHIVE', `The archive does not read: ${why}.`)

/** Reads a stream in pieces of a wanted length. */
class ByteReader {
  readonly #parts: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(stream: AsyncIterable<Buffer>) {
    this.#parts = stream[Symbol.asyncIterator]()
  }

  async read(length: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    for await (const piece of this.pieces(length)) pieces.push(piece)
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
  }

  /** The next so many bytes, in pieces as they come. */
  async *pieces(length: number): AsyncGenerator<Buffer> {
    for (let missing = length; missing > 0;) {
      if (this.#rest.length === 0) this.#rest = await this.#next()
      const piece = this.#rest.subarray(0, missing)
      this.#rest = this.#rest.subarray(piece.length)
      missing -= piece.length
      yield piece
    }
  }

  async #next(): Promise<Buffer> {
    const next = await this.#parts.next()
    if (next.done === true) throw badArchive('it ends too early')
    return next.value
  }
}

const filler = (size: number): number => (512 - (size % 512)) % 512
