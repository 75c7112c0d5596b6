import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SlotClaims } from '../../provision/services/slots/claims.ts'
import { LastLine } from '../../provision/services/slots/last-line.ts'
import { type MachineFile, parseMachineFile } from '../../provision/system/machine-file.ts'

const MACHINE: MachineFile = {
  account: 'hd',
  slots: ['hd01', 'hd02'],
  slotsFolder: '/srv/hd/slots',
  stateFolder: '/var/lib/hd-slots',
  socketFolder: '/run/hd-php',
  doorFolder: '/usr/local/lib/hd-slot',
  phpVersion: '8.2',
  mariadbSocket: '/run/mysqld/mysqld.sock',
  httpPort: 80,
  httpsPort: 443,
  hasUserNamespaces: true,
  scriptVersion: 1,
}

describe('the file of the bootstrap script', () => {
  const parse = (value: unknown): MachineFile =>
    parseMachineFile(typeof value === 'string' ? value : JSON.stringify(value), '/etc/hd/machine')

  test('says what the machine has', () => {
    expect(parse({ format: 1, ...MACHINE, more: 'of a later release' })).toEqual(MACHINE)
  })

  test.each([
    '',
    '[]',
    '{"format":1}',
    { format: 1, ...MACHINE, slots: ['hd01', '../hd'] },
    { format: 1, ...MACHINE, slotsFolder: 'srv' },
    { format: 1, ...MACHINE, httpPort: '80' },
  ])('that is damaged is told: %j', (value) => {
    expect(() => parse(value)).toThrow(
      expect.objectContaining({ code: 'PROVISION_BOOTSTRAP_DAMAGED' }),
    )
  })

  test('of a newer release is not read', () => {
    expect(() => parse({ format: 2 })).toThrow(
      expect.objectContaining({ code: 'PROVISION_BOOTSTRAP_NEWER' }),
    )
  })
})

describe('slots', () => {
  let folder: string
  let claims: SlotClaims
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'desk-slots-'))
    claims = new SlotClaims(MACHINE, folder)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('go to one site each, until none is left', async () => {
    const taken = await Promise.all([claims.take('a.test', 'hd01'), claims.take('b.test', 'hd02')])
    expect(taken).toEqual([true, true])
    expect(await claims.take('c.test', 'hd02')).toBe(false)
    expect(await claims.count()).toEqual({ total: 2, free: 0 })
    expect(await claims.free()).toEqual([])
  })

  test('are found by their site', async () => {
    await claims.take('b.test', 'hd02')
    expect(await claims.find('b.test')).toMatchObject({
      name: 'hd02',
      folder: '/srv/hd/slots/hd02',
      socket: '/run/hd-php/hd02.sock',
    })
    expect(await claims.find('a.test')).toBeUndefined()
  })

  test('are given back by who has them only', async () => {
    await claims.take('a.test', 'hd01')
    await claims.release('hd01', 'b.test')
    expect(await claims.free()).toEqual(['hd02'])
    await claims.release('hd01', 'a.test')
    expect(await claims.free()).toEqual(['hd01', 'hd02'])
  })

  test('can go over to another name of their site', async () => {
    await claims.take('a.test', 'hd01')
    await claims.hand('hd01', 'a.test', 'b.test')
    expect(readFileSync(path.join(folder, 'hd01'), 'utf8')).toBe('{"site":"b.test"}\n')
  })

  test('whose file does not read are taken', async () => {
    writeFileSync(path.join(folder, 'hd01'), 'cut')
    expect(await claims.free()).toEqual(['hd02'])
  })
})

describe('the last line of an output', () => {
  async function split(pieces: readonly string[]): Promise<{ output: string; last: string }> {
    let output = ''
    const line = new LastLine((bytes) => void (output += bytes.toString()))
    for (const piece of pieces) await line.take(Buffer.from(piece))
    return { output, last: line.text }
  }

  test.each([
    [['{"exitCode":0}\n'], '', '{"exitCode":0}'],
    [['out\n{"exitCode":0}\n'], 'out', '{"exitCode":0}'],
    [['a\nb\n\n{"x":1}\n'], 'a\nb\n', '{"x":1}'],
    [['a\nb', '\n', '\n{"x"', ':1}', '\n'], 'a\nb\n', '{"x":1}'],
  ])('of %j is split off', async (pieces, output, last) => {
    expect(await split(pieces)).toEqual({ output, last })
    expect(await split([...pieces.join('')])).toEqual({ output, last })
  })

  test('does not hold a long line back for ever', async () => {
    const long = 'x'.repeat(300_000)
    const { output, last } = await split([long, long, '\n{"x":1}\n'])
    expect(output).toBe(long + long)
    expect(last).toBe('{"x":1}')
  })
})
