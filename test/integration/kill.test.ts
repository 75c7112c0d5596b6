import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import {
  aDataFolder,
  addServer,
  addServerOn,
  countedLines,
  logOf,
  processesOf,
  removeFolder,
  resetAccount,
  timesRun,
  untilEnded,
} from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { endFirstRun } from '../support/first-run.ts'
import { Headless, installBuilt, type Installation } from '../support/headless.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from '../support/sshd.ts'

const account = ensureSandboxAccount('hdtest2')
let installation: Installation
let sshd: Sshd
let data: string
let headless: Headless
let calls: DeskClient

beforeAll(async () => {
  installation = await installBuilt({ isCounting: true })
  sshd = await startSshd({ accounts: [account] })
}, 120_000)
afterAll(async () => {
  await sshd.stop()
  installation.remove()
})

beforeEach(async () => {
  resetAccount(account)
  data = aDataFolder()
  await endFirstRun(data)
  await start()
})
afterEach(async () => {
  await headless.kill()
  removeFolder(data)
})

async function start(): Promise<void> {
  headless = new Headless(installation, data)
  calls = await headless.calls()
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at)

const untilLogged = (taskId: string, count: number): Promise<void> =>
  eventually(
    async () => {
      const { attemptId } = await calls.task.get({ id: taskId })
      const { total } = await calls.task.log({ attemptId: attemptId ?? '', from: 0, limit: 1 })
      if (total < count) throw new Error(`only ${total} entries`)
    },
    { timeoutMs: 20_000 },
  )

/** The task succeeded in its first attempt, its command ran once, and its log has each line once. */
async function expectOnce(taskId: string, lines: number): Promise<void> {
  const task = await untilEnded(calls, taskId)
  expect(task).toMatchObject({ status: 'success', attempts: 1, errorCode: null })
  expect(countedLines(await logOf(calls, task))).toEqual(upTo(lines))
  expect(timesRun(account, task.objectName)).toBe(1)
}

describe('an application that is killed', () => {
  test('in the middle of a task carries it to its end when it is started again', async () => {
    const { taskId } = await addServer(calls, sshd, account, { wish: 'lines=300 ms=10' })
    await untilLogged(taskId, 60)
    await headless.kill()
    await start()
    await expectOnce(taskId, 300)
  })

  test('and started only after the task has ended on the server takes its result over', async () => {
    const { taskId } = await addServer(calls, sshd, account, { wish: 'lines=100 ms=10' })
    await untilLogged(taskId, 10)
    expect(processesOfRuns().length).toBeGreaterThan(0)
    await headless.kill()
    await eventually(() => {
      if (processesOfRuns().length > 0) throw new Error('still running')
    })
    await start()
    await expectOnce(taskId, 100)
  })

  test('at any instant, with several tasks going, loses no line and runs nothing twice', async () => {
    const { backendId, taskId } = await addServer(calls, sshd, account)
    await untilEnded(calls, taskId)
    await calls.app.pauseDispatch()
    const tasks = await Promise.all(
      upTo(8).map((at) => addServerOn(calls, backendId, `many${at}`, 'lines=150 ms=20')),
    )
    await calls.app.resumeDispatch()
    const random = randomFrom(20_261_123)
    for (let kill = 0; kill < 12; kill++) {
      await waited(random() * 700)
      await headless.kill()
      headless = new Headless(installation, data)
    }
    calls = await headless.calls()
    for (const task of tasks) await expectOnce(task.taskId, 150)
  })
})

/** The instant itself is what varies here, so there is nothing to poll for. */
const waited = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const processesOfRuns = (): string[] =>
  processesOf(account).filter((line) => line.includes('provision.mjs') || line.includes('@server'))

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
