import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { build } from '../../tools/build.ts'
import { aDataFolder, removeFolder } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { openServerAtWork, type ServerAtWork } from '../support/server-at-work.ts'
import { codeOfCall } from '../support/calls.ts'

const ALIAS = 'alias.server-work.example'
const OTHER = 'other.server-work.example'

let server: ServerAtWork
let folder: string
/** Everything, as the desk that made it knows it. */
let before: Awaited<ReturnType<typeof everything>>

/** What an import is to bring back; ids and instants of this desk are its own. */
async function everything(calls: DeskClient) {
  const all = { limit: 1000 }
  const [servers, platforms, sites, clients, backups, backends] = await Promise.all([
    calls.server.list(all),
    calls.platform.list(all),
    calls.site.list(all),
    calls.client.list(all),
    calls.backup.list(all),
    calls.backend.list(),
  ])
  const titleOf = (rows: { id: string; title: string }[], id: string | null): string | undefined =>
    rows.find((row) => row.id === id)?.title
  const pick = <Row extends object, Key extends keyof Row>(row: Row, ...keys: Key[]) =>
    Object.fromEntries(keys.map((key) => [key, row[key]]))
  return {
    backends: backends.map((one) => pick(one, 'host', 'port', 'user', 'dialect', 'recurringOwner')),
    servers: servers.items.map((one) =>
      pick(one, 'name', 'title', 'status', 'remoteHost', 'services', 'savedOptions'),
    ),
    platforms: platforms.items.map((one) => ({
      ...pick(one, 'name', 'title', 'status', 'root', 'application', 'version', 'abilities'),
      server: titleOf(servers.items, one.serverId),
    })),
    sites: sites.items.map((one) => ({
      ...pick(one, 'name', 'title', 'status', 'aliases', 'redirection', 'url', 'savedOptions'),
      backupEverySeconds: one.backupEverySeconds,
      platform: titleOf(platforms.items, one.platformId),
      client: titleOf(clients.items, one.clientId),
    })),
    clients: clients.items.map((one) => pick(one, 'title')),
    backups: backups.items
      .map((one) => pick(one, 'file', 'sizeBytes', 'description', 'siteName', 'serverTitle'))
      .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
  }
}

const taskOf = async (objectId: string, type: string, values: JsonRecord = {}): Promise<void> => {
  await server.calls().task.add({ objectKind: 'site', objectId, type, values })
  await server.untilQuiet()
}

beforeAll(async () => {
  server = await openServerAtWork()
  folder = aDataFolder()
  const calls = server.calls()
  const client = await calls.client.add({ title: 'Zoë & Sons', email: null })
  await calls.site.edit({
    id: server.siteId,
    clientId: client.id,
    aliases: [ALIAS],
    redirection: ALIAS,
  })
  await server.untilQuiet()
  const { site: other } = await calls.site.add({
    name: OTHER,
    platformId: server.platformId,
    aliases: [],
  })
  await server.untilQuiet()
  await taskOf(server.siteId, 'backup', { description: 'Before the “great” update' })
  await taskOf(server.siteId, 'backup')
  await taskOf(other.id, 'backup')
  const { before: crontab } = await calls.crontab.show({
    backendId: server.backendId,
    wish: 'install',
  })
  await calls.crontab.install({ backendId: server.backendId, expected: crontab })
  await server.untilQuiet()
  before = await everything(calls)
  await server.closeDesk()
}, 120_000)

afterAll(async () => {
  await server.close()
  removeFolder(folder)
})

