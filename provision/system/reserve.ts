import { open, truncate } from 'node:fs/promises'
import path from 'node:path'
import { ensureFolder, kindOf, sizeOf } from './files.ts'
import { findSpace } from './machine.ts'

/**
 * A file that only takes room. On a disk that is full not even a journal could be begun, and so nothing could be deleted:
 * who is about to make room gives this up first, and it is filled again at the end. The shell that starts runs does the
 * same where it cannot write a run's folder (main/ssh/follow-script.ts).
 */
export const RESERVE_BYTES = 2 * 1024 * 1024
/** What stays free when it is filled: how a run ended still has to be written. */
const MARGIN_BYTES = 256 * 1024

export async function giveUpReserve(file: string): Promise<void> {
  if (await isReserveNeeded(file)) await truncate(file)
}

/** Whether there is one, and so little beside it that who makes room will need it. */
export async function isReserveNeeded(file: string): Promise<boolean> {
  if ((await sizeOf(file)) === 0) return false
  const space = await findSpace(path.dirname(file))
  return space === undefined || space.freeBytes < RESERVE_BYTES
}

/** Makes it; `fillReserve` does nothing before. */
export async function makeReserve(file: string): Promise<void> {
  await ensureFolder(path.dirname(file))
  await (await open(file, 'a', 0o600)).close()
  await fillReserve(file)
}

/** Fills it as far as there is room. */
export async function fillReserve(file: string): Promise<void> {
  const missing = RESERVE_BYTES - (await sizeOf(file))
  if (missing === 0 || (await kindOf(file)) !== 'file') return
  const space = await findSpace(path.dirname(file))
  const bytes = Math.min(missing, (space?.freeBytes ?? 0) - MARGIN_BYTES)
  if (bytes <= 0) return
  const handle = await open(file, 'a')
  try {
    await handle.write(await filling(bytes))
  } catch {
    // Somebody else was quicker: then it is smaller.
  } finally {
    await handle.close()
  }
}

/** Always the same, and of the kind that no file system makes smaller. */
async function filling(bytes: number): Promise<Buffer> {
  const { createCipheriv } = await import('node:crypto')
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(
    Buffer.alloc(bytes),
  )
}
