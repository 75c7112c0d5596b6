import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { App } from '../../main/app.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import {
  aDataFolder,
  addressOf,
  openDeskAt,
  removeFolder,
  resetAccount,
  untilEnded,
} from '../support/desk.ts'
import { freePort } from '../support/free-port.ts'
import { fetchByHost, stopNginx } from '../support/nginx.ts'
import { programWith } from '../support/program-with.ts'
import { SiteHarness } from '../support/provision-site.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from '../support/sshd.ts'

const APPLICATIONS = path.join(import.meta.dirname, '../fixtures/application/applications.ts')
const account = ensureSandboxAccount('hdtasks')
const inHome = (name: string) => path.join(account.home, name)

let programFolder: string
let programFile: string

beforeAll(async () => {
  programFolder = aDataFolder()
  programFile = await programWith({ applications: APPLICATIONS }, programFolder)
}, 60_000)
afterAll(() => removeFolder(programFolder))

describe('the program with an application that can do more than the common', () => {
  let desk: SiteHarness

  beforeAll(async () => {
    desk = await SiteHarness.open({ user: 'hdtasks', programFile })
    desk.account.put('platforms/b/clock.txt', '1.2\n')
    await desk.succeed('verify', 'platform_b')
    await desk.account.save('clock.test', {
      context_type: 'site',
      platform: '@platform_b',
      uri: 'clock.test',
    })
    await desk.succeed('install', 'clock.test')
  })
  afterAll(() => desk.close())

  test('finds out what a platform carries, and says what its sites can do', async () => {
    const { result } = await desk.succeed('verify', 'platform_b')
    expect(result).toMatchObject({
      data: { application: 'clock', version: '1.2', abilities: ['cron', 'login-reset'] },
      contexts: [{ options: { application: 'clock' } }],
    })
    expect((await desk.succeed('verify', 'platform_a')).result.data).toMatchObject({
      application: 'static',
      version: null,
      abilities: [],
    })
  })

  test('installs a site by the application’s own steps', async () => {
    expect(await desk.fetch('clock.test')).toMatchObject({ body: 'tick' })
  })

  test('runs cron and makes a login link for whom the options name', async () => {
    await desk.succeed('cron', 'clock.test')
    expect(readFileSync(desk.inHome('sites/clock.test/cron.txt'), 'utf8')).toBe('ran')
    const request = { options: { client_email: 'ann@example.test' } }
    const { result } = await desk.account.run(['login-reset', '@clock.test'], request)
    expect(result).toMatchObject({
      data: { loginLink: `http://clock.test:${desk.port}/login?for=ann@example.test` },
      contexts: [],
    })
    expect(
      readFileSync(desk.inHome('.hosting-desk/contexts/clock.test.json'), 'utf8'),
    ).not.toContain('ann@')
  })

  test('fails as the application fails', async () => {
    desk.account.put('sites/clock.test/broken', '')
    const { result } = await desk.command('cron', 'clock.test')
    expect(result).toMatchObject({ isOk: false, errorMessage: 'The clock is broken.' })
  })

  test('refuses what the application of the site cannot do, and a disabled site', async () => {
    for (const name of ['cron', 'login-reset'])
      await desk.expectTakenBack('PROVISION_NO_SUCH_ABILITY', name)
    await desk.succeed('disable', 'clock.test')
    expect((await desk.command('cron', 'clock.test')).result.errorCode).toBe(
      'PROVISION_SITE_DISABLED',
    )
    await desk.succeed('enable', 'clock.test')
  })

  test('moves and copies no site onto a platform of another application', async () => {
    for (const args of [
      ['clone', '@new.test', '@platform_b'],
      ['migrate', '@platform_b'],
    ])
      await desk.expectTakenBack('PROVISION_OTHER_APPLICATION', ...(args as [string, ...string[]]))
    await desk.succeed('clone', 'clock.test', '@new.test', '@platform_b')
    expect(await desk.fetch('new.test')).toMatchObject({ body: 'tick' })
  })
})

