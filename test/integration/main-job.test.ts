import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { App } from '../../main/app.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { build } from '../../tools/build.ts'
import {
  aDataFolder,
  addressOf,
  logOf,
  openDeskAt,
  removeFolder,
  resetAccount,
  untilEndedAs,
} from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { fetchByHost, findNginxMaster, stopNginx, workersOf } from '../support/nginx.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from '../support/sshd.ts'

const account = ensureSandboxAccount()
const PROGRAM = path.join(import.meta.dirname, '../../dist/provision/provision.mjs')
const TEMPLATE = path.join(import.meta.dirname, '../../provision/templates/static-site')
const SITE = 'www.main-job.example'

let sshd: Sshd
let folder: string
let app: App
let calls: DeskClient
let port: number
let serverId: string
let platformId: string
let siteId: string

const asAccount = (script: string, ...args: string[]): string =>
  execFileSync(
    'setpriv',
    [
      '--reuid',
      String(account.uid),
      '--regid',
      String(account.uid),
      '--init-groups',
      'sh',
      '-c',
      script,
      'sh',
      ...args,
    ],
    {
      encoding: 'utf8',
    },
  )

beforeAll(async () => {
  await build({ targets: ['provision'] })
  await stopNginx(account.home)
  resetAccount(account)
  execFileSync('sh', ['-c', 'cd "$1" && rm -rf nginx sites backups platforms', 'sh', account.home])
  cpSync(TEMPLATE, path.join(account.home, 'platforms/plain'), { recursive: true })
  execFileSync('chown', [
    '-R',
    `${account.uid}:${account.uid}`,
    path.join(account.home, 'platforms'),
  ])
  sshd = await startSshd()
  port = await freePort()
  folder = aDataFolder()
  ;({ app, calls } = await openDeskAt(folder, { programFile: PROGRAM }))
}, 60_000)

afterAll(async () => {
  await app.close()
  await stopNginx(account.home)
  await sshd.stop()
  removeFolder(folder)
})

const ended = (taskId: string, status = 'success') => untilEndedAs(calls, taskId, status)

