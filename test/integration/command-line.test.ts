import { readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { CommandLines, CONTEXT } from '../support/command-lines.ts'
import { countedLines, untilEnded } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { endFirstRun } from '../support/first-run.ts'

const desk = new CommandLines()

describe('dispatch', () => {
  test('without an application runs what waits, follows it and exits 0', async () => {
    await desk.aWaitingServer()
    expect(await desk.answer('dispatch')).toMatchObject({
      queued: 0,
      running: 0,
      isAskedOfRunning: false,
    })
    expect(desk.timesRun()).toBe(1)
    expect(await desk.answer('task', 'show', '1')).toMatchObject({ status: 'success' })
  })

  test('asks the application that runs, and exits 0', async () => {
    await desk.aWaitingServer('lines=20 ms=20')
    const headless = desk.startHeadless()
    const calls = await headless.calls()
    expect(await desk.answer('dispatch')).toMatchObject({ isAskedOfRunning: true })
    const [task] = (await calls.task.list({})).items
    expect(await untilEnded(calls, task?.id ?? '')).toMatchObject({ status: 'success' })
    expect(desk.timesRun()).toBe(1)
  })

  test('twice at once does not run a task twice', async () => {
    await desk.aWaitingServer('lines=30 ms=20')
    const both = await Promise.all([desk.run('dispatch'), desk.run('dispatch')])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(desk.timesRun()).toBe(1)
  })

  test('leaves what outlasts --for on its server, and the next one collects it', async () => {
    await desk.aWaitingServer('lines=100 ms=20')
    expect(await desk.answer('dispatch', '--for', '500ms')).toMatchObject({ running: 1 })
    expect(await desk.answer('task', 'show', '1')).toMatchObject({ status: 'processing' })
    expect(await desk.answer('dispatch')).toMatchObject({ running: 0, queued: 0 })
    expect(await desk.answer('task', 'show', '1')).toMatchObject({ status: 'success', attempts: 1 })
    expect(desk.timesRun()).toBe(1)
  })

  test('exits 4 while dispatch is paused, and starts nothing', async () => {
    await desk.aWaitingServer()
    await desk.setPaused(true)
    const { code, out } = await desk.run('dispatch')
    expect({ code, out }).toEqual({
      code: 4,
      out: 'Dispatch is paused. Nothing was started.\n',
    })
    expect(desk.timesRun()).toBe(0)
  })
})

describe('one owner of the data folder', () => {
  test('an application started while a command works waits for it and takes over', async () => {
    await desk.aWaitingServer('lines=100 ms=20')
    const command = desk.type('dispatch')
    await eventually(() => expect(desk.timesRun()).toBe(1), { timeoutMs: 20_000 })
    const calls = await desk.startHeadless().calls()
    expect((await command.ended()).code).toBe(0)
    expect((await calls.task.list({})).items).toMatchObject([{ status: 'success' }])
    expect(desk.timesRun()).toBe(1)
  })

  test('a second application says which process runs, and exits 3', async () => {
    await endFirstRun(desk.data)
    const first = desk.startHeadless()
    await first.address()
    const second = desk.startHeadless()
    expect(await second.ended()).toBe(3)
    expect(second.err).toContain(`process ${first.child.pid}`)
    expect(second.err.trim().split('\n')).toHaveLength(1)
  })

  test('a command that the store is closed to exits 3', async () => {
    await endFirstRun(desk.data)
    const headless = desk.startHeadless()
    await headless.address()
    const { code, err } = await desk.run('store', 'check')
    expect({ code, err }).toMatchObject({ code: 3 })
    expect(err).toContain(`process ${headless.child.pid}`)
  })

  test('url prints the one-time address of the application that runs, and none afterwards', async () => {
    await endFirstRun(desk.data)
    expect((await desk.run('url')).code).toBe(2)
    const headless = desk.startHeadless()
    const address = await headless.address()
    expect(await desk.answer('url')).toEqual({ url: address })
    await headless.stop()
    expect((await desk.run('url')).code).toBe(2)
  })
})

describe('tasks', () => {
  test('are added, followed to their end, listed and shown', async () => {
    await desk.aWaitingServer()
    await desk.run('dispatch')
    const { code, out } = await desk.run('task', 'add', 'verify', '@server_web1', '--follow')
    expect(code).toBe(0)
    expect(out).toContain('line 4')
    expect(out).toContain('Verify of web1: success')
    expect(desk.timesRun()).toBe(2)
    expect(await desk.answer('task', 'list')).toMatchObject({
      total: 2,
      items: [{ number: 2, origin: 'command-line' }, { number: 1 }],
    })
    expect((await desk.run('task', 'show', '2')).out).toContain('Verify of web1')
  })

  test('that are added without an application and not followed only wait', async () => {
    await desk.aWaitingServer()
    await desk.run('dispatch')
    expect(await desk.answer('task', 'add', 'verify', CONTEXT)).toMatchObject({ status: 'queued' })
    expect(await desk.answer('task', 'show', '2')).toMatchObject({ status: 'queued', attempts: 0 })
    expect(desk.timesRun()).toBe(1)
  })

  test('that are followed as JSON are one object a line', async () => {
    await desk.aWaitingServer()
    const { code, out } = await desk.run('task', 'follow', '1', '--json')
    expect(code).toBe(0)
    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; text: string })
    expect(countedLines(events as never)).toEqual([0, 1, 2, 3, 4])
    expect(events.at(-1)).toMatchObject({ event: 'ended', task: { status: 'success' } })
  })

  test('that fail make the follower exit 1; they can be tried again', async () => {
    await desk.aWaitingServer('lines=1 fail')
    expect((await desk.run('task', 'follow', '1')).code).toBe(1)
    expect((await desk.run('task', 'retry', '1', '--follow')).code).toBe(1)
    expect(await desk.answer('task', 'show', '1')).toMatchObject({ status: 'error', attempts: 2 })
    expect(desk.timesRun()).toBe(2)
  })

  test('that wait are cancelled and never run', async () => {
    await desk.aWaitingServer()
    await desk.run('task', 'cancel', '1')
    expect(await desk.answer('task', 'show', '1')).toMatchObject({ status: 'cancelled' })
    await desk.run('dispatch')
    expect(desk.timesRun()).toBe(0)
  })

  test('that run on a server are cancelled there, with no application open', async () => {
    await desk.aWaitingServer('lines=3000 ms=20')
    await desk.run('dispatch', '--for', '600ms')
    await desk.run('task', 'cancel', '1')
    expect(await desk.answer('task', 'show', '1')).toMatchObject({ status: 'cancelled' })
  })

  test('take the fields of their form as words, what they name by its name', async () => {
    await desk.aSite('www.example.com')
    const site = '@www.example.com'
    const backup = ['task', 'add', site, 'backup', 'description=before the update', '--follow']
    expect(await desk.run(...backup)).toMatchObject({ code: 0, err: '' })
    expect(await desk.answer('task', 'list')).toMatchObject({
      items: [{ type: 'backup', values: { description: 'before the update' } }, {}, {}, {}, {}],
    })
    const second = await desk.answer('platform', 'show', 'platform_second')
    expect(
      await desk.answer('task', 'add', site, 'migrate', 'platformId=@platform_second'),
    ).toEqual(
      expect.objectContaining({
        type: 'migrate',
        values: { platformId: (second as { id: string }).id },
      }),
    )
    // The type may come first, and a value may be an option.
    expect(
      await desk.answer('task', 'add', 'backup', 'www.example.com', '--value', 'description=so'),
    ).toMatchObject({ values: { description: 'so' } })
  })

  test.each([
    ['a word that is no field', ['backup', 'quickly'], 'quickly'],
    ['a field that the form does not have', ['backup', 'colour=red'], 'description'],
    ['a platform that there is not', ['migrate', 'platformId=@platform_gone'], '@platform_gone'],
    ['a field that is needed and missing', ['migrate'], 'Platform is needed'],
    ['a backup that there is not', ['backup-delete', 'backups=gone.tar.gz'], 'gone.tar.gz'],
    ['a task that it does not have', ['florp'], 'backup'],
  ])('with %s are not added, which is said with exit 2', async (_what, words, said) => {
    await desk.aSite('www.example.com')
    const { code, err } = await desk.run('task', 'add', '@www.example.com', ...words)
    expect(code).toBe(2)
    expect(err).toContain(said)
    expect(await desk.answer('task', 'list')).toMatchObject({ total: 4 })
  })

  test('are added to the application that runs', async () => {
    await desk.aWaitingServer()
    await desk.run('dispatch')
    await desk.startHeadless().address()
    const { code, out } = await desk.run('task', 'add', 'verify', 'server:server_web1', '--follow')
    expect(code).toBe(0)
    expect(out).toContain('line 4')
    expect(desk.timesRun()).toBe(2)
  })
})

