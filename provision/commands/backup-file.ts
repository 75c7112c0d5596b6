import path from 'node:path'
import { findRealFolder, kindOf } from '../system/files.ts'
import { ProvisionError } from '../system/provision-error.ts'
import type { Session } from './session.ts'

/**
 * A backup as it is named in an argument: a plain file directly in the folder of backups. Throws
 * PROVISION_FOREIGN_FILE for anything else; `isThere` says whether the file is.
 */
export async function findBackupFile(
  { folders }: Session,
  named: string,
): Promise<{ file: string; isThere: boolean }> {
  const name = path.basename(named)
  const isIn = path.isAbsolute(named) && (await isSameFolder(path.dirname(named), folders.backups))
  const file = path.join(folders.backups, name)
  const kind = await (isIn ? kindOf(file) : 'other')
  const isGood = /^[A-Za-z0-9][\w.-]*\.tar\.gz$/.test(name) && named.endsWith(`/${name}`)
  if (isGood && (kind === 'file' || kind === 'absent')) return { file, isThere: kind === 'file' }
  throw new ProvisionError(
    'PROVISION_FOREIGN_FILE',
    `${JSON.stringify(named.slice(0, 200))} is no backup: those are plain files in ${folders.backups} whose names end in .tar.gz.`,
  )
}

/** The home folder may since be reached by another path. */
async function isSameFolder(one: string, other: string): Promise<boolean> {
  if (one.split('/').includes('..')) return false
  const real = await findRealFolder(one)
  return real !== undefined && real === (await findRealFolder(other))
}
