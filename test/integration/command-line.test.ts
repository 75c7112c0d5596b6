import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  aDataFolder,
  addServer,
  countedLines,
  openDeskAt,
  removeFolder,
  resetAccount,
  timesRun,
  untilEnded,
} from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import {
  CommandLine,
  endFirstRun,
  Headless,
  installBuilt,
  type Installation,
} from '../support/headless.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from '../support/sshd.ts'

const account = ensureSandboxAccount('hdtest2')
const CONTEXT = 'server_web1'
let installation: Installation
let sshd: Sshd
let data: string
const running: Headless[] = []

beforeAll(async () => {
  installation = await installBuilt({ isCounting: true })
  sshd = await startSshd({ accounts: [account] })
}, 120_000)
afterAll(async () => {
  await sshd.stop()
  installation.remove()
})

beforeEach(() => {
  resetAccount(account)
  data = aDataFolder()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((headless) => headless.kill()))
  removeFolder(data)
})

const type = (...args: string[]): CommandLine =>
  new CommandLine(installation, [...args, '--data', data])
const run = (...args: string[]) => type(...args).ended()
const answer = async (...args: string[]): Promise<unknown> => {
  const { code, out, err } = await run(...args, '--json')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out)
}

function startHeadless(): Headless {
  const headless = new Headless(installation, data)
  running.push(headless)
  return headless
}

/** A data folder with one server whose verify waits; nothing of it has run. */
async function aWaitingServer(wish = 'lines=5'): Promise<void> {
  const { app, calls } = await openDeskAt(data)
  await app.pauseDispatch()
  await addServer(calls, sshd, account, { wish })
  await app.close()
  const { app: again } = await openDeskAt(data, { shell: 'command-line' })
  await again.resumeDispatch()
  await again.close()
}

describe('dispatch', () => {
  test('without an application runs what waits, follows it and exits 0', async () => {
    await aWaitingServer()
    expect(await answer('dispatch')).toMatchObject({
      queued: 0,
      running: 0,
      isAskedOfRunning: false,
    })
    expect(timesRun(account, CONTEXT)).toBe(1)
    expect(await answer('task', 'show', '1')).toMatchObject({ status: 'success' })
  })

  test('asks the application that runs, and exits 0', async () => {
    await aWaitingServer('lines=20 ms=20')
    const headless = startHeadless()
    const calls = await headless.calls()
    expect(await answer('dispatch')).toMatchObject({ isAskedOfRunning: true })
    const [task] = (await calls.task.list({})).items
    expect(await untilEnded(calls, task?.id ?? '')).toMatchObject({ status: 'success' })
    expect(timesRun(account, CONTEXT)).toBe(1)
  })

  test('twice at once does not run a task twice', async () => {
    await aWaitingServer('lines=30 ms=20')
    const both = await Promise.all([run('dispatch'), run('dispatch')])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(timesRun(account, CONTEXT)).toBe(1)
  })

  test('leaves what outlasts --for on its server, and the next one collects it', async () => {
    await aWaitingServer('lines=100 ms=20')
    expect(await answer('dispatch', '--for', '500ms')).toMatchObject({ running: 1 })
    expect(await answer('task', 'show', '1')).toMatchObject({ status: 'processing' })
    expect(await answer('dispatch')).toMatchObject({ running: 0, queued: 0 })
    expect(await answer('task', 'show', '1')).toMatchObject({ status: 'success', attempts: 1 })
    expect(timesRun(account, CONTEXT)).toBe(1)
  })

  test('exits 4 while dispatch is paused, and starts nothing', async () => {
    await aWaitingServer()
    const { app } = await openDeskAt(data, { shell: 'command-line' })
    await app.pauseDispatch()
    await app.close()
    const { code, out } = await run('dispatch')
    expect({ code, out }).toEqual({
      code: 4,
      out: 'Dispatch is paused. Nothing was started.\n',
    })
    expect(timesRun(account, CONTEXT)).toBe(0)
  })
})

