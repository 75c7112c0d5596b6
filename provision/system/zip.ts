import { type FileHandle, mkdir, open, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { InflateRaw } from 'node:zlib'
import { ProvisionError } from './provision-error.ts'

/** One member of a zip archive, as its list says. */
export interface ZipEntry {
  name: string
  kind: 'file' | 'folder' | 'other'
  sizeBytes: number
  isExecutable: boolean
  packedBytes: number
  method: number
  headerOffset: number
}

const END = 0x06054b50
const MEMBER = 0x02014b50
const LOCAL = 0x04034b50
/** A comment of full length, and what stands before it. */
const MAX_END = 65_557
/** The list of a million members is no longer; it is read into memory. */
const MAX_LIST = 256 * 1024 * 1024

/** The members of an archive. Nothing is unpacked, and no name is judged. Throws PROVISION_BAD_ARCHIVE. */
export async function listZip(file: string): Promise<ZipEntry[]> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const tail = await readAt(handle, Math.max(0, size - MAX_END), Math.min(size, MAX_END))
    const at = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
    if (at < 0 || tail.length < at + 22 || tail.readUInt32LE(at) !== END)
      throw badZip('it is no zip archive, or it was cut')
    const [count, length, offset] = [
      tail.readUInt16LE(at + 10),
      tail.readUInt32LE(at + 12),
      tail.readUInt32LE(at + 16),
    ]
    if (count === 0xffff || offset === 0xffffffff || length > MAX_LIST)
      throw badZip('it has more than this program takes: pack it as .tar.gz')
    return parseList(await readAt(handle, offset, length), count)
  } finally {
    await handle.close()
  }
}

function parseList(list: Buffer, count: number): ZipEntry[] {
  const entries: ZipEntry[] = []
  let at = 0
  for (let index = 0; index < count; index++) {
    if (list.length < at + 46 || list.readUInt32LE(at) !== MEMBER)
      throw badZip('its list is damaged')
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      list.readUInt16LE(at + field),
    ) as [number, number, number]
    const name = list.toString('utf8', at + 46, at + 46 + nameLength)
    const isUnix = list.readUInt8(at + 5) === 3
    const mode = isUnix ? list.readUInt16LE(at + 40) : 0
    if ((list.readUInt16LE(at + 8) & 1) !== 0) throw badZip('it is encrypted')
    entries.push({
      name,
      kind: kindOf(name, mode),
      isExecutable: (mode & 0o100) !== 0,
      method: list.readUInt16LE(at + 10),
      packedBytes: list.readUInt32LE(at + 20),
      sizeBytes: list.readUInt32LE(at + 24),
      headerOffset: list.readUInt32LE(at + 42),
    })
    at += 46 + nameLength + extraLength + commentLength
  }
  return entries
}

function kindOf(name: string, mode: number): ZipEntry['kind'] {
  if (name.endsWith('/')) return 'folder'
  const type = mode & 0o170000
  return type === 0 || type === 0o100000 ? 'file' : 'other'
}

/**
 * Unpacks members into a folder that is there and empty. Their names were checked before; a member that turns out longer
 * than the list says ends it.
 */
export async function unpackZip(
  file: string,
  entries: readonly ZipEntry[],
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const handle = await open(file, 'r')
  try {
    for (const entry of entries) {
      signal.throwIfAborted()
      const target = path.join(folder, entry.name)
      if (entry.kind === 'folder') await mkdir(target, { recursive: true })
      else await unpackFile(handle, entry, target)
    }
  } finally {
    await handle.close()
  }
}

async function unpackFile(handle: FileHandle, entry: ZipEntry, target: string): Promise<void> {
  const { createReadStream, createWriteStream } = await import('node:fs')
  const { pipeline } = await import('node:stream/promises')
  const head = await readAt(handle, entry.headerOffset, 30)
  if (head.length < 30 || head.readUInt32LE(0) !== LOCAL) throw badZip('a member of it is damaged')
  const start = entry.headerOffset + 30 + head.readUInt16LE(26) + head.readUInt16LE(28)
  await mkdir(path.dirname(target), { recursive: true })
  const mode = entry.isExecutable ? 0o755 : 0o644
  if (entry.packedBytes === 0) return writeFile(target, '', { flag: 'wx', mode })
  const output = createWriteStream(target, { flags: 'wx', mode })
  const packed = createReadStream('', {
    fd: handle.fd,
    autoClose: false,
    start,
    end: start + entry.packedBytes - 1,
  })
  let bytes = 0
  const count = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const part of source) {
      bytes += part.length
      if (bytes > entry.sizeBytes) throw badZip(`${entry.name} is longer than it says`)
      yield part
    }
  }
  if (entry.method === 0) await pipeline(packed, count, output)
  else await pipeline(packed, await unpacking(entry), count, output)
  if (bytes !== entry.sizeBytes) throw badZip(`${entry.name} is shorter than it says`)
}

async function unpacking({ method }: ZipEntry): Promise<InflateRaw> {
  if (method !== 8) throw badZip('it is packed in an unusual way: pack it as .tar.gz')
  return (await import('node:zlib')).createInflateRaw()
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, offset)
  return buffer.subarray(0, bytesRead)
}

const badZip = (why: string): ProvisionError =>
  new ProvisionError('PROVISION_BAD_ARCHIVE', `The archive does not read: ${why}.`)
