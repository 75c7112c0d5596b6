import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { ServiceSettings } from '#shared/domain/objects.ts'
import type { App } from '../../main/app.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { build } from '../../tools/build.ts'
import {
  aDataFolder,
  addressOf,
  openDeskAt,
  removeFolder,
  resetAccount,
  untilEnded,
  untilEndedAs,
} from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { fetchByHost, stopNginx } from '../support/nginx.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from '../support/sshd.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const EXAMPLE = path.join(ROOT, 'docs/extending/example')
const PROGRAM = path.join(ROOT, 'dist/provision/provision.mjs')
const SITE = 'www.extension.example'
const account = ensureSandboxAccount('hdext')
const TOLD = path.join(account.home, 'told')

let sshd: Sshd
let folder: string
let app: App
let calls: DeskClient
let port: number
let serverId: string
let siteId: string
let firstHalf: string

const extensionFolder = (name: string): string => path.join(folder, 'extensions', name)
/** What the server keeps of an object, on its disk. */
const stored = (context: string): JsonRecord =>
  (
    JSON.parse(
      readFileSync(path.join(account.home, `.hosting-desk/contexts/${context}.json`), 'utf8'),
    ) as { options: JsonRecord }
  ).options
const halvesThere = (): string[] =>
  readdirSync(path.join(account.home, '.hosting-desk/extensions')).sort()
const rowOf = async (name: string) =>
  (await calls.feature.list()).find((feature) => feature.name === name)
const offered = async () =>
  (await calls.task.offered({ objectKind: 'site', objectId: siteId })).map(({ type }) => type)
const fetchNotice = () => fetchByHost(port, SITE, '/notice.html')