describe('an empty desk that is pointed at a server', () => {
  test('leaves nothing behind where it may not trust the server', async () => {
    await server.openDesk(folder)
    expect(await codeOfCall(server.calls().inventory.import({ address: server.address }))).toBe(
      'ssh.host-key-unknown',
    )
    expect(await server.calls().backend.list()).toEqual([])
  })

  test('has the same objects and backups as the desk before', async () => {
    await server.calls().backend.trustHostKey(server.hostKey)
    const result = await server.calls().inventory.import({ address: server.address })
    expect(result).toMatchObject({ known: 0, backups: 3, foreignBackups: 0, problems: [] })
    expect(result.added.map(({ kind }) => kind)).toEqual(['server', 'platform', 'site', 'site'])
    await server.untilQuiet()
    expect(await everything(server.calls())).toEqual(before)
  })

  test('has each of them once, however often it imports', async () => {
    const [backend] = await server.calls().backend.list()
    const result = await server.calls().inventory.import({ backendId: backend?.id ?? '' })
    expect(result).toMatchObject({ added: [], known: 4, backups: 0, problems: [] })
    await server.untilQuiet()
    expect(await everything(server.calls())).toEqual(before)
    const again = await server.calls().inventory.import({ address: server.address })
    expect(again).toMatchObject({ added: [], known: 4 })
  })

  test('hears of the desk that was there before', async () => {
    const [backend] = await server.calls().backend.list()
    const [other, ...more] = await server
      .calls()
      .inventory.otherDesks({ backendId: backend?.id ?? '' })
    expect(more).toEqual([])
    expect(other).toMatchObject({ hostName: os.hostname() })
    await server.closeDesk()
    await server.openDesk()
    await eventually(async () => {
      const others = await server.calls().inventory.otherDesks({ backendId: server.backendId })
      expect(others).toHaveLength(1)
    })
    await server.closeDesk()
  })

  test('reads back what the server did meanwhile', async () => {
    const third = aDataFolder()
    const id = '00000000-0000-7000-8000-00000000ccc1'
    const mark = { format: 1, id, context: OTHER, type: 'backup', queue: 'backup' }
    const text = JSON.stringify({ ...mark, args: [], options: {}, startedAt: Date.now() - 60_000 })
    server.asAccount(
      `mkdir -p .hosting-desk/runs/${id} && cd .hosting-desk/runs/${id} && echo - 1 >claim && echo 1 >status.0`,
    )
    writeFileSync(server.inDesk('runs', id, 'task.json'), `${text}\n`)
    try {
      await server.openDesk(third)
      await server.calls().backend.trustHostKey(server.hostKey)
      await server.calls().inventory.import({ address: server.address })
      const { items } = await server.calls().task.list({ limit: 100 })
      expect(items.filter(({ origin }) => origin === 'server')).toMatchObject([
        { type: 'backup', objectName: OTHER, status: 'error', attemptId: id },
      ])
      expect(server.marks()).toEqual([])
      await server.untilQuiet()
    } finally {
      await server.closeDesk()
      removeFolder(third)
    }
  })

  test('is told what it cannot read, and takes the rest', async () => {
    const fourth = aDataFolder()
    const put = (name: string, text: string): string =>
      server.asAccount(`umask 077; printf '%s' '${text}' >'.hosting-desk/contexts/${name}.json'`)
    put('broken.example', '{ no json')
    put('newer.example', '{"format": 99, "name": "newer.example", "type": "site", "options": {}}')
    put(
      'orphan.example',
      '{"format":1,"name":"orphan.example","type":"site","options":{"platform":"@gone","uri":"orphan.example"}}',
    )
    try {
      await server.openDesk(fourth)
      await server.calls().backend.trustHostKey(server.hostKey)
      const { added, problems } = await server.calls().inventory.import({ address: server.address })
      expect(added).toHaveLength(4)
      expect(problems.map(({ name }) => name).sort()).toEqual([
        'broken.example',
        'newer.example',
        'orphan.example',
      ])
      expect(problems.find(({ name }) => name === 'orphan.example')?.message).toContain('@gone')
    } finally {
      await server.closeDesk()
      server.asAccount(
        'cd .hosting-desk/contexts && rm broken.example.json newer.example.json orphan.example.json',
      )
      removeFolder(fourth)
    }
  })
})

test('the command line imports an account whose host key OpenSSH knows', async () => {
  await build({ targets: ['provision', 'templates', 'main'] })
  const home = mkdtempSync(path.join(os.tmpdir(), 'hosting-desk-home-'))
  const data = aDataFolder()
  const { host, port, type, key } = server.hostKey
  mkdirSync(path.join(home, '.ssh'), { mode: 0o700 })
  writeFileSync(path.join(home, '.ssh/known_hosts'), `[${host}]:${port} ${type} ${key}\n`)
  const cli = path.join(import.meta.dirname, '../../dist/main/cli.js')
  const { user, keyFile } = server.account
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, [cli, ...args, '--data', data, '--json'], {
      encoding: 'utf8',
      env: { ...process.env, HOME: home },
    })
  try {
    const account = `${user}@${host}:${port}`
    const imported = JSON.parse(run('import', account, '--key', keyFile)) as { added: unknown[] }
    expect(imported.added).toHaveLength(4)
    const sites = JSON.parse(run('site', 'list')) as { name: string }[]
    expect(sites.map(({ name }) => name)).toEqual([OTHER, server.site])
    expect(() => run('import', 'nobody')).toThrow(/neither a backend nor an account/)
  } finally {
    removeFolder(data)
    rmSync(home, { recursive: true })
  }
}, 120_000)