/** The job that the application is for, step by step on one server with real nginx. */
describe('the main job', () => {
  test('a server is added and verified: the program is put there and nginx runs as the account', async () => {
    await calls.backend.trustHostKey(sshd.hostKey)
    const { server, task } = await calls.server.add({
      title: 'web1',
      backend: { address: addressOf(sshd, account) },
      services: { http: { type: 'nginx', port, restartCommand: null } },
    })
    await ended(task.id)
    serverId = server.id
    const master = findNginxMaster(account.home)
    expect(master).toBeDefined()
    expect(
      execFileSync('ps', ['-o', 'uid=', '-p', String(master)], { encoding: 'utf8' }).trim(),
    ).toBe(String(account.uid))
    expect(await calls.server.get({ id: serverId })).toMatchObject({
      status: 'enabled',
      savedOptions: { http_service_type: 'nginx', http_port: port },
    })
    expect(await fetchByHost(port, SITE)).toBeUndefined()
  })

  test('a platform is verified and says what it is', async () => {
    const { platform, task } = await calls.platform.add({
      title: 'Plain',
      serverId,
      root: `${account.home}/platforms/plain`,
    })
    await ended(task.id)
    platformId = platform.id
    expect(await calls.platform.get({ id: platformId })).toMatchObject({
      status: 'enabled',
      application: 'static',
    })
  })

  test('a platform whose folder is not there fails and says which', async () => {
    const { platform, task } = await calls.platform.add({
      title: 'Gone',
      serverId,
      root: '/nowhere/at all',
    })
    const failed = await ended(task.id, 'error')
    expect(failed).toMatchObject({ errorCode: 'PROVISION_NO_SUCH_FOLDER' })
    expect(failed.errorMessage).toContain('/nowhere/at all')
    const gone = await calls.task.add({
      objectKind: 'platform',
      objectId: platform.id,
      type: 'delete',
      confirmation: 'Gone',
    })
    await ended(gone.id)
  })

  test('a site is installed and answers to its name, and to no other', async () => {
    const { site, task } = await calls.site.add({
      name: SITE,
      platformId,
      aliases: ['alias.main-job.example'],
    })
    siteId = site.id
    const done = await ended(task.id)
    const steps = (await logOf(calls, done)).filter(({ kind }) => kind === 'progress')
    expect(steps.length).toBeGreaterThan(2)
    expect((await fetchByHost(port, SITE))?.body).toContain('<html')
    expect((await fetchByHost(port, 'alias.main-job.example'))?.status).toBe(200)
    expect(await fetchByHost(port, 'other.main-job.example')).toBeUndefined()
    expect(await calls.site.get({ id: siteId })).toMatchObject({
      status: 'enabled',
      url: `http://${SITE}:${port}`,
    })
  })

  test('its logs are shown as its server keeps them', async () => {
    await fetchByHost(port, SITE, '/?visit=1')
    await eventually(async () => {
      const { lines } = await calls.site.log({ siteId, log: 'access', lines: 5 })
      expect(lines.at(-1)).toContain('/?visit=1')
    })
    const page = await calls.site.log({ siteId, log: 'error' })
    expect(page).toMatchObject({ lines: [], from: 0, sizeBytes: 0 })
  })

  test('its backup is an archive that can be read', async () => {
    const task = await calls.task.add({
      objectKind: 'site',
      objectId: siteId,
      type: 'backup',
      values: { description: 'before "lunch" $(touch /tmp/hosting-desk-lunch)' },
    })
    await ended(task.id)
    expect(existsSync('/tmp/hosting-desk-lunch')).toBe(false)
    const { items } = await calls.backup.list({ siteId })
    expect(items).toMatchObject([
      { siteName: SITE, description: expect.stringContaining('lunch') as string },
    ])
    const listing = asAccount('tar -tzf "$1"', items[0]?.file ?? '')
    expect(listing).toContain('index.html')
  })

  test('nobody installs a second site of that name, in whatever spelling', async () => {
    await expect(
      calls.site.add({ name: `${SITE.toUpperCase()}.`, platformId }),
    ).rejects.toMatchObject({
      code: 'DESK',
      data: { code: 'input.invalid', problems: { name: expect.any(String) as string } },
    })
    await expect(
      calls.site.add({ name: 'alias.main-job.example', platformId }),
    ).rejects.toMatchObject({
      data: { problems: { name: expect.stringContaining(SITE) as string } },
    })
  })

  test.each([
    '',
    ' ',
    "o'neil",
    'a b',
    'a\nb',
    '$(touch /tmp/x)',
    '../up',
    'a'.repeat(300),
    '/etc',
  ])('a site called %j is refused at its field, and nothing is stored', async (name) => {
    const before = (await calls.task.list({})).total
    await expect(calls.site.add({ name, platformId })).rejects.toMatchObject({
      data: { code: 'input.invalid', problems: { name: expect.any(String) as string } },
    })
    expect((await calls.task.list({})).total).toBe(before)
  })

  test('a platform that carries a site cannot be deleted', async () => {
    await expect(
      calls.task.add({
        objectKind: 'platform',
        objectId: platformId,
        type: 'delete',
        confirmation: 'Plain',
      }),
    ).rejects.toMatchObject({ data: { code: 'task.not-allowed' } })
  })

  test('a delete asks for the name', async () => {
    await expect(
      calls.task.add({ objectKind: 'site', objectId: siteId, type: 'delete', confirmation: 'yes' }),
    ).rejects.toMatchObject({ data: { problems: { confirmation: expect.any(String) as string } } })
  })

  test('deleted, the site is gone, its vhost is gone and nginx was reloaded; a last backup stays', async () => {
    const master = findNginxMaster(account.home) ?? 0
    const workers = workersOf(master)
    const task = await calls.task.add({
      objectKind: 'site',
      objectId: siteId,
      type: 'delete',
      confirmation: SITE,
    })
    await ended(task.id)
    expect(await fetchByHost(port, SITE)).toBeUndefined()
    expect(existsSync(path.join(account.home, 'sites', SITE))).toBe(false)
    expect(
      readdirSync(path.join(account.home, 'nginx/vhost.d')).filter((name) =>
        name.includes('main-job'),
      ),
    ).toEqual([])
    expect(findNginxMaster(account.home)).toBe(master)
    expect(workersOf(master).some((pid) => workers.includes(pid))).toBe(false)
    expect((await calls.site.list({})).items).toEqual([])
    expect((await calls.backup.list({ siteId })).items).toHaveLength(2)
    expect(
      readFileSync((await calls.backup.list({ siteId })).items[0]?.file ?? '').length,
    ).toBeGreaterThan(100)
  })

  test('then the platform and the server can be deleted too, and what nginx had is gone', async () => {
    const platform = await calls.task.add({
      objectKind: 'platform',
      objectId: platformId,
      type: 'delete',
      confirmation: 'Plain',
    })
    await ended(platform.id)
    const server = await calls.task.add({
      objectKind: 'server',
      objectId: serverId,
      type: 'delete',
      confirmation: 'web1',
    })
    await ended(server.id)
    expect((await calls.server.list({})).items).toEqual([])
    expect(findNginxMaster(account.home)).toBeUndefined()
  })

  test('nothing was run that a field had said', () => {
    expect(existsSync('/tmp/x')).toBe(false)
  })
})
