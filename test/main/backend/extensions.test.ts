import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { BackendRequest } from '../../../main/backend/backend.ts'
import { packHalf, type ServerHalf } from '../../../main/backend/native/extensions.ts'
import { createNativeDriver } from '../../../main/backend/native/index.ts'
import { localConnection } from '../../support/local-connection.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'hosting-desk-halves-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const aHalf = (text: string, name = 'notice-board'): ServerHalf => ({
  name,
  files: [{ name: 'main.mjs', bytes: Buffer.from(text) }],
})
const driverOf = (halves: () => readonly ServerHalf[]) =>
  createNativeDriver({ version: '1.0.0', program: Buffer.from('//'), serverHalves: halves })
const there = (): string[] => readdirSync(path.join(home, '.hosting-desk/extensions')).sort()
const fileOf = (half: ServerHalf): string =>
  path.join(home, '.hosting-desk/extensions', packHalf(half).folder, 'main.mjs')

const request: BackendRequest = {
  contexts: [{ name: 'a.test', options: {} }],
  command: { name: 'verify', context: 'a.test', args: [], options: {} },
  forgets: null,
}

describe('the server halves of extensions', () => {
  test('are put there by their content, for the account alone, and named by every stage', async () => {
    const half = aHalf('one')
    const driver = driverOf(() => [half])
    const connection = localConnection(home)
    await driver.prepare(connection)
    expect(readFileSync(fileOf(half), 'utf8')).toBe('one')
    expect(statSync(fileOf(half)).mode & 0o077).toBe(0)
    expect(statSync(path.dirname(fileOf(half))).mode & 0o077).toBe(0)
    for (const { argv } of driver.stages(connection, request))
      expect(argv.slice(2, 4)).toEqual(['--extension', path.dirname(fileOf(half))])
  })

  test('cost nothing where there are none, and nothing again on the same connection', async () => {
    const halves: ServerHalf[] = []
    const driver = driverOf(() => halves)
    const connection = localConnection(home)
    await driver.prepare(connection)
    const before = connection.lines.length
    await driver.prepare(connection)
    expect(connection.lines.length).toBe(before)
    halves.push(aHalf('one'))
    await Promise.all([driver.prepare(connection), driver.prepare(connection)])
    expect(connection.lines.length).toBe(before + 2)
    await driver.prepare(connection)
    expect(connection.lines.length).toBe(before + 2)
  })

  test('one that was switched on after the look is not named before it is there', async () => {
    const halves: ServerHalf[] = []
    const driver = driverOf(() => halves)
    const connection = localConnection(home)
    await driver.prepare(connection)
    halves.push(aHalf('one'))
    expect(driver.stages(connection, request)[0]?.argv).not.toContain('--extension')
    await driver.prepare(connection)
    expect(driver.stages(connection, request)[0]?.argv).toContain('--extension')
    halves.pop()
    expect(driver.stages(connection, request)[0]?.argv).not.toContain('--extension')
  })

  test('works for many connections at once', async () => {
    const half = aHalf('one')
    const prepare = () => driverOf(() => [half]).prepare(localConnection(home))
    await Promise.all([prepare(), prepare(), prepare()])
    expect(there()).toEqual([packHalf(half).folder])
  })

  test('the newest two of an extension stay, those that runs name, and all of others', async () => {
    const other = aHalf('other', 'notice-board-two')
    const put = (half: ServerHalf) => driverOf(() => [half]).prepare(localConnection(home))
    await put(other)
    const all = ['1', '2', '3', '4', '5'].map((text) => aHalf(text))
    for (const [index, half] of all.entries()) {
      await put(half)
      // As old as their order says, whatever the disk's clock.
      utimesSync(path.dirname(fileOf(half)), 1_000_000 + index, 1_000_000 + index)
      if (index > 0) continue
      mkdirSync(path.join(home, '.hosting-desk/runs/r'), { recursive: true })
      writeFileSync(path.join(home, '.hosting-desk/runs/r/run'), path.dirname(fileOf(half)))
    }
    const kept = [other, all[0], all[3], all[4]].flatMap((half) =>
      half ? packHalf(half).folder : [],
    )
    expect(there()).toEqual(kept.sort())
  })

  test('what cannot be written is an error with the extension’s name, and is tried again', async () => {
    const half = aHalf('one')
    const driver = driverOf(() => [half])
    const connection = localConnection(home)
    mkdirSync(path.join(home, '.hosting-desk'))
    writeFileSync(path.join(home, '.hosting-desk/extensions'), 'a file in the way')
    await expect(driver.prepare(connection)).rejects.toMatchObject({
      code: 'backend.program-install-failed',
      message: expect.stringContaining('notice-board') as string,
    })
    rmSync(path.join(home, '.hosting-desk/extensions'))
    await driver.prepare(connection)
    expect(there()).toEqual([packHalf(half).folder])
  })
})
