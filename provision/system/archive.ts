import { rename } from 'node:fs/promises'
import { flush, remove, setMode, sizeOf } from './files.ts'
import { runProgram } from './process.ts'
import { ProvisionError } from './provision-error.ts'

/** A file or folder to pack: `name` as it is called in the archive, in the folder `inFolder`. */
export interface Packed {
  inFolder: string
  name: string
}

/** What there is of an archive while it is packed. */
export const partialOf = (file: string): string => `${file}.partial`

/** Packs into `file` (tar, gzip, 0600); on failure there is no such file. Links are packed as links. */
export async function packArchive(
  file: string,
  parts: readonly Packed[],
  signal: AbortSignal,
): Promise<{ sizeBytes: number }> {
  const partial = partialOf(file)
  const what = parts.flatMap(({ inFolder, name }) => ['-C', inFolder, `./${name}`])
  try {
    const { exitCode, output } = await runProgram(['tar', '-czf', partial, ...what], { signal })
    if (exitCode !== 0) throw packingFailed(output.trim())
    await setMode(partial, 0o600)
    await flush(partial)
    await rename(partial, file)
  } catch (error) {
    await remove(partial)
    throw error
  }
  return { sizeBytes: await sizeOf(file) }
}

const packingFailed = (said: string): ProvisionError =>
  /No space left|quota exceeded/i.test(said)
    ? new ProvisionError('PROVISION_NO_SPACE', `There is no room left for the backup: ${said}`)
    : new ProvisionError('PROVISION_BACKUP_FAILED', `tar could not pack: ${said}`)

/** Reads an archive from end to end, which checks its checksums, and looks for an entry near its beginning. */
export async function checkArchive(file: string, has: string, signal: AbortSignal): Promise<void> {
  const { exitCode, output } = await runProgram(['tar', '-tzf', file], { signal })
  if (exitCode !== 0 || !output.split('\n').includes(`./${has}`))
    throw new ProvisionError(
      'PROVISION_BACKUP_FAILED',
      `The archive does not read: ${output.trim()}`,
    )
}

/** Unpacks into a folder that is there and empty. What the archive holds was checked before (see readArchive). */
export async function unpackArchive(
  file: string,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const { exitCode, output } = await runProgram(['tar', '-xzf', file, '-C', folder], { signal })
  if (exitCode === 0) return
  throw /No space left|quota exceeded/i.test(output)
    ? new ProvisionError('PROVISION_NO_SPACE', `There is no room left: ${output.trim()}`)
    : new ProvisionError('PROVISION_BAD_ARCHIVE', `tar could not unpack: ${output.trim()}`)
}
