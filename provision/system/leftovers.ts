import path from 'node:path'
import { namesIn, remove } from './files.ts'
import { findStart } from './process-table.ts'
import { writerOf } from './unique.ts'

/** Removes from a folder what processes that are gone began to write there. */
export async function removeHalfWritten(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    const pid = writerOf(name)
    if (pid !== undefined && (await findStart(pid)) === undefined)
      await remove(path.join(folder, name))
  }
}
