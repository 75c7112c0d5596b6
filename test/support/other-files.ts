import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

/** Lines of shell that put these texts over files of the system: for `unshare -m`, so that nobody else sees them. */
export function mountOver(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'hosting-desk-other-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const mounts = Object.entries(files).map(([target, text], index) => {
    const file = path.join(folder, `${index}`)
    writeFileSync(file, text)
    chmodSync(file, 0o755)
    return `mount --bind ${file} "$(readlink -f ${target})"`
  })
  return mounts.join('\n')
}
