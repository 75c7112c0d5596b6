import path from 'node:path'
import { isRecord } from '#shared/protocol/wire.ts'
import type { Folders } from '../system/account.ts'
import { findText } from '../system/files.ts'

/**
 * Where it is noted which extensions the frontend has in force, as its last verify of a server named them: what this
 * account does by itself, without a frontend, is done with the same ones.
 */
export const inForceFile = ({ extensions }: Pick<Folders, 'extensions'>): string =>
  path.join(path.dirname(extensions), 'extensions-in-force.json')

export const renderInForce = (places: readonly string[]): string =>
  `${JSON.stringify({ format: 1, folders: places.map((one) => path.basename(one)) })}\n`

/** Their folders; none where nothing was noted, or it does not read. Who loads them looks whose they are. */
export async function findInForce(folders: Pick<Folders, 'extensions'>): Promise<string[]> {
  try {
    const noted: unknown = JSON.parse((await findText(inForceFile(folders))) ?? '')
    const names = isRecord(noted) && Array.isArray(noted['folders']) ? noted['folders'] : []
    return names
      .filter((name) => typeof name === 'string')
      .filter((name) => path.basename(name) === name)
      .map((name) => path.join(folders.extensions, name))
  } catch {
    return []
  }
}
