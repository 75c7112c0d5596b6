import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parseChecksums, renderChecksums } from '../../provision/system/checksums.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const NAMES = [
  './plain',
  './zażółć 🐙',
  './two  spaces',
  './back\\slash\\n',
  './line\nbreak\r',
  './*x',
]

test('checksums read as sha256sum reads and writes them', () => {
  const folder = temporaryFolder()
  const sums = new Map<string, string>()
  for (const name of NAMES) {
    writeFileSync(path.join(folder, name), name)
    sums.set(name, createHash('sha256').update(name).digest('hex'))
  }
  const text = renderChecksums(sums)
  writeFileSync(path.join(folder, 'SUMS'), text)
  execFileSync('sha256sum', ['--quiet', '--strict', '-c', 'SUMS'], { cwd: folder })
  expect(parseChecksums(text)).toEqual(sums)
  const theirs = execFileSync('sha256sum', NAMES, { cwd: folder, encoding: 'utf8' })
  expect(parseChecksums(theirs)).toEqual(sums)
})

test.each(['no sums\n', `${'a'.repeat(63)}  x\n`, `${'a'.repeat(64)}\n`])(
  'what is none is no list of them: %j',
  (text) => {
    expect(parseChecksums(text)).toBeUndefined()
  },
)
