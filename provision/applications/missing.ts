import path from 'node:path'
import { kindOf } from '../system/files.ts'
import { ProvisionError } from '../system/provision-error.ts'

/** Which of these files a tree of code does not have. */
export async function findMissing(root: string, names: readonly string[]): Promise<string[]> {
  const kinds = await Promise.all(names.map((name) => kindOf(path.join(root, name))))
  return names.filter((_, index) => kinds[index] === 'absent')
}

/** Code that is there in part only. What it lacks is named, as far as that is known. */
export function incomplete(root: string, what: string, missing: readonly string[]): ProvisionError {
  const more = missing.length > 5 ? ` and ${missing.length - 5} more files` : ''
  const lacks = missing.length === 0 ? '' : `; it lacks ${missing.slice(0, 5).join(', ')}${more}`
  return new ProvisionError(
    'PROVISION_PLATFORM_INCOMPLETE',
    `${root} has only a part of ${what}${lacks}: bring its files there again, and verify the platform.`,
  )
}
