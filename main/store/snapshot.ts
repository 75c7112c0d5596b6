import { crc32 } from 'node:zlib'

/** A whole database as it stood behind the record `sequence`. */
export interface Snapshot {
  sequence: number
  /** An SQLite file. */
  bytes: Uint8Array
}

export type SnapshotContent =
  { state: 'newer' } | { state: 'damaged' } | { state: 'read'; snapshot: Snapshot }

const FORMAT = 1
const MAGIC = Buffer.from('HDSNAP')
/** Magic, format (u16), length of the database (u64), sequence (u64), checksum of the database and these (u32). */
const TRAILER_BYTES = 28

/** The parts of a snapshot's file: the SQLite file, and behind it what proves that it is whole. */
export function renderSnapshot({ sequence, bytes }: Snapshot): Uint8Array[] {
  const trailer = Buffer.alloc(TRAILER_BYTES)
  MAGIC.copy(trailer)
  trailer.writeUInt16LE(FORMAT, 6)
  trailer.writeBigUInt64LE(BigInt(bytes.length), 8)
  trailer.writeBigUInt64LE(BigInt(sequence), 16)
  trailer.writeUInt32LE(crc32(trailer.subarray(0, 24), crc32(bytes)), 24)
  return [bytes, trailer]
}

export function parseSnapshot(file: Buffer): SnapshotContent {
  const length = file.length - TRAILER_BYTES
  if (length < 0) return { state: 'damaged' }
  const bytes = file.subarray(0, length)
  const trailer = file.subarray(length)
  if (!trailer.subarray(0, 6).equals(MAGIC)) return { state: 'damaged' }
  if (trailer.readUInt16LE(6) > FORMAT) return { state: 'newer' }
  const isWhole =
    trailer.readBigUInt64LE(8) === BigInt(length) &&
    trailer.readUInt32LE(24) === crc32(trailer.subarray(0, 24), crc32(bytes))
  if (!isWhole) return { state: 'damaged' }
  return { state: 'read', snapshot: { sequence: Number(trailer.readBigUInt64LE(16)), bytes } }
}
