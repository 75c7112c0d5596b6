import path from 'node:path'
import { findText, namesIn, remove, rename, sizeOf, writeAtomically } from '../../system/files.ts'
import { withLock } from '../../system/lock.ts'
import { packLog } from '../../system/log-file.ts'
import { sendSignal } from '../../system/process.ts'
import type { NginxFolders } from './config.ts'
import { findMaster } from './master.ts'

/** How many days of each log are kept, beside the one that is written. */
const KEPT = 14

/** A log that has grown so large is rotated before its day is over. */
const LARGE_BYTES = 128 * 1024 * 1024

export interface RotationParts {
  folders: NginxFolders
  locks: string
  now: number
  signal: AbortSignal
}

/**
 * Rotates logs once a day, and those that grew large: `x.log` becomes `x.log.1`, what was that is packed to `x.log.2.gz`,
 * and so on; what is older than is kept goes. nginx then opens its logs anew. The newest rotated one is not packed, since
 * nginx may still write its last lines there. Returns how many were rotated. Safe to be cut off anywhere.
 */
export async function rotateLogs({ folders, locks, now, signal }: RotationParts): Promise<number> {
  return withLock(locks, 'nginx', { signal }, async () => {
    const mark = path.join(folders.run, 'rotated')
    const today = new Date(now).toISOString().slice(0, 10)
    const isNewDay = (await findText(mark))?.trim() !== today
    let rotated = 0
    for (const name of await namesIn(folders.logs)) {
      if (!name.endsWith('.log')) continue
      const file = path.join(folders.logs, name)
      const size = await sizeOf(file)
      if (size === 0 || (!isNewDay && size < LARGE_BYTES)) continue
      await rotate(file)
      rotated += 1
    }
    if (rotated > 0) await reopenLogs(folders)
    if (isNewDay) await writeAtomically(mark, `${today}\n`)
    return rotated
  })
}

/** From the oldest to the newest, so that a cut leaves a gap and loses nothing. */
async function rotate(file: string): Promise<void> {
  await remove(`${file}.${KEPT}.gz`)
  for (let number = KEPT - 1; number >= 2; number--) {
    const old = `${file}.${number}.gz`
    if ((await sizeOf(old)) > 0) await rename(old, `${file}.${number + 1}.gz`)
  }
  if ((await sizeOf(`${file}.1`)) > 0) {
    await rename(`${file}.1`, `${file}.2`)
    await packLog(`${file}.2`)
  }
  await rename(file, `${file}.1`)
}

async function reopenLogs(folders: NginxFolders): Promise<void> {
  const master = await findMaster(folders)
  if (master !== undefined) sendSignal(master, 'SIGUSR1')
}