describe('the application', () => {
  let sshd: Sshd
  let folder: string
  let app: App
  let calls: DeskClient
  let port: number
  const sites: Record<string, string> = {}

  const ended = async (taskId: string, status = 'success') => {
    const task = await untilEnded(calls, taskId)
    expect(task.status, task.errorMessage ?? '').toBe(status)
    return task
  }
  const run = async (objectId: string, type: string) =>
    ended((await calls.task.add({ objectKind: 'site', objectId, type })).id)

  beforeAll(async () => {
    await stopNginx(account.home)
    resetAccount(account)
    execFileSync('sh', [
      '-c',
      'cd "$1" && rm -rf nginx sites backups platforms',
      'sh',
      account.home,
    ])
    for (const name of ['plain', 'clock']) {
      mkdirSync(inHome(`platforms/${name}`), { recursive: true })
      writeFileSync(inHome(`platforms/${name}/index.html`), name)
    }
    writeFileSync(inHome('platforms/clock/clock.txt'), '3')
    execFileSync('chown', ['-R', `${account.uid}:${account.uid}`, inHome('platforms')])
    sshd = await startSshd({ publicKeyFiles: [`${account.keyFile}.pub`] })
    port = await freePort()
    folder = aDataFolder()
    ;({ app, calls } = await openDeskAt(folder, { programFile }))
    await calls.backend.trustHostKey(sshd.hostKey)
    const { server, task } = await calls.server.add({
      title: 'web1',
      backend: { address: addressOf(sshd, account) },
      services: { http: { type: 'nginx', port, restartCommand: null } },
    })
    await ended(task.id)
    for (const title of ['plain', 'clock']) {
      const root = inHome(`platforms/${title}`)
      const platform = await calls.platform.add({ title, serverId: server.id, root })
      await ended(platform.task.id)
      const site = await calls.site.add({
        name: `${title}.test`,
        platformId: platform.platform.id,
      })
      await ended(site.task.id)
      sites[title] = site.site.id
    }
  }, 120_000)

  afterAll(async () => {
    await app.close()
    await stopNginx(account.home)
    await sshd.stop()
    removeFolder(folder)
  })

  test('offers cron and login links to the sites that can do them, and to no other', async () => {
    const refusals = async (objectId = '') =>
      (await calls.task.offered({ objectKind: 'site', objectId }))
        .filter(({ type }) => ['cron', 'login-reset'].includes(type))
        .map(({ refusal }) => refusal)
    expect(await refusals(sites['clock'])).toEqual([null, null])
    expect(await refusals(sites['plain'])).toEqual([
      'Static files have no accounts to log in to.',
      'Static files have no regular work to do.',
    ])
  })

  test('runs them, and knows when cron ran last', async () => {
    const id = sites['clock'] ?? ''
    expect((await calls.site.get({ id })).lastCronAt).toBeNull()
    await run(id, 'cron')
    expect((await calls.site.get({ id })).lastCronAt).toBeGreaterThan(0)
    expect(existsSync(inHome('sites/clock.test/cron.txt'))).toBe(true)
    await run(id, 'login-reset')
    expect((await fetchByHost(port, 'clock.test'))?.body).toBe('tick')
  })

  test('lets a failed cron be known, and its time be as it was', async () => {
    const id = sites['clock'] ?? ''
    const { lastCronAt } = await calls.site.get({ id })
    writeFileSync(inHome('sites/clock.test/broken'), '')
    const { id: taskId } = await calls.task.add({ objectKind: 'site', objectId: id, type: 'cron' })
    expect(await ended(taskId, 'error')).toMatchObject({ errorMessage: 'The clock is broken.' })
    expect((await calls.site.get({ id })).lastCronAt).toBe(lastCronAt)
  })

  test('moves no site to a platform of another application', async () => {
    const { items } = await calls.platform.list({})
    const plain = items.find(({ title }) => title === 'plain')
    await expect(
      calls.task.add({
        objectKind: 'site',
        objectId: sites['clock'] ?? '',
        type: 'migrate',
        values: { platformId: plain?.id ?? '' },
      }),
    ).rejects.toMatchObject({
      data: { problems: { platformId: expect.stringContaining('needs clock') as string } },
    })
  })
})
