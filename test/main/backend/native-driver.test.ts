import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { BackendRequest } from '../../../main/backend/backend.ts'
import { createNativeDriver } from '../../../main/backend/native/index.ts'
import { parseRequest } from '#shared/protocol/provision.ts'
import { localConnection } from '../../support/local-connection.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'hosting-desk-driver-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const driverOf = (version: string, text = `// ${version}`) =>
  createNativeDriver({ version, program: Buffer.from(text) })
const programs = () => readdirSync(path.join(home, '.hosting-desk/program')).sort()
const link = () => readlinkSync(path.join(home, '.hosting-desk/bin/provision'))
const install = (version: string, text?: string) =>
  driverOf(version, text).prepare(localConnection(home))

const request: BackendRequest = {
  contexts: [
    { name: 'server_a', options: { remote_host: 'a', http_port: null } },
    { name: 'a.test', options: { context_type: 'site' } },
  ],
  command: { name: 'delete', context: 'a.test', args: ['x y'], options: { force: true } },
  forgets: 'a.test',
}

describe('preparing a server', () => {
  test('puts the program there by version and hash, for the account alone', async () => {
    await install('1.2.3', 'the program')
    const [folder = ''] = programs()
    expect(folder).toMatch(/^1\.2\.3-[0-9a-f]{8}$/)
    const file = path.join(home, '.hosting-desk/program', folder, 'provision.mjs')
    expect(readFileSync(file, 'utf8')).toBe('the program')
    expect(statSync(file).mode & 0o077).toBe(0)
    expect(readFileSync(path.join(home, '.hosting-desk/bin/provision'), 'utf8')).toBe('the program')
  })

  test('is one command where the program is there', async () => {
    await install('1.0.0')
    const connection = localConnection(home)
    await driverOf('1.0.0').prepare(connection)
    expect(connection.lines.length).toBe(1)
  })

  test('is not misled by a login script that prints', async () => {
    await driverOf('1.0.0').prepare(localConnection(home, { greeting: 'Welcome 42' }))
    const connection = localConnection(home, { greeting: 'Welcome 42' })
    await driverOf('1.0.0').prepare(connection)
    expect(connection.lines.length).toBe(1)
  })

  test('replaces a file that was cut', async () => {
    await install('1.0.0', 'whole')
    const file = path.join(home, '.hosting-desk/program', programs()[0] ?? '', 'provision.mjs')
    truncateSync(file, 2)
    await install('1.0.0', 'whole')
    expect(readFileSync(file, 'utf8')).toBe('whole')
  })

  test('works twice at once', async () => {
    await Promise.all([install('1.0.0'), install('1.0.0'), install('1.0.0')])
    expect(programs().length).toBe(1)
  })

  test('moves the link up only', async () => {
    await install('1.9.0')
    await install('1.10.0')
    expect(link()).toContain('/1.10.0-')
    await install('1.9.1')
    expect(link()).toContain('/1.10.0-')
  })

  test('keeps the newest two, what a run names, and what the link leads to', async () => {
    await install('9.0.0')
    await install('1.0.0')
    const old = programs().find((name) => name.startsWith('1.0.0')) ?? ''
    mkdirSync(path.join(home, '.hosting-desk/runs/r1'), { recursive: true })
    writeFileSync(path.join(home, '.hosting-desk/runs/r1/argv'), `node /x/${old}/provision.mjs`)
    for (const version of ['1.1.0', '1.2.0', '1.3.0']) {
      age()
      await install(version)
    }
    expect(programs().map((name) => name.split('-')[0])).toEqual([
      '1.0.0',
      '1.2.0',
      '1.3.0',
      '9.0.0',
    ])
    rmSync(path.join(home, '.hosting-desk/runs/r1'), { recursive: true })
    age()
    await install('1.4.0')
    expect(programs().map((name) => name.split('-')[0])).toEqual(['1.3.0', '1.4.0', '9.0.0'])
  })

  test.each([null, { path: '/usr/bin/node', version: 'v16.20.2' }, { path: '/x', version: 'odd' }])(
    'says what to do where Node is %j',
    async (node) => {
      const preparing = driverOf('1.0.0').prepare(localConnection(home, { node }))
      await expect(preparing).rejects.toMatchObject({ code: 'backend.no-node' })
    },
  )

  test('finds a Node that was installed while it was connected', async () => {
    const nodeAfterwards = { path: process.execPath, version: process.version }
    const connection = localConnection(home, { node: null, nodeAfterwards })
    await driverOf('1.0.0').prepare(connection)
    expect(programs()).toHaveLength(1)
  })

  test('says why where the folder cannot be written', async () => {
    writeFileSync(path.join(home, '.hosting-desk'), 'a file in the way')
    await expect(install('1.0.0')).rejects.toMatchObject({ code: 'backend.program-install-failed' })
    chmodSync(path.join(home, '.hosting-desk'), 0o600)
  })

  /** Makes what is there older by a minute each, so that the order of installing is the order of time. */
  function age(): void {
    for (const name of programs()) {
      const folder = path.join(home, '.hosting-desk/program', name)
      const earlier = statSync(folder).mtimeMs / 1000 - 60
      utimesSync(folder, earlier, earlier)
    }
  }
})

describe('the stages of a run', () => {
  test('save, do, and forget, with every value as data', () => {
    const connection = localConnection('/home/some one')
    const stages = driverOf('1.0.0').stages(connection, request)
    expect(stages.map(({ name }) => name)).toEqual([
      'save @server_a',
      'save @a.test',
      'command',
      'forget',
    ])
    const [node, program = '', ...argv] = stages[2]?.argv ?? []
    expect(node).toBe(process.execPath)
    expect(program).toMatch(
      /^\/home\/some one\/\.hosting-desk\/program\/1\.0\.0-[0-9a-f]{8}\/provision\.mjs$/,
    )
    expect(argv).toEqual(['provision-delete', '@a.test', 'x y'])
    const said = { protocol: 1, dryRun: false }
    expect(stages.map(({ stdin }) => parseRequest(stdin ?? ''))).toEqual([
      { ...said, contextOptions: { remote_host: 'a', http_port: null }, options: {} },
      { ...said, contextOptions: { context_type: 'site' }, options: {} },
      { ...said, contextOptions: {}, options: { force: true } },
      { ...said, contextOptions: { delete: true }, options: {} },
    ])
  })

  test('put a task back where the server is too busy, and for nothing else', () => {
    const driver = driverOf('1.0.0')
    expect(driver.isOverload('PROVISION_OVERLOAD')).toBe(true)
    expect(driver.isOverload('PROVISION_FAILED')).toBe(false)
  })
})
