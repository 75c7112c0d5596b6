import { spawn, type ChildProcess } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { logOf } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { openServerAtWork, type ServerAtWork } from '../support/server-at-work.ts'

const MINUTE_MS = 60_000
const MINUTES = 3

let server: ServerAtWork
let cron: ChildProcess | undefined
beforeAll(async () => {
  server = await openServerAtWork('hdnight')
}, 90_000)
afterAll(async () => {
  cron?.kill()
  await server.close()
})

const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS)
const archives = (): string[] =>
  readdirSync(path.join(server.account.home, 'backups')).filter((name) => name.endsWith('.tar.gz'))

/** The minutes in which archives were made, as their names say. */
const minutesOfArchives = (): number[] =>
  archives()
    .map((name) => {
      const [, day, hour, minute] = /-(\d{8})T(\d\d)(\d\d)\d\dZ/.exec(name) ?? []
      const date = day?.replace(/^(....)(..)(..)$/, '$1-$2-$3') ?? ''
      return minuteOf(Date.parse(`${date}T${hour ?? ''}:${minute ?? ''}:00Z`))
    })
    .sort((a, b) => a - b)

test('three minutes of Debian’s cron with the application closed: every run due is read back, none twice', async () => {
  const { backendId, siteId } = server
  await server.calls().backup.schedule({ siteId, everySeconds: 60 })
  const { before } = await server.calls().crontab.show({ backendId, wish: 'install' })
  await server.calls().crontab.install({ backendId, expected: before })
  await server.untilQuiet()
  expect((await server.calls().backup.list({ siteId })).total).toBe(0)
  await server.closeDesk()

  const first = minuteOf(Date.now()) + 1
  const child = spawn('/usr/sbin/cron', ['-f'], { stdio: 'ignore' })
  cron = child
  await eventually(() => expect(minuteOf(Date.now())).toBe(first + MINUTES), {
    timeoutMs: (MINUTES + 1) * MINUTE_MS,
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill()
  await ended
  // What cron began in its last minute may still be at work.
  await eventually(
    () =>
      expect(readdirSync(server.inDesk('locks')).filter((name) => /^dispatch-/.test(name))).toEqual(
        [],
      ),
    { timeoutMs: MINUTE_MS },
  )
  const minutes = minutesOfArchives()
  expect([...new Set(minutes)]).toEqual(minutes)
  for (let minute = first; minute < first + MINUTES; minute++) expect(minutes).toContain(minute)

  await server.openDesk()
  await eventually(() => expect(server.marks()).toEqual([]), { timeoutMs: MINUTE_MS })
  const { items } = await server.calls().task.list({ limit: 1000 })
  const tasks = items.filter(({ origin }) => origin === 'server')
  expect(tasks.map(({ startedAt }) => minuteOf(startedAt ?? 0)).sort((a, b) => a - b)).toEqual(
    minutes,
  )
  for (const task of tasks) {
    expect(task).toMatchObject({ status: 'success', type: 'backup', objectId: siteId })
    const texts = (await logOf(server.calls(), await server.calls().task.get({ id: task.id }))).map(
      ({ text }) => text,
    )
    expect(texts.filter((text) => text === 'Read the backup back')).toHaveLength(1)
  }
  const backups = await server.calls().backup.list({ siteId })
  expect(backups.items.map(({ file }) => path.basename(file)).sort()).toEqual(archives().sort())
}, 600_000)