describe('objects', () => {
  test('are listed and shown, as text and as JSON', async () => {
    await desk.aWaitingServer()
    expect(await desk.answer('server', 'list')).toMatchObject([{ name: CONTEXT, title: 'web1' }])
    expect(await desk.answer('server', 'show', '@server_web1')).toMatchObject({ title: 'web1' })
    expect(await desk.answer('backend', 'list')).toMatchObject([{ user: desk.user }])
    expect(await desk.answer('platform', 'list')).toEqual([])
    expect(await desk.answer('site', 'list')).toEqual([])
    expect((await desk.run('server', 'list')).out).toContain(CONTEXT)
    expect((await desk.run('site', 'list')).out).toBe('There is no site yet.\n')
    expect((await desk.run('site', 'show', 'nowhere.example')).code).toBe(2)
  })
})

describe('the store', () => {
  test('is checked, exported and restored', async () => {
    await desk.aWaitingServer()
    const file = path.join(desk.data, 'copy.sqlite')
    expect(await desk.answer('store', 'check')).toMatchObject({ problems: [] })
    expect(await desk.answer('store', 'export', file)).toEqual({ file })
    expect(readFileSync(file).subarray(0, 15).toString()).toBe('SQLite format 3')
    expect(statSync(file).mode & 0o077).toBe(0)
    await desk.run('task', 'cancel', '1')
    expect(await desk.answer('store', 'restore', file)).toMatchObject({ file })
    expect(await desk.answer('task', 'show', '1')).toMatchObject({ status: 'queued' })
  })

  test('is not restored from what is no copy of one', async () => {
    await desk.aWaitingServer()
    const file = path.join(desk.data, 'no-copy')
    writeFileSync(file, 'nothing of the kind')
    const { code, err } = await desk.run('store', 'restore', file)
    expect(code).not.toBe(0)
    expect(err).not.toMatch(/^\s+at /m)
    expect(await desk.answer('task', 'show', '1')).toMatchObject({ status: 'queued' })
  })
})
