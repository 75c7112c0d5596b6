import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { MoveEvent } from '#shared/contract/site-move.ts'
import type { App } from '../../main/app.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { aDataFolder, openDeskAt, removeFolder, untilEnded } from '../support/desk.ts'
import { type HostingMachine, startHostingMachine } from '../support/hosting-machine.ts'
import { fetchByHost } from '../support/nginx.ts'
import { ANY_LOAD } from '../support/provision.ts'

const PROGRAM = path.join(import.meta.dirname, '../../dist/provision/provision.mjs')
const PLAIN = path.join(import.meta.dirname, '../fixtures/plain-php')
const SITE = 'www.moved.example'

let from: HostingMachine
let to: HostingMachine
let folder: string
let app: App
let calls: DeskClient
let siteId: string
let here: string
let there: string

async function ended(taskId: string): Promise<void> {
  const task = await untilEnded(calls, taskId, 60_000)
  expect(task.status, task.errorMessage ?? '').toBe('success')
}

async function addPlatform(machine: HostingMachine, title: string): Promise<string> {
  await calls.backend.trustHostKey(machine.hostKey)
  const { server, task } = await calls.server.add({
    title,
    backend: { address: machine.address },
    services: { http: { type: 'nginx', port: machine.httpPort, restartCommand: null } },
  })
  await untilEnded(calls, task.id, 60_000)
  const file = path.join(machine.home, `.hosting-desk/contexts/server_${title}.json`)
  const context = JSON.parse(readFileSync(file, 'utf8')) as { options: JsonRecord }
  context.options['critical_load_multiplier'] = ANY_LOAD
  writeFileSync(file, JSON.stringify(context))
  const root = path.join(machine.home, 'platforms/plain')
  cpSync(PLAIN, root, { recursive: true })
  execFileSync('chown', ['-R', `${machine.account}:`, root])
  const added = await calls.platform.add({ title: `plain-${title}`, serverId: server.id, root })
  await ended(added.task.id)
  return added.platform.id
}

const pageOf = async ({ httpPort }: HostingMachine): Promise<string> =>
  (await fetchByHost(httpPort, `${SITE}:${httpPort}`))?.body ?? ''

async function move(platformId: string): Promise<MoveEvent[]> {
  const events: MoveEvent[] = []
  for await (const event of await calls.siteMove.move({ siteId, platformId })) events.push(event)
  return events
}

beforeAll(async () => {
  from = await startHostingMachine({ name: 'hdfrom', slots: 2 })
  to = await startHostingMachine({ name: 'hdto', slots: 2 })
  folder = aDataFolder()
  ;({ app, calls } = await openDeskAt(folder, { programFile: PROGRAM }))
  here = await addPlatform(from, 'former')
  there = await addPlatform(to, 'latter')
  const added = await calls.site.add({ name: SITE, platformId: here, siteTitle: 'Moved' })
  siteId = added.site.id
  await ended(added.task.id)
}, 240_000)

afterAll(async () => {
  await app?.close()
  await from?.stop()
  await to?.stop()
  if (folder !== undefined) removeFolder(folder)
})

test('a site with its database goes to another server, through this computer', async () => {
  const events = await move(there)
  const titles = events.flatMap((one) => (one.event === 'step' ? [one.title] : []))
  expect(titles).toEqual(['Back up', 'Carry over', 'Import', 'Verify'])
  const report = events.at(-1)
  if (report?.event !== 'report') throw new Error('a move ends with its report')
  expect(report.left.join('\n')).toMatch(/DNS[^]*disable it/)
  expect(await pageOf(to)).toContain(`http://${SITE}:${to.httpPort}/about`)
  expect(await calls.site.get({ id: report.siteId })).toMatchObject({
    status: 'enabled',
    platformId: there,
    siteTitle: 'Moved',
    slot: to.slots[0],
  })
  // What is there stays as it is, and nothing of the way is left.
  expect(await pageOf(from)).toContain(`http://${SITE}:${from.httpPort}/about`)
  expect(readdirSync(path.join(to.home, 'backups'))).toEqual([])
  expect(existsSync(path.join(to.home, '.hosting-desk/incoming'))).toBe(false)
}, 90_000)

test('on the same server it is a migration', async () => {
  await expect(move(here)).rejects.toThrow(/migrate the site instead/)
}, 60_000)
