import { open } from 'node:fs/promises'
import { remove } from './files.ts'

/** A new file that is written piece by piece. Who makes it closes or discards it. */
export interface OutputFile {
  write(bytes: Buffer): Promise<void>
  /** Returns its size. */
  close(): Promise<number>
  /** Leaves nothing of it. */
  discard(): Promise<void>
}

/** Written at once: each write is a trip to another thread. */
const PIECE_BYTES = 1024 * 1024

/** Throws where a file of this name is there. */
export async function createOutput(file: string, mode = 0o600): Promise<OutputFile> {
  const handle = await open(file, 'wx', mode)
  let sizeBytes = 0
  let held: Buffer[] = []
  let heldBytes = 0
  const flush = async (): Promise<void> => {
    await handle.writeFile(Buffer.concat(held))
    sizeBytes += heldBytes
    held = []
    heldBytes = 0
  }
  return {
    async write(bytes) {
      held.push(bytes)
      heldBytes += bytes.length
      if (heldBytes >= PIECE_BYTES) await flush()
    },
    async close() {
      await flush()
      await handle.close()
      return sizeBytes
    },
    async discard() {
      await handle.close()
      await remove(file)
    },
  }
}
