import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { acquireOwnership, findOwner } from '../../../main/store/owner.ts'
import { isRunning, ownIdentity } from '../../../main/store/process-identity.ts'
import { eventually } from '../../support/eventually.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const CHILD = path.join(import.meta.dirname, 'owner-child.ts')

interface Contender {
  child: ChildProcess
  /** `owner`, `locked`, or what went wrong. */
  outcome: Promise<string>
}

/** Another process that wants to own the folder and keeps it until it is ended. */
function contend(folder: string, kind: string, waitMs = 0): Contender {
  const child = spawn(process.execPath, [CHILD, folder, kind, String(waitMs)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, outcome: firstLine(child) }
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [chunk] = (await once(child.stdout ?? child, 'data')) as [Buffer]
  return chunk.toString().trim()
}

/** Lets the process go in good order. */
async function end({ child }: Contender): Promise<void> {
  child.stdin?.end()
  if (child.exitCode === null) await once(child, 'exit')
}

async function kill({ child }: Contender): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

const options = (folder: string, waitMs = 0) => ({ folder, kind: 'one-shot', waitMs }) as const

describe('a data folder', () => {
  test('has one owner in one process too, until it is released', async () => {
    const folder = temporaryFolder()
    const first = await acquireOwnership(options(folder))
    await expect(acquireOwnership(options(folder))).rejects.toMatchObject({ code: 'store.locked' })
    await first.release()
    expect(await findOwner(folder)).toBeUndefined()
    const second = await acquireOwnership(options(folder))
    await second.release()
  })

  test('owned by a long-lived process names it and its socket', async () => {
    const folder = temporaryFolder()
    const contender = contend(folder, 'long-lived')
    expect(await contender.outcome).toBe('owner')
    await expect(acquireOwnership(options(folder, 60_000))).rejects.toMatchObject({
      code: 'store.locked',
      data: {
        pid: contender.child.pid,
        kind: 'long-lived',
        socketPath: path.join(folder, 'desk.sock'),
      },
    })
  })

  test('owned by a one-shot process is waited for', async () => {
    const folder = temporaryFolder()
    const contender = contend(folder, 'one-shot')
    expect(await contender.outcome).toBe('owner')
    const waiting = acquireOwnership(options(folder, 10_000))
    await end(contender)
    await (await waiting).release()
  })

  test('is given up waiting for when the time is over or the signal comes', async () => {
    const folder = temporaryFolder()
    const owner = await acquireOwnership(options(folder))
    await expect(acquireOwnership(options(folder, 100))).rejects.toMatchObject({
      code: 'store.locked',
      data: { pid: process.pid, kind: 'one-shot' },
    })
    const stop = new AbortController()
    const waiting = acquireOwnership({ ...options(folder, 10_000), signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow()
    await owner.release()
  })

  test('is free again once its owner was killed', async () => {
    const folder = temporaryFolder()
    const contender = contend(folder, 'long-lived')
    expect(await contender.outcome).toBe('owner')
    await kill(contender)
    const ownership = await acquireOwnership(options(folder))
    await ownership.release()
    expect(fs.readdirSync(path.join(folder, 'owner'))).toEqual([])
  })

  test('has one owner when many processes come at once, with a killed owner before them', async () => {
    const folder = temporaryFolder()
    const before = contend(folder, 'one-shot')
    expect(await before.outcome).toBe('owner')
    await kill(before)
    for (let round = 0; round < 2; round++) {
      const contenders = Array.from({ length: 6 }, () => contend(folder, 'long-lived', 10_000))
      const outcomes = await Promise.all(contenders.map(({ outcome }) => outcome))
      expect(outcomes.sort()).toEqual(['locked', 'locked', 'locked', 'locked', 'locked', 'owner'])
      await Promise.all(contenders.map(end))
    }
  }, 30_000)

  test('never has two owners while many in one process take turns', async () => {
    const folder = temporaryFolder()
    let owners = 0
    const turns = Array.from({ length: 12 }, async () => {
      const ownership = await acquireOwnership(options(folder, 20_000))
      owners += 1
      expect(owners).toBe(1)
      await new Promise((resolve) => setImmediate(resolve))
      owners -= 1
      await ownership.release()
    })
    await Promise.all(turns)
  }, 30_000)

  test('with a file among its claims that is none is not taken', async () => {
    const folder = temporaryFolder()
    fs.mkdirSync(path.join(folder, 'owner'))
    fs.writeFileSync(path.join(folder, 'owner', 'x.claim'), '{"pid":1')
    await expect(acquireOwnership(options(folder))).rejects.toMatchObject({ code: 'store.locked' })
  })

  test('with a long path gets a socket path that a socket can have', async () => {
    const folder = path.join(temporaryFolder(), 'ä'.repeat(60))
    fs.mkdirSync(folder)
    const ownership = await acquireOwnership(options(folder))
    onTestFinished(() => ownership.release())
    expect(Buffer.byteLength(ownership.socketPath)).toBeLessThan(104)
    const { mode } = fs.statSync(path.dirname(ownership.socketPath))
    expect(mode & 0o777).toBe(0o700)
  })
})

describe('a process', () => {
  test('is told apart from another with its number', async () => {
    const own = await ownIdentity()
    expect(await isRunning(own)).toBe(true)
    expect(await isRunning({ ...own, startedAt: own.startedAt - 100_000 })).toBe(false)
    expect(await isRunning({ ...own, bootId: 'another start of the machine' })).toBe(false)
  })

  test('that was killed and not yet collected by its parent does not run', async () => {
    const own = await ownIdentity()
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const pid = Number(await firstLine(parent))
    // Until then it is a shell, which collects its children.
    const parentName = (): string => fs.readFileSync(`/proc/${parent.pid}/comm`, 'utf8').trim()
    await eventually(() => expect(parentName()).toBe('sleep'))
    process.kill(pid, 'SIGKILL')
    const stat = (): string => fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    await eventually(() => expect(stat().split(' ')[2]).toBe('Z'))
    expect(await isRunning({ ...own, pid, startedAt: Number(stat().split(' ')[21]) })).toBe(false)
  })
})
