import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { dataFolderOf } from '../../../main/lib/data-folder.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

describe('the data folder', () => {
  test('is made for this account alone', () => {
    const folder = path.join(temporaryFolder(), 'a', 'desk')
    expect(dataFolderOf({ data: folder })).toBe(folder)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  test('may be one that others can read', () => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o755)
    expect(dataFolderOf({ data: folder })).toBe(folder)
  })

  test.each([0o777, 0o1777, 0o770, 0o702])('is none that others may write to (%o)', (mode) => {
    const folder = path.join(temporaryFolder(), 'shared')
    mkdirSync(folder)
    chmodSync(folder, mode)
    expect(() => dataFolderOf({ data: folder })).toThrow('other accounts may write there')
  })

  // Only root can give a folder away.
  test.runIf(process.getuid?.() === 0)('is none of another account', () => {
    const folder = temporaryFolder()
    chownSync(folder, 65_534, 65_534)
    expect(() => dataFolderOf({ data: folder })).toThrow('belongs to another account')
  })

  test('is no file', () => {
    const file = path.join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    expect(() => dataFolderOf({ data: file })).toThrow('a file stands there')
  })
})