beforeAll(async () => {
  await build({ targets: ['provision'] })
  await stopNginx(account.home)
  resetAccount(account)
  execFileSync('sh', [
    '-c',
    'cd "$1" && rm -rf nginx sites backups platforms told',
    'sh',
    account.home,
  ])
  cpSync(
    path.join(ROOT, 'provision/templates/static-site'),
    path.join(account.home, 'platforms/plain'),
    { recursive: true },
  )
  execFileSync('chown', ['-R', `${account.uid}:${account.uid}`, `${account.home}/platforms`])
  sshd = await startSshd({ accounts: [account] })
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

async function run(type: string, values: JsonRecord = {}, status = 'success') {
  const task = await calls.task.add({ objectKind: 'site', objectId: siteId, type, values })
  return ended(task.id, status)
}

const web = (): Record<string, ServiceSettings> => ({
  http: { type: 'nginx', port, restartCommand: null },
})
const board = (): Record<string, ServiceSettings> => ({
  notices: { type: 'board', port: 12_345, restartCommand: `/usr/bin/touch ${TOLD}` },
})

describe('an extension in a running application', () => {
  test('a server with a site is there', async () => {
    await calls.backend.trustHostKey(sshd.hostKey)
    const { server, task } = await calls.server.add({
      title: 'web1',
      backend: { address: addressOf(sshd, account) },
      services: web(),
    })
    await ended(task.id)
    serverId = server.id
    const platform = await calls.platform.add({
      title: 'Plain',
      serverId,
      root: `${account.home}/platforms/plain`,
    })
    await ended(platform.task.id)
    const added = await calls.site.add({
      name: SITE,
      platformId: platform.platform.id,
      aliases: [],
    })
    siteId = added.site.id
    await ended(added.task.id)
  })

  test('dropped into the data folder it is found, off, and adds nothing', async () => {
    cpSync(EXAMPLE, extensionFolder('notice-board'), { recursive: true })
    await calls.feature.lookAgain()
    expect(await rowOf('notice-board')).toMatchObject({
      state: { state: 'off' },
      extension: { isUnderstood: false, serverFiles: ['notice-board.mjs', 'notice-page.mjs'] },
    })
    expect(await offered()).not.toContain('publish-notice')
    await expect(calls.feature.switch({ name: 'notice-board', isOn: true })).rejects.toMatchObject({
      data: { code: 'extension.not-understood' },
    })
  })

  test('switched on it adds its task to the site’s menu, its service, its queue and its changes', async () => {
    const row = await calls.feature.switch({
      name: 'notice-board',
      isOn: true,
      understood: true,
    })
    expect(row).toMatchObject({ title: 'Notice board', state: { state: 'on' }, problems: [] })
    const menu = await calls.task.offered({ objectKind: 'site', objectId: siteId })
    expect(menu.find(({ type }) => type === 'publish-notice')).toMatchObject({
      title: 'Publish a notice',
      refusal: null,
    })
    expect(menu.map(({ type }) => type)).not.toContain('renew-notice')
    expect(menu.find(({ type }) => type === 'delete')?.description).toMatch(/Its notice goes/)
    expect((await calls.server.serviceTypes()).map(({ type }) => type)).toContain('board')
    const queues = await calls.queue.list()
    expect(queues.find(({ name }) => name === 'notice-renewal')).toMatchObject({ totalItems: 1 })
    expect(await calls.queue.problems()).toEqual([])
  })

  test('its service is stored with the server there, the base’s facts and its own', async () => {
    const services = { ...web(), ...board() }
    const { task } = await calls.server.edit({ id: serverId, title: 'web1', services })
    await ended(task.id)
    expect(stored('server_web1')).toMatchObject({
      http_service_type: 'nginx',
      notices_service_type: 'board',
      notices_port: 12_345,
      notices_restart_cmd: `/usr/bin/touch ${TOLD}`,
      notices_language: 'en',
      notices_publisher: 'web1',
    })
    expect((await calls.server.get({ id: serverId })).services['notices']).toEqual({
      ...board()['notices'],
      values: { notices_language: 'en' },
    })
    expect(await calls.server.services({ id: serverId })).toContainEqual({
      service: 'notices',
      type: 'board',
      title: 'Notice board',
      facts: [
        { label: 'Port', value: '12345' },
        { label: 'Restart command', value: `/usr/bin/touch ${TOLD}` },
        { label: 'Language of notices', value: 'English' },
        { label: 'Listens at', value: '127.0.0.1:12345' },
      ],
    })
    expect(existsSync(TOLD)).toBe(true)
  })

  test('its service’s form and check refuse what does not fit, each at its field', async () => {
    const edit = (facts: Partial<ServiceSettings>) =>
      calls.server.edit({
        id: serverId,
        title: 'web1',
        services: { ...web(), notices: { ...board()['notices'], ...facts } as ServiceSettings },
      })
    await expect(edit({ values: { notices_language: 'tlh' } })).rejects.toMatchObject({
      data: {
        problems: {
          'services.notices.values.notices_language': 'Language of notices is one of the choices.',
        },
      },
    })
    await expect(edit({ port: 80 })).rejects.toMatchObject({
      data: { problems: { 'services.notices.port': 'Port 80 is for sites.' } },
    })
  })

  test('its form is checked, each problem at its field', async () => {
    await expect(
      calls.task.add({
        objectKind: 'site',
        objectId: siteId,
        type: 'publish-notice',
        values: { headline: '', text: 'x', level: 'outage', until: 'soon' },
      }),
    ).rejects.toMatchObject({ data: { problems: { headline: expect.any(String) as string } } })
  })

  test('its task runs its new command on the server; its lasting fact is stored there, its options are not', async () => {
    const values = { headline: 'Moved "house" $(touch /tmp/x)', text: 'We are here now.' }
    const task = await run('publish-notice', values)
    expect(task.history[0]?.sent).toMatchObject({ command: 'publish-notice' })
    const answer = await fetchNotice()
    expect(answer?.status).toBe(200)
    expect(answer?.body).toContain('Moved &#34;house&#34; $(touch /tmp/x)')
    expect(answer?.body).toContain(`The operators of ${SITE}`)
    expect(stored(SITE)).toMatchObject({ notice_signature: `The operators of ${SITE}` })
    expect(Object.keys(stored(SITE))).not.toContain('headline')
    expect(existsSync('/tmp/x')).toBe(false)
  })

  test('its forced failure takes its steps back', async () => {
    const before = (await fetchNotice())?.body
    const values = { headline: 'Never seen', text: 'x', isRehearsal: true }
    const task = await run('publish-notice', values, 'error')
    expect(task.errorCode).toBe('PROVISION_NOTICE_REHEARSED')
    expect(task.log).toContain('Taken back: Write the notice')
    expect((await fetchNotice())?.body).toBe(before)
  })

  test('its queue adds its tasks, and they run', async () => {
    const before = (await fetchNotice())?.body
    const outcome = await calls.queue.run({ name: 'notice-renewal', force: true })
    expect(outcome).toMatchObject({ state: 'ran', added: [expect.any(Number)] })
    const number = outcome.state === 'ran' ? outcome.added[0] : undefined
    const added = await calls.task.getByNumber({ number: number ?? 0 })
    await ended(added.id)
    expect(added.type).toBe('renew-notice')
    // The date has seconds: the same page again only where both were written in one.
    await eventually(async () => {
      const again = await calls.task.add({
        objectKind: 'site',
        objectId: siteId,
        type: 'renew-notice',
      })
      await ended(again.id)
      expect((await fetchNotice())?.body).not.toBe(before)
    })
  })

  test('changed while the application runs, the next run uses the new one, put there by its content', async () => {
    firstHalf = halvesThere().join()
    const helper = path.join(extensionFolder('notice-board'), 'backend/notice-page.mjs')
    writeFileSync(helper, readFileSync(helper, 'utf8').replace('<h1>', '<h1>Please note: '))
    await calls.feature.lookAgain()
    await run('publish-notice', { headline: 'Second', text: 'x' })
    expect((await fetchNotice())?.body).toContain('Please note: Second')
    expect(halvesThere()).toHaveLength(2)
    expect(halvesThere()).toContain(firstHalf)
  })

  test('old contents go as old programs do: the newest two stay', async () => {
    const helper = path.join(extensionFolder('notice-board'), 'backend/notice-page.mjs')
    for (const words of ['Third', 'Fourth']) {
      writeFileSync(helper, `${readFileSync(helper, 'utf8')}// ${words}\n`)
      await calls.feature.lookAgain()
      await run('publish-notice', { headline: words, text: 'x' })
    }
    const there = halvesThere()
    expect(there).not.toContain(firstHalf)
    // One more where the run that names it is not tidied away yet.
    expect([2, 3]).toContain(there.length)
    expect(there.every((name) => /^notice-board-[0-9a-f]{8}$/.test(name))).toBe(true)
  })

  test('a broken extension beside it is named, and stops nothing', async () => {
    mkdirSync(extensionFolder('broken/backend'), { recursive: true })
    writeFileSync(
      path.join(extensionFolder('broken'), 'index.mjs'),
      "export default { name: 'broken', title: 'Broken', contextOptions() { throw new Error('boo') } }",
    )
    writeFileSync(path.join(extensionFolder('broken'), 'backend/bad.mjs'), 'export default {')
    mkdirSync(extensionFolder('worse'))
    writeFileSync(path.join(extensionFolder('worse'), 'index.mjs'), "throw new Error('not today')")
    await calls.feature.lookAgain()
    await expect(
      calls.feature.switch({ name: 'worse', isOn: true, understood: true }),
    ).rejects.toMatchObject({ data: { code: 'extension.broken' } })
    await calls.feature.switch({ name: 'broken', isOn: true, understood: true })
    // It throws here and does not load there: both are said in the log, and the task is done.
    const task = await run('verify', {}, 'warning')
    expect(task.log).toContain('broken was left out of contextOptions: boo')
    expect(task.log).toMatch(/The extension broken-[0-9a-f]{8} was left out/)
    await calls.feature.switch({ name: 'broken', isOn: false })
  })

  test('opened again, the application has it on', async () => {
    await app.close()
    ;({ app, calls } = await openDeskAt(folder, { programFile: PROGRAM }))
    expect(await rowOf('notice-board')).toMatchObject({ state: { state: 'on' } })
    expect(await rowOf('broken')).toMatchObject({ state: { state: 'off' } })
    expect(await offered()).toContain('publish-notice')
  })

  test('a task of it that waits when it is switched off ends in an error that says so', async () => {
    await calls.app.pauseDispatch()
    const waiting = await calls.task.add({
      objectKind: 'site',
      objectId: siteId,
      type: 'publish-notice',
      values: { headline: 'Too late', text: 'x' },
    })
    await calls.feature.switch({ name: 'notice-board', isOn: false })
    await calls.app.resumeDispatch()
    const task = await untilEnded(calls, waiting.id)
    expect(task).toMatchObject({ status: 'error', errorCode: 'task.unknown-type' })
    expect(task.errorMessage).toContain('publish-notice')
  })

  test('switched off, it is gone; what it stored stands in nobody’s way', async () => {
    expect(await offered()).not.toContain('publish-notice')
    expect((await calls.queue.list()).map(({ name }) => name)).not.toContain('notice-renewal')
    expect((await calls.server.serviceTypes()).map(({ type }) => type)).not.toContain('board')
    await expect(
      calls.task.add({ objectKind: 'site', objectId: siteId, type: 'publish-notice' }),
    ).rejects.toMatchObject({ data: { code: 'task.unknown-type' } })
    await run('verify')
    const server = await calls.task.add({
      objectKind: 'server',
      objectId: serverId,
      type: 'verify',
    })
    const task = await untilEnded(calls, server.id)
    expect(['success', 'warning']).toContain(task.status)
  })
})