describe('one owner of the data folder', () => {
  test('an application started while a command works waits for it and takes over', async () => {
    await aWaitingServer('lines=100 ms=20')
    const command = type('dispatch')
    await eventually(() => expect(timesRun(account, CONTEXT)).toBe(1), { timeoutMs: 20_000 })
    const calls = await startHeadless().calls()
    expect((await command.ended()).code).toBe(0)
    expect((await calls.task.list({})).items).toMatchObject([{ status: 'success' }])
    expect(timesRun(account, CONTEXT)).toBe(1)
  })

  test('a second application says which process runs, and exits 3', async () => {
    await endFirstRun(data)
    const first = startHeadless()
    await first.address()
    const second = startHeadless()
    expect(await second.ended()).toBe(3)
    expect(second.err).toContain(`process ${first.child.pid}`)
    expect(second.err.trim().split('\n')).toHaveLength(1)
  })

  test('a command that the store is closed to exits 3', async () => {
    await endFirstRun(data)
    const headless = startHeadless()
    await headless.address()
    const { code, err } = await run('store', 'check')
    expect({ code, err }).toMatchObject({ code: 3 })
    expect(err).toContain(`process ${headless.child.pid}`)
  })

  test('url prints the one-time address of the application that runs, and none afterwards', async () => {
    await endFirstRun(data)
    expect((await run('url')).code).toBe(2)
    const headless = startHeadless()
    const address = await headless.address()
    expect(await answer('url')).toEqual({ url: address })
    await headless.stop()
    expect((await run('url')).code).toBe(2)
  })
})

describe('tasks', () => {
  test('are added, followed to their end, listed and shown', async () => {
    await aWaitingServer()
    await run('dispatch')
    const { code, out } = await run('task', 'add', 'verify', '@server_web1', '--follow')
    expect(code).toBe(0)
    expect(out).toContain('line 4')
    expect(out).toContain('Verify of web1: success')
    expect(timesRun(account, CONTEXT)).toBe(2)
    expect(await answer('task', 'list')).toMatchObject({
      total: 2,
      items: [{ number: 2, origin: 'command-line' }, { number: 1 }],
    })
    expect((await run('task', 'show', '2')).out).toContain('Verify of web1')
  })

  test('that are followed as JSON are one object a line', async () => {
    await aWaitingServer()
    const { code, out } = await run('task', 'follow', '1', '--json')
    expect(code).toBe(0)
    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; text: string })
    expect(countedLines(events as never)).toEqual([0, 1, 2, 3, 4])
    expect(events.at(-1)).toMatchObject({ event: 'ended', task: { status: 'success' } })
  })

  test('that fail make the follower exit 1; they can be tried again', async () => {
    await aWaitingServer('lines=1 fail')
    expect((await run('task', 'follow', '1')).code).toBe(1)
    expect((await run('task', 'retry', '1', '--follow')).code).toBe(1)
    expect(await answer('task', 'show', '1')).toMatchObject({ status: 'error', attempts: 2 })
    expect(timesRun(account, CONTEXT)).toBe(2)
  })

  test('that wait are cancelled and never run', async () => {
    await aWaitingServer()
    await run('task', 'cancel', '1')
    expect(await answer('task', 'show', '1')).toMatchObject({ status: 'cancelled' })
    await run('dispatch')
    expect(timesRun(account, CONTEXT)).toBe(0)
  })

  test('that run on a server are cancelled there, with no application open', async () => {
    await aWaitingServer('lines=3000 ms=20')
    await run('dispatch', '--for', '600ms')
    await run('task', 'cancel', '1')
    expect(await answer('task', 'show', '1')).toMatchObject({ status: 'cancelled' })
  })

  test('are added to the application that runs', async () => {
    await aWaitingServer()
    await run('dispatch')
    await startHeadless().address()
    const { code, out } = await run('task', 'add', 'verify', 'server:server_web1', '--follow')
    expect(code).toBe(0)
    expect(out).toContain('line 4')
    expect(timesRun(account, CONTEXT)).toBe(2)
  })
})

describe('objects', () => {
  test('are listed and shown, as text and as JSON', async () => {
    await aWaitingServer()
    expect(await answer('server', 'list')).toMatchObject([{ name: CONTEXT, title: 'web1' }])
    expect(await answer('server', 'show', '@server_web1')).toMatchObject({ title: 'web1' })
    expect(await answer('backend', 'list')).toMatchObject([{ user: account.user }])
    expect(await answer('platform', 'list')).toEqual([])
    expect(await answer('site', 'list')).toEqual([])
    expect((await run('server', 'list')).out).toContain(CONTEXT)
    expect((await run('site', 'list')).out).toBe('There is no site yet.\n')
    expect((await run('site', 'show', 'nowhere.example')).code).toBe(2)
  })
})

describe('the store', () => {
  test('is checked, exported and restored', async () => {
    await aWaitingServer()
    const file = path.join(data, 'copy.sqlite')
    expect(await answer('store', 'check')).toMatchObject({ problems: [] })
    expect(await answer('store', 'export', file)).toEqual({ file })
    expect(readFileSync(file).subarray(0, 15).toString()).toBe('SQLite format 3')
    expect(statSync(file).mode & 0o077).toBe(0)
    await run('task', 'cancel', '1')
    expect(await answer('store', 'restore', file)).toMatchObject({ file })
    expect(await answer('task', 'show', '1')).toMatchObject({ status: 'queued' })
  })

  test('is not restored from what is no copy of one', async () => {
    await aWaitingServer()
    const file = path.join(data, 'no-copy')
    writeFileSync(file, 'nothing of the kind')
    const { code, err } = await run('store', 'restore', file)
    expect(code).not.toBe(0)
    expect(err).not.toMatch(/^\s+at /m)
    expect(await answer('task', 'show', '1')).toMatchObject({ status: 'queued' })
  })
})

