import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipMember {
  name: string
  text: string
  /** Type and mode, as Unix has them. */
  mode?: number
  /** What its head claims to be its length. */
  saidBytes?: number
}

/** A zip archive, also such as no honest program makes. */
export function aZip(members: readonly ZipMember[]): Buffer {
  const locals: Buffer[] = []
  const entries: Buffer[] = []
  let offset = 0
  for (const { name, text, mode = 0o100644, saidBytes } of members) {
    const data = Buffer.from(text)
    const packed = deflateRawSync(data)
    const bytes = Buffer.from(name)
    const facts = Buffer.alloc(22)
    facts.writeUInt16LE(20, 0)
    facts.writeUInt16LE(8, 4)
    facts.writeUInt32LE(crc32(data), 10)
    facts.writeUInt32LE(packed.length, 14)
    facts.writeUInt32LE(saidBytes ?? data.length, 18)
    const local = Buffer.concat([
      uint32(0x04034b50),
      facts,
      uint16(bytes.length),
      uint16(0),
      bytes,
      packed,
    ])
    const tail = Buffer.alloc(18)
    tail.writeUInt16LE(bytes.length, 0)
    tail.writeUInt32LE((mode << 16) >>> 0, 10)
    tail.writeUInt32LE(offset, 14)
    // Made by Unix, whose modes the member has.
    entries.push(Buffer.concat([uint32(0x02014b50), uint16(0x0314), facts, tail, bytes]))
    locals.push(local)
    offset += local.length
  }
  const list = Buffer.concat(entries)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(list.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, list, end])
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

const uint16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}
