import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { MoveEvent } from '#shared/contract/site-move.ts'
import type { App } from '../../main/app.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { aDataFolder, openDeskAt, removeFolder, untilEnded } from '../support/desk.ts'
import { type HostingMachine, startHostingMachine } from '../support/hosting-machine.ts'
import { eventually } from '../support/eventually.ts'
import { fetchByHost } from '../support/nginx.ts'
import { ANY_LOAD, listTree } from '../support/provision.ts'

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
  const { slot } = await calls.site.get({ id: siteId })
  const large = path.join(from.home, 'slots', slot ?? '', SITE, 'files/large')
  from.as(slot ?? '', `head -c 22000000 /dev/urandom >${large}`)
}, 240_000)

afterAll(async () => {
  await app?.close()
  await from?.stop()
  await to?.stop()
  if (folder !== undefined) removeFolder(folder)
})

describe('a move whose connection is cut on the way', () => {
  test.each([
    ['to the server that it comes from', () => from],
    ['to the server that it goes to', () => to],
  ])(
    '%s fails; the site stays as it is, and nothing of it is there',
    async (_which, machine) => {
      const files = contentOf(from)
      let carried = 0
      const moving = (async () => {
        for await (const { event } of await calls.siteMove.move({ siteId, platformId: there })) {
          if (event !== 'carried') continue
          carried += 1
          if (carried === 2) machine().sshd.killSessions()
        }
      })()
      await expect(moving).rejects.toThrow(/connection/i)
      expect(carried).toBeLessThan(6)
      expect(contentOf(from)).toEqual(files)
      expect(await pageOf(from)).toContain(`http://${SITE}:${from.httpPort}/about`)
      expect(readdirSync(path.join(to.home, 'backups'))).toEqual([])
      expect(existsSync(path.join(to.home, `.hosting-desk/contexts/${SITE}.json`))).toBe(false)
      expect(to.slots.flatMap((slot) => readdirSync(path.join(to.home, 'slots', slot)))).toEqual([])
      const { items } = await calls.site.list({ limit: 10 })
      expect(items.map(({ id, status }) => ({ id, status }))).toEqual([
        { id: siteId, status: 'enabled' },
      ])
    },
    90_000,
  )
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

test('a cut while it is backed up, or imported, does not matter: those go on by themselves', async () => {
  const { items } = await calls.site.list({ limit: 10 })
  const moved = items.find(({ platformId }) => platformId === there)?.id ?? ''
  const gone = await calls.task.add({
    objectKind: 'site',
    objectId: moved,
    type: 'delete',
    values: {},
    confirmation: SITE,
  })
  await ended(gone.id)
  const cuts: Promise<void>[] = []
  let report: MoveEvent | undefined
  for await (const event of await calls.siteMove.move({ siteId, platformId: there })) {
    report = event
    if (event.event === 'step' && event.title === 'Back up') cuts.push(cutAtWork(from))
    if (event.event === 'step' && event.title === 'Import') cuts.push(cutAtWork(to))
  }
  await Promise.all(cuts)
  expect(cuts).toHaveLength(2)
  expect(report?.event).toBe('report')
  expect(await pageOf(to)).toContain(`http://${SITE}:${to.httpPort}/about`)
  expect(
    readdirSync(path.join(to.home, 'backups')).filter((name) => name.includes('partial')),
  ).toEqual([])
}, 120_000)

/** A backup opens what the site's code closed: rights are left out. */
const contentOf = ({ home }: HostingMachine): string[] =>
  listTree(path.join(home, 'slots'), '').map((line) => line.replace(/ \d{3,4}( |$)/, ' '))

/** Once a command changes something there. */
async function cutAtWork(machine: HostingMachine): Promise<void> {
  await eventually(() => expect(journalsOf(machine)).not.toEqual([]), { timeoutMs: 30_000 })
  machine.sshd.killSessions()
}

const journalsOf = ({ home }: HostingMachine): string[] =>
  readdirSync(path.join(home, '.hosting-desk/journals')).filter((name) => name.endsWith('.jsonl'))

test('on the same server it is a migration', async () => {
  await expect(move(here)).rejects.toThrow(/migrate the site instead/)
}, 60_000)