describe('what cannot be', () => {
  test.each([
    ['no command', []],
    ['an unknown command', ['florp']],
    ['an unknown action', ['task', 'florp']],
    ['an unknown option', ['task', 'list', '--florp']],
    ['a number that is none', ['task', 'show', '1e3']],
    ['a number of nothing', ['task', 'show', '4711']],
    ['a huge number', ['task', 'show', '9'.repeat(15)]],
    ['a missing name', ['task', 'add', 'verify']],
    ['an object that is not there', ['task', 'add', 'verify', 'nowhere.example']],
    ['a name in escapes', ['task', 'add', 'verify', '\u001b[31mred']],
    ['a huge name', ['site', 'show', 'a'.repeat(100_000)]],
    ['a value without a name', ['task', 'add', 'verify', 'x', '--value', '=1']],
    ['a duration that is none', ['dispatch', '--for', 'soon']],
    ['a restore without a file', ['store', 'restore']],
  ])('%s is said in a line or two, with exit 2', async (_what, args) => {
    const { code, err } = await run(...args)
    expect(code).toBe(2)
    expect(err).not.toMatch(/^\s+at /m)
    expect(err).not.toContain('\u001b')
    expect(err.trim().split('\n').length).toBeLessThan(3)
    expect(err.length).toBeLessThan(1000)
  })

  test('a task type that does not exist is said, and nothing is queued', async () => {
    await aWaitingServer()
    const { code, err } = await run('task', 'add', 'florp', CONTEXT)
    expect(code).not.toBe(0)
    expect(err).toContain('florp')
    expect(await answer('task', 'list')).toMatchObject({ total: 1 })
  })

  test('a data folder that is a file or below one is said in a line', async () => {
    const file = path.join(data, 'file')
    writeFileSync(file, 'x')
    for (const folder of [file, path.join(file, 'below')]) {
      const { code, err } = await new CommandLine(installation, [
        'task',
        'list',
        '--data',
        folder,
      ]).ended()
      expect({ code, err }).toMatchObject({ code: 2 })
      expect(err).toContain(folder)
      expect(err.trim().split('\n')).toHaveLength(1)
      const headless = new Headless(installation, folder)
      expect(await headless.ended()).toBe(2)
      expect(headless.err.trim().split('\n')).toHaveLength(1)
    }
  })

  test('a data folder in which nothing can be written is said in a line', async () => {
    // Not even root can make a folder there.
    const { code, err } = await new CommandLine(installation, [
      'task',
      'list',
      '--data',
      '/sys/hosting-desk',
    ]).ended()
    expect(code).toBe(2)
    expect(err.trim().split('\n')).toHaveLength(1)
  })

  test('a reader that leaves early ends the output quietly', async () => {
    await aWaitingServer('lines=2000 ms=1')
    const command = type('task', 'follow', '1')
    await new Promise<void>((resolve) => {
      command.child.stdout?.once('data', () => {
        command.child.stdout?.destroy()
        resolve()
      })
    })
    const { code, err } = await command.ended()
    expect(err).toBe('')
    expect(code).toBe(0)
  })

  test('a port that is none is said by the application, with exit 2', async () => {
    for (const port of ['-1', '65536', '1e3', 'x']) {
      const headless = new Headless(installation, data, port)
      expect(await headless.ended()).toBe(2)
      expect(headless.err.trim().split('\n').length).toBeLessThan(3)
    }
  })

  test('help is printed with exit 0, also as -h', async () => {
    for (const option of ['--help', '-h']) {
      const { code, out } = await run(option)
      expect(code).toBe(0)
      expect(out).toContain('hosting-desk dispatch')
    }
  })

  test('a data folder of a name with spaces and signs is taken as it is', async () => {
    const folder = path.join(data, `a folder; $(touch x) 'é"`)
    mkdirSync(folder)
    const { code, out } = await new CommandLine(installation, ['task', 'list'], {
      HOSTING_DESK_DATA: folder,
    }).ended()
    expect({ code, out }).toEqual({ code: 0, out: 'There is no task yet.\n' })
    expect(statSync(path.join(folder, 'owner')).isDirectory()).toBe(true)
  })
})
