import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { desktopChance, findElectron, type Machine } from '../../tools/electron-binary.ts'

const machine = (changes: Partial<Machine> = {}): Machine => ({
  platform: 'linux',
  env: { DISPLAY: ':0' },
  isRoot: false,
  electron: '/electron',
  ...changes,
})

describe('opening the desktop application', () => {
  test('is possible with a binary and a display', () => {
    const possible = { state: 'possible', electron: '/electron' }
    expect(desktopChance(machine())).toEqual(possible)
    expect(desktopChance(machine({ env: { WAYLAND_DISPLAY: 'wayland-0' } }))).toEqual(possible)
    expect(desktopChance(machine({ platform: 'darwin', env: {} }))).toEqual(possible)
  })

  test.each([
    ['there is no Electron binary', { electron: undefined }],
    ['there is no display', { env: { DISPLAY: '' } }],
    ['Electron has no sandbox for root', { isRoot: true }],
  ])('is not where %s', (reason, changes) => {
    expect(desktopChance(machine(changes))).toEqual({
      state: 'impossible',
      reason: expect.stringContaining(reason) as string,
    })
  })
})

describe('finding the Electron binary', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'desk-electron-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  test('it is where its package has unpacked it', async () => {
    await mkdir(path.join(folder, 'dist'))
    await writeFile(path.join(folder, 'path.txt'), 'electron')
    expect(findElectron(folder, {})).toBeUndefined()
    await writeFile(path.join(folder, 'dist/electron'), '')
    expect(findElectron(folder, {})).toBe(path.join(folder, 'dist/electron'))
  })

  test('it may lie in a folder that the environment names', async () => {
    await writeFile(path.join(folder, 'electron'), '')
    const env = { ELECTRON_OVERRIDE_DIST_PATH: folder }
    expect(findElectron('/nowhere', env)).toBe(path.join(folder, 'electron'))
  })
})
