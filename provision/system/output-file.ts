import { open } from 'node:fs/promises'
import { remove } from './files.ts'

/** A new file that is written piece by piece. Who makes it closes or discards it. */
export interface OutputFile {
  write(bytes: Buffer): Promise<void>
  /** Returns its size once it is on disk. */
  close(): Promise<number>
  /** Leaves nothing of it. */
  discard(): Promise<void>
}

/** Throws where a file of this name is there. */
export async function createOutput(file: string, mode = 0o600): Promise<OutputFile> {
  const handle = await open(file, 'wx', mode)
  let sizeBytes = 0
  return {
    async write(bytes) {
      if (bytes.length === 0) return
      await handle.writeFile(bytes)
      sizeBytes += bytes.length
    },
    async close() {
      await handle.close()
      return sizeBytes
    },
    async discard() {
      await handle.close()
      await remove(file)
    },
  }
}
