import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { App } from '../../main/app.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
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
import { freePort } from '../support/free-port.ts'
import { fetchByHost, stopNginx } from '../support/nginx.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from '../support/sshd.ts'

const account = ensureSandboxAccount('hdedit')
const PROGRAM = path.join(import.meta.dirname, '../../dist/provision/provision.mjs')
const TEMPLATE = path.join(import.meta.dirname, '../../provision/templates/static-site')
const SITE = 'www.editing.example'

let sshd: Sshd
let folder: string
let app: App
let calls: DeskClient
let port: number
let serverId: string
let platformId: string
let siteId: string
let clientId: string

beforeAll(async () => {
  await build({ targets: ['provision'] })
  await stopNginx(account.home)
  resetAccount(account)
  execFileSync('sh', ['-c', 'cd "$1" && rm -rf nginx sites backups platforms', 'sh', account.home])
  for (const name of ['plain', 'other'])
    cpSync(TEMPLATE, path.join(account.home, 'platforms', name), { recursive: true })
  const owner = `${account.uid}:${account.uid}`
  execFileSync('chown', ['-R', owner, path.join(account.home, 'platforms')])
  sshd = await startSshd({ publicKeyFiles: [`${account.keyFile}.pub`] })
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

/** What the server's disk holds of an object. */
async function onDisk(kind: 'server' | 'platform' | 'site', id: string): Promise<JsonRecord> {
  const { name } = await calls[kind].get({ id })
  const file = path.join(account.home, '.hosting-desk/contexts', `${name}.json`)
  return (JSON.parse(readFileSync(file, 'utf8')) as { options: JsonRecord }).options
}

const pendingOf = (kind: 'server' | 'platform' | 'site', id: string) =>
  calls.object.pendingChanges({ kind, id })

const http = (facts: { port?: number; restartCommand: string | null }) => ({
  http: { type: 'nginx', port, ...facts },
})

/** Editing through the whole application, against a real server and its disk. */
describe('editing', () => {
  test('a server is added with a restart command, which its disk then has', async () => {
    await calls.backend.trustHostKey(sshd.hostKey)
    const { server, task } = await calls.server.add({
      title: 'web1',
      backend: { address: addressOf(sshd, account) },
      services: http({ restartCommand: '/bin/true again' }),
    })
    serverId = server.id
    // Its restart command starts nothing: the doctor warns of it, unless an nginx runs from before.
    expect(['success', 'warning']).toContain((await untilEnded(calls, task.id, 60_000)).status)
    expect(await onDisk('server', serverId)).toMatchObject({ http_restart_cmd: '/bin/true again' })
    expect(await pendingOf('server', serverId)).toEqual({
      changes: [],
      task: null,
      canTakeBack: false,
    })
  })

  test('what was changed is not yet on the server, and one waiting verify is enough', async () => {
    await calls.app.pauseDispatch()
    const first = await calls.server.edit({
      id: serverId,
      title: 'Web 1',
      services: http({ restartCommand: '/bin/true once' }),
    })
    const second = await calls.server.edit({
      id: serverId,
      title: 'Web one',
      services: http({ restartCommand: null }),
    })
    expect(second.task.id).toBe(first.task.id)
    expect(await pendingOf('server', serverId)).toMatchObject({
      changes: expect.arrayContaining([
        { key: 'http_restart_cmd', saved: '/bin/true again', wanted: null },
      ]) as unknown,
      task: { id: first.task.id, status: 'queued' },
      canTakeBack: true,
    })
    expect(await onDisk('server', serverId)).toMatchObject({ http_restart_cmd: '/bin/true again' })
  })

  test('a key that was cleared is sent as unset, and is gone on the disk of the server', async () => {
    await calls.app.resumeDispatch()
    const { task } = await pendingOf('server', serverId)
    const done = await ended(task?.id ?? '')
    expect(done.history.at(-1)?.sent.contexts[0]?.options).toMatchObject({ http_restart_cmd: null })
    expect(await onDisk('server', serverId)).not.toHaveProperty('http_restart_cmd')
    expect(await onDisk('server', serverId)).toMatchObject({ http_port: port })
    expect((await pendingOf('server', serverId)).changes).toEqual([])
    const { title, name, backend } = await calls.server.get({ id: serverId })
    expect({ title, name, backend: backend.title }).toEqual({
      title: 'Web one',
      name: 'server_web1',
      backend: 'Web one',
    })
  })

  test('another account is spoken to from the next task on, over a new connection', async () => {
    const address = { ...addressOf(sshd, account), host: 'localhost' }
    await calls.backend.trustHostKey({ ...sshd.hostKey, host: 'localhost' })
    const { task } = await calls.server.edit({
      id: serverId,
      title: 'Web one',
      services: http({ restartCommand: null }),
      account: { address, limit: 7 },
    })
    await ended(task.id)
    expect(await onDisk('server', serverId)).toMatchObject({ remote_host: 'localhost' })
    expect((await calls.server.get({ id: serverId })).backend).toMatchObject({
      host: 'localhost',
      limit: 7,
    })
  })

  test('names of services and the limit are refused at their fields', async () => {
    await expect(
      calls.server.edit({
        id: serverId,
        title: '',
        services: { http: { type: 'nginx', port: 0, restartCommand: null } },
        account: { address: addressOf(sshd, account), limit: 0 },
      }),
    ).rejects.toMatchObject({
      data: {
        code: 'input.invalid',
        problems: {
          title: expect.any(String) as string,
          'services.http.port': expect.any(String) as string,
          'account.limit': expect.any(String) as string,
        },
      },
    })
  })

  test('a platform whose verify failed is taken back with another verify, as its change may be there', async () => {
    const added = await calls.platform.add({ title: 'Plain', serverId, root: '~/platforms/plain' })
    platformId = added.platform.id
    await ended(added.task.id)
    const edited = await calls.platform.edit({
      id: platformId,
      title: 'Plain',
      root: '~/platforms/gone',
    })
    await ended(edited.task.id, 'error')
    expect(await onDisk('platform', platformId)).toMatchObject({ root: '~/platforms/gone' })
    expect(await pendingOf('platform', platformId)).toMatchObject({
      changes: [{ key: 'root', saved: '~/platforms/plain', wanted: '~/platforms/gone' }],
      task: null,
      canTakeBack: true,
    })
    const { task } = await calls.object.takeBack({ kind: 'platform', id: platformId })
    await ended(task?.id ?? '')
    expect(await onDisk('platform', platformId)).toMatchObject({ root: '~/platforms/plain' })
    expect((await pendingOf('platform', platformId)).changes).toEqual([])
  })

  test('a platform that was edited is verified in its new folder', async () => {
    const edited = await calls.platform.edit({
      id: platformId,
      title: 'Other',
      root: '~/platforms/other',
    })
    await ended(edited.task.id)
    expect(await onDisk('platform', platformId)).toMatchObject({ root: '~/platforms/other' })
  })

  test('aliases and redirection of a site answer once they are there', async () => {
    clientId = (await calls.client.add({ title: 'Acme', siteQuota: 1 })).id
    const added = await calls.site.add({ name: SITE, platformId, clientId })
    siteId = added.site.id
    await ended(added.task.id)
    const aliases = ['shop.editing.example', 'alt.editing.example']
    const edited = await calls.site.edit({ id: siteId, clientId, aliases, redirection: SITE })
    await ended(edited.task.id)
    expect(await onDisk('site', siteId)).toMatchObject({
      aliases,
      redirection: SITE,
      client_name: 'Acme',
    })
    expect((await fetchByHost(port, 'shop.editing.example'))?.status).toBe(301)
  })

  test('a change is taken back without a task, and the verify that waited is dropped', async () => {
    await calls.app.pauseDispatch()
    const before = await calls.site.get({ id: siteId })
    const { task } = await calls.site.edit({
      id: siteId,
      clientId: null,
      aliases: ['new.editing.example'],
      redirection: null,
    })
    expect((await pendingOf('site', siteId)).changes.map(({ key }) => key).toSorted()).toEqual([
      'aliases',
      'client_name',
      'redirection',
    ])
    expect(await calls.object.takeBack({ kind: 'site', id: siteId })).toEqual({ task: null })
    expect(await pendingOf('site', siteId)).toEqual({ changes: [], task: null, canTakeBack: false })
    expect((await calls.task.get({ id: task.id })).status).toBe('cancelled')
    const { aliases, redirection, clientId: client } = await calls.site.get({ id: siteId })
    expect({ aliases, redirection, client }).toEqual({
      aliases: before.aliases,
      redirection: before.redirection,
      client: before.clientId,
    })
    await calls.app.resumeDispatch()
    await expect(calls.object.takeBack({ kind: 'site', id: siteId })).rejects.toMatchObject({
      data: { code: 'task.not-allowed' },
    })
  })

  test('aliases that were cleared are gone on the disk and from the web', async () => {
    const { task } = await calls.site.edit({
      id: siteId,
      clientId,
      aliases: [],
      redirection: null,
    })
    await ended(task.id)
    const kept = await onDisk('site', siteId)
    expect(kept).not.toHaveProperty('aliases')
    expect(kept).not.toHaveProperty('redirection')
    expect(await fetchByHost(port, 'shop.editing.example')).toBeUndefined()
    expect((await fetchByHost(port, SITE))?.status).toBe(200)
  })

  test('a wildcard answers for every name below, and nobody is led to it', async () => {
    const wish = { id: siteId, clientId, aliases: ['*.wild.editing.example'] }
    await expect(
      calls.site.edit({ ...wish, redirection: '*.wild.editing.example' }),
    ).rejects.toMatchObject({ data: { problems: { redirection: expect.any(String) as string } } })
    await expect(
      calls.site.edit({ ...wish, aliases: ['*.example'], redirection: null }),
    ).rejects.toMatchObject({ data: { code: 'input.invalid' } })
    const { task } = await calls.site.edit({ ...wish, redirection: null })
    await ended(task.id)
    expect((await fetchByHost(port, 'any.wild.editing.example'))?.status).toBe(200)
    expect(await fetchByHost(port, 'wild.editing.example')).toBeUndefined()
    const other = await calls.site.add({ name: 'own.wild.editing.example', platformId })
    await ended(other.task.id)
    expect(await onDisk('site', other.site.id)).not.toHaveProperty('aliases')
    expect((await fetchByHost(port, 'own.wild.editing.example'))?.status).toBe(200)
    await calls.site.forget({ id: other.site.id })
  })

  test('a client has no more sites than its quota, neither by adding nor by a copy', async () => {
    const full = expect.stringContaining('Acme may have one site') as string
    await expect(
      calls.site.add({ name: 'two.editing.example', platformId, clientId }),
    ).rejects.toMatchObject({ data: { problems: { clientId: full } } })
    await expect(
      calls.task.add({
        objectKind: 'site',
        objectId: siteId,
        type: 'clone',
        values: { newName: 'copy.editing.example' },
      }),
    ).rejects.toMatchObject({ data: { problems: { newName: full } } })
    await expect(calls.client.add({ title: 'ACME', siteQuota: null })).rejects.toMatchObject({
      data: { problems: { title: expect.any(String) as string } },
    })
  })

  test('a client under another name is told to the servers of its sites', async () => {
    const { tasks } = await calls.client.edit({
      id: clientId,
      title: 'Acme Ltd',
      email: 'web@acme.example',
      siteQuota: 2,
    })
    expect(tasks).toBe(1)
    const [task] = (await calls.task.list({ objectId: siteId })).items
    await ended(task?.id ?? '')
    expect(await onDisk('site', siteId)).toMatchObject({ client_name: 'Acme Ltd' })
    expect(await calls.client.get({ id: clientId })).toMatchObject({ sites: 1, siteQuota: 2 })
  })

  test('forgetting removes objects here and touches nothing on the server', async () => {
    await expect(calls.platform.forget({ id: platformId })).rejects.toMatchObject({
      data: { code: 'object.in-use' },
    })
    const listing = (): string =>
      execFileSync(
        'sh',
        [
          '-c',
          'cd "$1" && find .hosting-desk/contexts nginx/vhost.d sites platforms -type f | sort | xargs -d "\\n" sha256sum',
          'sh',
          account.home,
        ],
        { encoding: 'utf8' },
      )
    const before = listing()
    expect(before).toContain(`${SITE}.conf`)
    await calls.site.forget({ id: siteId })
    await calls.platform.forget({ id: platformId })
    await calls.server.forget({ id: serverId })
    expect((await calls.server.list({})).items).toEqual([])
    expect((await calls.backend.list()).length).toBe(0)
    expect(listing()).toBe(before)
    expect((await fetchByHost(port, SITE))?.status).toBe(200)
    expect(existsSync(path.join(account.home, 'sites', SITE))).toBe(true)
  })
})
