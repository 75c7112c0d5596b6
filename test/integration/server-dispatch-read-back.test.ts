import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { logOf } from '../support/desk.ts'
import { earlyInMinute } from '../support/early-in-minute.ts'
import { eventually } from '../support/eventually.ts'
import { openServerAtWork, type ServerAtWork } from '../support/server-at-work.ts'

const EVERY_SECONDS = 60

let server: ServerAtWork
beforeAll(async () => {
  server = await openServerAtWork()
}, 90_000)
afterAll(() => server.close())

/** What cron does every minute: the line of the crontab, as it stands there. */
function runCronLine(): void {
  const [, line = 'exit 9'] = /^\* \* \* \* \* (.*)$/m.exec(server.crontab()) ?? []
  server.asAccount(line)
}

/** As if the last backup and the last look had been long ago. */
const makeDue = (): string => server.asAccount('rm -f backups/*; rm -rf .hosting-desk/dispatch')

const serverTasks = async () =>
  (await server.calls().task.list({ limit: 100 })).items.filter(({ origin }) => origin === 'server')

const contextOf = (name: string): unknown =>
  JSON.parse(readFileSync(server.inDesk('contexts', `${name}.json`), 'utf8'))

describe('work that a server does by itself', () => {
  test('becomes the server’s with the lines in its crontab, and the server is told', async () => {
    const { backendId, siteId } = server
    await server.calls().backup.schedule({ siteId, everySeconds: EVERY_SECONDS })
    const { before } = await server.calls().crontab.show({ backendId, wish: 'install' })
    await server.calls().crontab.install({ backendId, expected: before })
    expect((await server.calls().backend.get({ id: backendId })).recurringOwner).toBe('server')
    expect(server.crontab()).toBe((await server.calls().crontab.print({ backendId })).text)
    await server.untilQuiet()
    expect(contextOf('server_web1')).toMatchObject({
      options: {
        dispatch_plan: {
          queues: [
            { name: 'cron', type: 'batch' },
            { name: 'backup', frequencySeconds: 60, items: 2 },
            { name: 'backup-retention', type: 'batch' },
            { name: 'certificates', type: 'spread' },
          ],
        },
      },
    })
    expect(contextOf(server.site)).toMatchObject({
      options: { backup_every_seconds: EVERY_SECONDS },
    })
  })

  test('is read back once, as a task of the server with its log and its backup', async () => {
    const { siteId } = server
    await server.closeDesk()
    await earlyInMinute()
    makeDue()
    runCronLine()
    runCronLine()
    const [runId, ...others] = server.marks()
    expect(others).toEqual([])
    const endedBefore = Date.now()
    await server.openDesk()
    const [task] = await eventually(
      async () => {
        const found = await serverTasks()
        expect(found).toHaveLength(1)
        return found
      },
      { timeoutMs: 20_000 },
    )
    expect(task).toMatchObject({
      type: 'backup',
      objectId: siteId,
      status: 'success',
      attemptId: runId,
    })
    expect(task?.endedAt ?? Infinity).toBeLessThan(endedBefore)
    const details = await server.calls().task.get({ id: task?.id ?? '' })
    const texts = (await logOf(server.calls(), details)).map(({ text }) => text)
    expect(texts.filter((text) => text === 'Pack a backup')).toHaveLength(1)
    const { items } = await server.calls().backup.list({ siteId })
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({ taskId: task?.id, description: 'Scheduled backup' })
    expect(existsSync(items[0]?.file ?? '')).toBe(true)
    await eventually(() => expect(server.marks()).toEqual([]))
  })

  test('is not read back twice where its folder outlived the application', async () => {
    const [known] = await serverTasks()
    const id = known?.attemptId ?? ''
    await server.closeDesk()
    const mark = { format: 1, id, context: server.site, type: 'backup', queue: 'backup' }
    const text = JSON.stringify({ ...mark, args: [], options: {}, startedAt: Date.now() })
    server.asAccount(
      `mkdir -p .hosting-desk/runs/${id} && cd .hosting-desk/runs/${id} && echo - 1 >claim && echo 0 >status.0`,
    )
    writeFileSync(server.inDesk('runs', id, 'task.json'), `${text}\n`)
    await server.openDesk()
    await eventually(() => expect(server.marks()).toEqual([]), { timeoutMs: 20_000 })
    expect(await serverTasks()).toHaveLength(1)
  })

  test('stays where it is while nobody here knows its site', async () => {
    await server.closeDesk()
    const id = '00000000-0000-7000-8000-00000000abcd'
    const mark = { format: 1, id, context: 'unknown.example', type: 'backup', queue: 'backup' }
    const text = JSON.stringify({ ...mark, args: [], options: {}, startedAt: Date.now() })
    server.asAccount(
      `mkdir -p .hosting-desk/runs/${id} && cd .hosting-desk/runs/${id} && echo - 1 >claim && echo 0 >status.0`,
    )
    writeFileSync(server.inDesk('runs', id, 'task.json'), `${text}\n`)
    await server.openDesk()
    await server.calls().crontab.show({ backendId: server.backendId, wish: 'install' })
    expect(await serverTasks()).toHaveLength(1)
    expect(server.marks()).toEqual([id])
    server.asAccount(`rm -r .hosting-desk/runs/${id}`)
  })

  test('is told with its error where it failed', async () => {
    await server.closeDesk()
    makeDue()
    server.asAccount(`mv sites/${server.site} sites/aside`)
    runCronLine()
    server.asAccount(`mv sites/aside sites/${server.site}`)
    await server.openDesk()
    const task = await eventually(
      async () => {
        const found = (await serverTasks()).find(({ status }) => status === 'error')
        if (found === undefined) throw new Error('it has not been read back')
        return found
      },
      { timeoutMs: 20_000 },
    )
    expect(task.errorCode).toBe('PROVISION_NO_SUCH_FOLDER')
  })

  test('forgets here the backups that it deleted there', async () => {
    const { siteId, backendId } = server
    await server.calls().task.add({ objectKind: 'site', objectId: siteId, type: 'backup' })
    await server.untilQuiet()
    const { items } = await server.calls().backup.list({ siteId })
    const [{ file = '' } = {}] = items
    const id = '00000000-0000-7000-8000-00000000dddd'
    const mark = { format: 1, id, context: server.site, type: 'backup-delete', queue: 'x' }
    const text = JSON.stringify({ ...mark, args: [file], options: {}, startedAt: Date.now() })
    const result = { event: 'result', isOk: true, errorCode: null, errorMessage: null, at: 1 }
    const line = { ...result, data: { deleted: [file] }, contexts: [], removedContexts: [] }
    server.asAccount(
      `mkdir -p .hosting-desk/runs/${id} && cd .hosting-desk/runs/${id} && echo - 1 >claim && echo 0 >status.0`,
    )
    writeFileSync(server.inDesk('runs', id, 'out.0'), `${JSON.stringify(line)}\n`)
    await server.closeDesk()
    writeFileSync(server.inDesk('runs', id, 'task.json'), `${text}\n`)
    await server.openDesk()
    await eventually(() => expect(server.marks()).toEqual([]), { timeoutMs: 20_000 })
    const after = await server.calls().backup.list({ siteId })
    expect(after.items.map((one) => one.file)).toEqual(
      items.map((one) => one.file).filter((one) => one !== file),
    )
    expect((await server.calls().backend.get({ id: backendId })).recurringOwner).toBe('server')
  })

  test('is told otherwise as soon as its queue or the site’s schedule is set otherwise', async () => {
    await server.calls().queue.edit({ name: 'backup', frequencySeconds: 120 })
    await server.calls().queue.edit({ name: 'backup-retention', values: { rules: '7d 1d' } })
    await server.calls().backup.schedule({ siteId: server.siteId, everySeconds: null })
    await server.untilQuiet()
    expect(contextOf('server_web1')).toMatchObject({
      options: {
        dispatch_plan: {
          queues: [
            { name: 'cron' },
            { frequencySeconds: 120 },
            { name: 'backup-retention', rules: '7d 1d' },
            { name: 'certificates' },
          ],
        },
      },
    })
    expect(contextOf(server.site)).not.toMatchObject({
      options: { backup_every_seconds: EVERY_SECONDS },
    })
  })

  test('is the desk’s again once the lines are gone', async () => {
    const { backendId } = server
    const { before } = await server.calls().crontab.show({ backendId, wish: 'remove' })
    await server.calls().crontab.remove({ backendId, expected: before })
    expect(server.crontab()).toBe('')
    expect((await server.calls().backend.get({ id: backendId })).recurringOwner).toBe('desk')
    await server.untilQuiet()
    expect(contextOf('server_web1')).not.toHaveProperty('options.dispatch_plan')
  })
})
