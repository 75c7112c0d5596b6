import { rmSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { App } from '../../main/app.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import {
  aDataFolder,
  addServer,
  addServerOn,
  countedLines,
  logOf,
  openDeskAt,
  processesOf,
  removeFolder,
  resetAccount,
  timesRun,
  untilEnded,
} from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from '../support/sshd.ts'

const account = ensureSandboxAccount()
let sshd: Sshd
let folder: string
let app: App
let calls: DeskClient

beforeAll(async () => {
  sshd = await startSshd()
})
afterAll(() => sshd.stop())

beforeEach(async () => {
  resetAccount(account)
  folder = aDataFolder()
  ;({ app, calls } = await openDeskAt(folder))
})
afterEach(async () => {
  await app.close()
  removeFolder(folder)
})

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at)

const untilLogged = (taskId: string, count: number) =>
  eventually(
    async () => {
      const task = await calls.task.get({ id: taskId })
      const { total } = await calls.task.log({ attemptId: task.attemptId ?? '', from: 0, limit: 1 })
      if (total < count) throw new Error(`only ${total} entries`)
    },
    { timeoutMs: 20_000 },
  )

describe('a task over a real sshd', () => {
  test('runs once, its lines are logged in order, and its result is stored', async () => {
    const { taskId } = await addServer(calls, sshd, account, { wish: 'lines=200' })
    const task = await untilEnded(calls, taskId)
    expect(task).toMatchObject({ status: 'success', errorCode: null })
    expect(countedLines(await logOf(calls, task))).toEqual(upTo(200))
    expect(timesRun(account, 'server_web1')).toBe(1)
    expect(await calls.server.get({ id: task.objectId })).toMatchObject({ status: 'enabled' })
  })

  test('that fails says so and keeps its log; tried again it is a second attempt', async () => {
    const { taskId } = await addServer(calls, sshd, account, { wish: 'lines=2 fail' })
    const failed = await untilEnded(calls, taskId)
    expect(failed).toMatchObject({ status: 'error', errorCode: 'PROVISION_COUNTED' })
    await calls.task.retry({ id: taskId })
    const again = await untilEnded(calls, taskId)
    expect(again).toMatchObject({ status: 'error', attempts: 2 })
    expect(again.history.map(({ number }) => number)).toEqual([1, 2])
    expect(timesRun(account, 'server_web1')).toBe(2)
  })

  test('goes on over a cut connection: every line once, the command once', async () => {
    const { taskId } = await addServer(calls, sshd, account, { wish: 'lines=200 ms=10' })
    for (const count of [20, 60, 120]) {
      await untilLogged(taskId, count)
      sshd.killSessions()
    }
    const task = await untilEnded(calls, taskId)
    expect(task.status).toBe('success')
    expect(countedLines(await logOf(calls, task))).toEqual(upTo(200))
    expect(timesRun(account, 'server_web1')).toBe(1)
  })

  test('goes on when the application was closed and opened again', async () => {
    const { taskId } = await addServer(calls, sshd, account, { wish: 'lines=200 ms=10' })
    await untilLogged(taskId, 30)
    await app.close()
    ;({ app, calls } = await openDeskAt(folder))
    const task = await untilEnded(calls, taskId)
    expect(task).toMatchObject({ status: 'success', attempts: 1 })
    expect(countedLines(await logOf(calls, task))).toEqual(upTo(200))
    expect(timesRun(account, 'server_web1')).toBe(1)
  })

  test('with 30 going, a cancel is answered within a second and nothing of that run is left', async () => {
    const { backendId, taskId } = await addServer(calls, sshd, account)
    await untilEnded(calls, taskId)
    const backend = await calls.backend.get({ id: backendId })
    await calls.backend.edit({ id: backendId, title: 'web', address: backend, limit: 40 })
    await calls.queue.edit({ name: 'tasks', items: 40 })
    const tasks = await Promise.all(
      upTo(30).map((at) => addServerOn(calls, backendId, `many${at}`, 'lines=2000 ms=100 spawn')),
    )
    for (const task of tasks) await untilLogged(task.taskId, 2)
    const [chosen] = tasks
    const pids = processesOf(account).filter(
      (line) => line.includes('server_many0 ') || line.endsWith('server_many0'),
    )
    expect(pids.length).toBeGreaterThan(0)
    const before = performance.now()
    await calls.task.cancel({ id: chosen?.taskId ?? '' })
    const cancelled = await untilEnded(calls, chosen?.taskId ?? '')
    const tookMs = performance.now() - before
    expect(cancelled.status).toBe('cancelled')
    expect(tookMs).toBeLessThan(1000)
    await eventually(() => {
      const lines = processesOf(account)
      expect(lines.filter((line) => line.endsWith('@server_many0'))).toEqual([])
      expect(lines.filter((line) => line === 'sleep 3600')).toHaveLength(29)
    })
    await Promise.all(tasks.slice(1).map((task) => calls.task.cancel({ id: task.taskId })))
    for (const task of tasks) await untilEnded(calls, task.taskId)
    await eventually(() =>
      expect(processesOf(account).filter((line) => line === 'sleep 3600')).toEqual([]),
    )
  })

  test('a queued task that is cancelled never runs', async () => {
    await calls.app.pauseDispatch()
    const { taskId } = await addServer(calls, sshd, account)
    expect((await calls.task.cancel({ id: taskId })).status).toBe('cancelled')
    await calls.app.resumeDispatch()
    await calls.app.dispatch()
    expect(timesRun(account, 'server_web1')).toBe(0)
  })
})

