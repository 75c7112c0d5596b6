import { constants } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'

/** A file that is written in place. */
export interface DiskFile {
  /** Resolves once the bytes are on disk, not only with the system. */
  write(bytes: Uint8Array, at: number): Promise<void>
  /** Cuts the file, on disk when it resolves. */
  truncate(length: number): Promise<void>
  close(): Promise<void>
}

/** All that the store asks of the disk; handed in, so that tests can make it fail at any step. */
export interface Disk {
  list(folder: string): Promise<string[]>
  read(file: string): Promise<Buffer>
  /** A new file, 0600, on disk when it resolves. Throws where there is one of this name. */
  create(file: string, parts: readonly Uint8Array[]): Promise<void>
  /** Opens an existing file for writing. */
  open(file: string): Promise<DiskFile>
  rename(from: string, to: string): Promise<void>
  remove(file: string): Promise<void>
  ensureFolder(folder: string): Promise<void>
  /** Makes names that were added to or taken from a folder lasting. */
  syncFolder(folder: string): Promise<void>
}

export const realDisk: Disk = {
  list: (folder) => fs.readdir(folder),
  read: readWhole,
  create: createWhole,
  open: openInPlace,
  rename: (from, to) => fs.rename(from, to),
  remove: (file) => fs.rm(file),
  async ensureFolder(folder) {
    await fs.mkdir(folder, { recursive: true, mode: 0o700 })
  },
  syncFolder,
}

/** One read into one buffer; `fs.readFile` reads a large file in small pieces. */
async function readWhole(file: string): Promise<Buffer> {
  const handle = await fs.open(file, 'r')
  try {
    const bytes = Buffer.allocUnsafeSlow((await handle.stat()).size)
    let filled = 0
    while (filled < bytes.length) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return bytes.subarray(0, filled)
  } finally {
    await handle.close()
  }
}

async function createWhole(file: string, parts: readonly Uint8Array[]): Promise<void> {
  const handle = await fs.open(file, 'wx', 0o600)
  try {
    let at = 0
    for (const part of parts) {
      await writeWhole(handle, part, at)
      at += part.length
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeWhole(handle: fs.FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(
      bytes,
      written,
      bytes.length - written,
      at + written,
    )
    if (bytesWritten === 0) throw new Error('The disk took no bytes.')
    written += bytesWritten
  }
}

/**
 * Where the system offers it, the file is opened so that each write is durable by itself, which saves a second trip to
 * the disk. macOS keeps that promise only for a flush.
 */
async function openInPlace(file: string): Promise<DiskFile> {
  const isDurable = process.platform !== 'darwin' && typeof constants.O_DSYNC === 'number'
  const handle = await fs.open(file, constants.O_RDWR | (isDurable ? constants.O_DSYNC : 0))
  return {
    async write(bytes, at) {
      await writeWhole(handle, bytes, at)
      if (!isDurable) await handle.datasync()
    },
    async truncate(length) {
      await handle.truncate(length)
      await handle.sync()
    },
    close: () => handle.close(),
  }
}

/** Windows has no flush for folders; NTFS journals their names itself. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await fs.open(path.resolve(folder), 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
