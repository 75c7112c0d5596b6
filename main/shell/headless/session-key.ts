import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * What the cookie of admitted browsers holds. It is kept in the data folder, for this account alone, so that an open page
 * finds its way back when the application was started anew. Removing the file shuts every browser out at the next start.
 */
export function sessionKeyOf(folder: string): string {
  const file = path.join(folder, 'headless.session')
  const kept = readIfThere(file)
  if (kept !== undefined && /^[\w-]{43}$/.test(kept)) return kept
  const made = randomBytes(32).toString('base64url')
  writeFileSync(file, made, { mode: 0o600 })
  return made
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