describe('a login as root', () => {
  test('is refused, and the task says what to do', async () => {
    await calls.backend.trustHostKey(sshd.hostKey)
    const { task } = await calls.server.add({
      title: 'root1',
      backend: {
        address: {
          host: '127.0.0.1',
          port: sshd.port,
          user: 'root',
          login: { method: 'key', keyFile: account.keyFile },
        },
      },
      services: { http: { type: 'nginx', port: 8080, restartCommand: null } },
    })
    const ended = await untilEnded(calls, task.id)
    expect(ended).toMatchObject({ status: 'error', errorCode: 'ssh.root-refused' })
    expect(ended.errorMessage).toMatch(/account/)
  })
})

describe('a changed host key', () => {
  test('stops everything for its backend until the operator has decided', async () => {
    const { backendId, taskId, serverId } = await addServer(calls, sshd, account)
    await untilEnded(calls, taskId)
    const { port } = sshd
    await sshd.stop()
    sshd = await startSshd({ port })
    const task = await calls.task.add({ objectKind: 'server', objectId: serverId, type: 'verify' })
    await eventually(async () => {
      const waiting = await calls.task.get({ id: task.id })
      expect(waiting.activity?.waiting).toEqual({ reason: 'host-key', backendId })
    })
    expect((await calls.backend.get({ id: backendId })).state.problem).toMatchObject({
      code: 'ssh.host-key-changed',
    })
    expect(timesRun(account, 'server_web1')).toBe(1)
    await calls.backend.trustHostKey(sshd.hostKey)
    expect((await untilEnded(calls, task.id)).status).toBe('success')
    expect(timesRun(account, 'server_web1')).toBe(2)
  })
})

describe('closing the application', () => {
  test('does not wait for a server that has fallen silent', async () => {
    // The first command of a login is answered; each later one hangs before it begins.
    const [profile, count] = [`${account.home}/.bashrc`, `${account.home}/.logins`]
    writeFileSync(profile, `echo >>${count}; [ "$(wc -l <${count})" -gt 1 ] && exec sleep 60\n`)
    try {
      await addServer(calls, sshd, account)
      await eventually(() => expect(processesOf(account)).toContain('sleep 60'))
      const startedAt = performance.now()
      await app.close()
      expect(performance.now() - startedAt).toBeLessThan(5000)
    } finally {
      for (const file of [profile, count]) rmSync(file, { force: true })
      ;({ app, calls } = await openDeskAt(folder))
    }
  })
})

describe('secrets', () => {
  test('a task that needs a passphrase waits with that reason and goes on once it is given', async () => {
    await calls.backend.trustHostKey(sshd.hostKey)
    const { server, task } = await calls.server.add({
      title: 'locked1',
      backend: {
        address: {
          host: '127.0.0.1',
          port: sshd.port,
          user: account.user,
          login: { method: 'key', keyFile: account.encryptedKeyFile },
        },
      },
      services: { http: { type: 'nginx', port: 8080, restartCommand: 'lines=1' } },
    })
    const untilWaiting = () =>
      eventually(async () => {
        const waiting = await calls.task.get({ id: task.id })
        expect(waiting.activity?.waiting).toEqual({ reason: 'secret', backendId: server.backendId })
      })
    await untilWaiting()
    await calls.backend.giveSecrets({
      backendId: server.backendId,
      secrets: { passphrase: 'wrong' },
    })
    await untilWaiting()
    await calls.backend.giveSecrets({
      backendId: server.backendId,
      secrets: { passphrase: account.passphrase },
    })
    expect((await untilEnded(calls, task.id)).status).toBe('success')
  })
})
