import { createReadStream } from 'node:fs'
import { cancelled, hasErrno, ProvisionError } from './provision-error.ts'

/** One member of an archive, as its head says. */
export interface ArchiveEntry {
  name: string
  kind: 'file' | 'folder' | 'link' | 'hard-link' | 'pipe' | 'other'
  /** Where a link leads, as it is written. */
  target: string
  sizeBytes: number
}

/** Long names and the file whose text is wanted are read into memory; no real one is longer. */
const MAX_TEXT = 1024 * 1024

const KINDS: Readonly<Record<string, ArchiveEntry['kind']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hard-link',
  '2': 'link',
  '5': 'folder',
  '6': 'pipe',
}

/**
 * Reads a gzipped tar (of GNU tar, bsdtar or any POSIX one) from end to end without unpacking it, and tells each
 * member. Returns the text of the member `wanted`, or undefined. What `onEntry` throws ends the reading. Throws
 * PROVISION_BAD_ARCHIVE.
 */
export async function readArchive(
  file: string,
  wanted: string,
  { onEntry, signal }: { onEntry: (entry: ArchiveEntry) => void; signal: AbortSignal },
): Promise<string | undefined> {
  const { createGunzip } = await import('node:zlib')
  const source = createReadStream(file)
  const unzipped = createGunzip()
  source.on('error', (error) => unzipped.destroy(error))
  source.pipe(unzipped)
  const bytes = new ByteReader(unzipped)
  try {
    return await readMembers(bytes, wanted, onEntry, signal)
  } catch (error) {
    if (signal.aborted) throw cancelled()
    throw hasErrno(error, 'Z_DATA_ERROR', 'Z_BUF_ERROR', 'Z_MEM_ERROR')
      ? badArchive('it is no gzipped archive, or it was cut')
      : error
  } finally {
    source.destroy()
    unzipped.destroy()
  }
}

async function readMembers(
  bytes: ByteReader,
  wanted: string,
  onEntry: (entry: ArchiveEntry) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  let text: string | undefined
  let longer: Longer = {}
  for (;;) {
    signal.throwIfAborted()
    const head = await bytes.read(512)
    if (head.every((byte) => byte === 0)) return text
    checkSum(head)
    const size = longer.size ?? numberIn(head, 124, 12)
    const type = String.fromCharCode(head[156] ?? 0)
    if (type === 'L' || type === 'K' || type === 'x') {
      longer = { ...longer, ...parseLonger(type, await bytes.readText(size)) }
    } else if (type === 'g') {
      await bytes.skipMember(size)
    } else {
      const entry = toEntry(head, type, size, longer)
      longer = {}
      onEntry(entry)
      const hasContent = entry.kind === 'file' || entry.kind === 'other'
      if (entry.name === wanted && entry.kind === 'file') text = await bytes.readText(size)
      else if (hasContent) await bytes.skipMember(size)
    }
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
    await this.#pass(length, (piece) => pieces.push(piece))
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
  }

  /** A member's content as text, with what fills its last block. */
  async readText(size: number): Promise<string> {
    if (size > MAX_TEXT) throw badArchive('a text in it is too long')
    const content = await this.read(size)
    await this.#pass(filler(size), () => {})
    return content.toString('utf8')
  }

  async skipMember(size: number): Promise<void> {
    await this.#pass(size + filler(size), () => {})
  }

  async #pass(length: number, take: (piece: Buffer) => void): Promise<void> {
    for (let missing = length; missing > 0;) {
      if (this.#rest.length === 0) this.#rest = await this.#next()
      const piece = this.#rest.subarray(0, missing)
      this.#rest = this.#rest.subarray(piece.length)
      missing -= piece.length
      take(piece)
    }
  }

  async #next(): Promise<Buffer> {
    const next = await this.#parts.next()
    if (next.done === true) throw badArchive('it ends too early')
    return next.value
  }
}

const filler = (size: number): number => (512 - (size % 512)) % 512
