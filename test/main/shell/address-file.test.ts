import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { keepAddress, removeAddress } from '../../../main/shell/headless/address-file.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const fileIn = (folder: string): string => path.join(folder, 'headless.url')

describe('the file of the one-time address', () => {
  test('is for this account alone, and goes', () => {
    const folder = temporaryFolder()
    keepAddress(folder, 'http://127.0.0.1:1/?token=one')
    expect(readFileSync(fileIn(folder), 'utf8')).toBe('http://127.0.0.1:1/?token=one\n')
    expect(statSync(fileIn(folder)).mode & 0o777).toBe(0o600)
    removeAddress(folder)
    expect(existsSync(fileIn(folder))).toBe(false)
  })

  test('that cannot be written ends nothing, and leaves no address that is no longer good', () => {
    const folder = temporaryFolder()
    mkdirSync(fileIn(folder))
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    keepAddress(folder, 'http://127.0.0.1:1/?token=one')
    expect(said).toHaveBeenCalledOnce()
    said.mockRestore()
    expect(existsSync(fileIn(folder))).toBe(false)
  })
})
