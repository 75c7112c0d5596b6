import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { App } from '../../main/app.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { aDataFolder, logOf, openDeskAt, removeFolder, untilEnded } from '../support/desk.ts'
import { type HostingMachine, startHostingMachine } from '../support/hosting-machine.ts'
import { fetchByHost } from '../support/nginx.ts'
import { ANY_LOAD } from '../support/provision.ts'

const PROGRAM = path.join(import.meta.dirname, '../../dist/provision/provision.mjs')
const STATIC = path.join(import.meta.dirname, '../../provision/templates/static-site')
const PLAIN = path.join(import.meta.dirname, '../fixtures/plain-php')
const WORDPRESS = '/usr/share/wordpress'

let machine: HostingMachine
let folder: string
let app: App
let calls: DeskClient
let serverId: string

const inHome = (name: string): string => path.join(machine.home, name)
const bodyOf = async (host: string, target = '/'): Promise<string> =>
  (await fetchByHost(machine.httpPort, `${host}:${machine.httpPort}`, target))?.body ?? ''
const statusOf = async (host: string): Promise<number | undefined> =>
  (await fetchByHost(machine.httpPort, `${host}:${machine.httpPort}`))?.status

async function ended(taskId: string) {
  const task = await untilEnded(calls, taskId, 90_000)
  const said = (await logOf(calls, task)).map(({ text }) => text).join('\n')
  expect(task.status, `${task.type}: ${task.errorMessage ?? ''}\n${said}`).toBe('success')
  return task
}

async function addPlatform(title: string, from: string): Promise<string> {
  const root = inHome(`platforms/${title}`)
  cpSync(from, root, { recursive: true, dereference: true })
  execFileSync('chown', ['-R', `${machine.account}:`, root])
  const { platform, task } = await calls.platform.add({ title, serverId, root })
  await ended(task.id)
  return platform.id
}

beforeAll(async () => {
  machine = await startHostingMachine({ name: 'hdall', slots: 3 })
  folder = aDataFolder()
  ;({ app, calls } = await openDeskAt(folder, { programFile: PROGRAM }))
  await calls.backend.trustHostKey(machine.hostKey)
  const { server, task } = await calls.server.add({
    title: 'web1',
    backend: { address: machine.address },
    services: { http: { type: 'nginx', port: machine.httpPort, restartCommand: null } },
  })
  serverId = server.id
  await untilEnded(calls, task.id, 60_000)
  const file = inHome('.hosting-desk/contexts/server_web1.json')
  const context = JSON.parse(readFileSync(file, 'utf8')) as { options: JsonRecord }
  context.options['critical_load_multiplier'] = ANY_LOAD
  writeFileSync(file, JSON.stringify(context))
}, 240_000)

afterAll(async () => {
  await app?.close()
  await machine?.stop()
  if (folder !== undefined) removeFolder(folder)
})

describe.each([
  { kind: 'static', from: STATIC, front: '<html', abilities: [] },
  { kind: 'php', from: PLAIN, front: 'A title', abilities: ['cron', 'login-reset'] },
  { kind: 'wordpress', from: WORDPRESS, front: 'A title', abilities: ['cron', 'login-reset'] },
])(
  'every task of a $kind site, from the desk over SSH to the program',
  { timeout: 120_000 },
  (kind) => {
    const site = `www.${kind.kind}.example`
    const copy = `copy.${kind.kind}.example`
    const renamed = `new.${kind.kind}.example`
    let siteId: string
    let copyId: string
    let first: string
    let second: string

    const run = async (type: string, values: JsonRecord = {}, objectId = siteId) => {
      const { name: confirmation } = await calls.site.get({ id: objectId })
      const task = { objectKind: 'site', objectId, type, values, confirmation } as const
      return ended((await calls.task.add(task)).id)
    }
    const backups = async () => (await calls.backup.list({ siteId })).items

    test('install', async () => {
      first = await addPlatform(`${kind.kind}-one`, kind.from)
      second = await addPlatform(`${kind.kind}-two`, kind.from)
      expect(await calls.platform.get({ id: first })).toMatchObject({
        application: kind.kind,
        abilities: kind.abilities,
      })
      const added = await calls.site.add({ name: site, platformId: first, siteTitle: 'A title' })
      siteId = added.site.id
      await ended(added.task.id)
      expect(await calls.site.get({ id: siteId })).toMatchObject({
        status: 'enabled',
        url: `http://${site}:${machine.httpPort}`,
      })
      expect(await bodyOf(site)).toContain(kind.front)
    })

    test('verify, cron and login-reset', async () => {
      await run('verify')
      for (const ability of kind.abilities) await run(ability)
      expect(await bodyOf(site)).toContain(kind.front)
    })

    test('backup and restore', async () => {
      await run('backup', { description: 'the first' })
      const [backup] = await backups()
      await run('restore', { backup: backup?.id ?? '' })
      expect(await bodyOf(site)).toContain(kind.front)
      expect((await backups()).map(({ description }) => description)).toEqual([
        'Before a restore',
        'the first',
      ])
    })

    test('disable and enable', async () => {
      await run('disable')
      expect(await statusOf(site)).toBe(503)
      await run('enable')
      expect(await statusOf(site)).toBe(200)
    })

    test('clone', async () => {
      await run('clone', { newName: copy, platformId: first })
      expect(await bodyOf(copy)).toContain(kind.front)
      expect(await bodyOf(copy)).not.toContain(`//${site}`)
      const { items } = await calls.site.list({ limit: 100 })
      copyId = items.find(({ name }) => name === copy)?.id ?? ''
    })

    test('migrate and rename', async () => {
      await run('migrate', { platformId: second })
      expect(await calls.site.get({ id: siteId })).toMatchObject({ platformId: second })
      await run('rename', { newName: renamed })
      expect(await bodyOf(renamed)).toContain(kind.front)
      expect(await statusOf(site)).toBeUndefined()
      expect(await bodyOf(renamed)).not.toContain(`//${site}`)
    })

    test('backup-delete and delete', async () => {
      const [backup] = await backups()
      await run('backup-delete', { backups: [backup?.id ?? ''] })
      expect(existsSync(backup?.file ?? '/')).toBe(false)
      for (const id of [siteId, copyId]) await run('delete', {}, id)
      expect(await statusOf(renamed)).toBeUndefined()
      expect(await statusOf(copy)).toBeUndefined()
      expect(machine.query('SHOW DATABASES')).not.toContain(machine.account)
      for (const slot of machine.slots)
        expect(machine.as('root', `ls -A ${inHome(`slots/${slot}`)}`).stdout).toBe('')
      const left = (await backups()).find(({ description }) => description.includes('deleted'))
      expect(existsSync(left?.file ?? '')).toBe(true)
    })

    test('undelete', async () => {
      const [last] = await backups()
      await run('undelete', { backup: last?.id ?? '' })
      expect(await bodyOf(renamed)).toContain(kind.front)
      expect(await calls.site.get({ id: siteId })).toMatchObject({
        name: renamed,
        status: 'enabled',
        url: `http://${renamed}:${machine.httpPort}`,
        platformId: second,
      })
      await run('verify')
      await run('delete')
      expect(await statusOf(renamed)).toBeUndefined()
    })
  },
)
