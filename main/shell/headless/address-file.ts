import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const fileIn = (folder: string): string => path.join(folder, 'headless.url')

/**
 * Keeps the present one-time address for “hosting-desk url”. Where it cannot be kept (a full disk), that is said, and whoever
 * reads the address where it is printed still gets in.
 */
export function keepAddress(folder: string, address: string): void {
  try {
    writeFileSync(fileIn(folder), `${address}\n`, { mode: 0o600 })
  } catch (error) {
    removeAddress(folder)
    console.error(error instanceof Error ? error.message : error)
  }
}

/** One that no longer lets anybody in is not to be found. */
export function removeAddress(folder: string): void {
  rmSync(fileIn(folder), { force: true, recursive: true })
}
