import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { OpenConnection } from '../../main/ssh/open-connection.ts'
import { RemoteRuns } from '../../main/ssh/remote-runs.ts'
import type { RunEvent, RunOffsets, RunRequest, Runs } from '../../main/ssh/run.ts'
import { eventually } from '../support/eventually.ts'
import { codeOf, collectEvents, openTo, sandboxAddress, textOf } from '../support/ssh.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from '../support/sshd.ts'

const account = ensureSandboxAccount()
let serial = 0
const newId = (): string => `test-${process.pid}-${serial++}`

const sh = (script: string, stdin: string | null = null, ...args: string[]) => ({
  name: 'command',
  argv: ['sh', '-c', script, 'sh', ...args],
  stdin,
})
const aRun = (...stages: RunRequest['stages']): RunRequest => ({ id: newId(), claim: 1, stages })

let sshd: Sshd
let connection: OpenConnection
let runs: Runs
/** Belongs to the account; for what runs leave behind. */
let scratch: string

const cleanUp = (): void =>
  rmSync(path.join(account.home, '.hosting-desk'), { recursive: true, force: true })

beforeAll(async () => {
  cleanUp()
  sshd = await startSshd()
})
afterAll(async () => {
  await sshd.stop()
  cleanUp()
})
beforeEach(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), 'hosting-desk-runs-'))
  chownSync(scratch, account.uid, account.uid)
  connection = await openTo(sshd)
  runs = connection.runs
})
afterEach(async () => {
  connection.close()
  await connection.closed
  rmSync(scratch, { recursive: true, force: true })
})

const lastOf = (events: readonly RunEvent[]): RunEvent | undefined => events.at(-1)
const finished = (...exitCodes: number[]): RunEvent => ({
  event: 'ended',
  run: { state: 'finished', exitCodes },
})

describe('a run', () => {
  test('goes through its stages and tells what each printed', async () => {
    const run = aRun(sh('cat', 'a line\n'), sh('echo out; echo err >&2; exit 3'))
    expect(await runs.start(run)).toBe('started')
    const events = await collectEvents(runs.follow(run.id, []))
    expect(textOf(events, 0)).toBe('a line\n')
    expect(textOf(events, 1)).toBe('out\n')
    expect(textOf(events, 1, 'err')).toBe('err\n')
    expect(lastOf(events)).toEqual(finished(0, 3))
  })

  test('ends at the first stage that fails', async () => {
    const run = aRun(sh('exit 7'), sh(`touch ${scratch}/never`))
    await runs.start(run)
    expect(lastOf(await collectEvents(runs.follow(run.id, [])))).toEqual(finished(7))
    expect(existsSync(`${scratch}/never`)).toBe(false)
  })

  test('says 127 where there is no such program', async () => {
    const run = aRun({ name: 'command', argv: ['/nowhere/program'], stdin: null })
    await runs.start(run)
    expect(lastOf(await collectEvents(runs.follow(run.id, [])))).toEqual(finished(127))
  })

  test('begins in the home folder with the mask of a login, and holds nothing of ours open', async () => {
    const run = aRun(sh('pwd; umask; ls /proc/self/fd', 'x'), sh('true', 'later'))
    await runs.start(run)
    const text = textOf(await collectEvents(runs.follow(run.id, [])))
    expect(text).toBe(`${account.home}\n0022\n0\n1\n2\n3\n`)
  })

  test('takes every value as it is', async () => {
    const hostile = [
      "'",
      '"',
      '\\',
      '$(touch x)',
      '`id`',
      '\n',
      '!x',
      '*',
      '~',
      '-n',
      '',
      ' a  b ',
      'é\u2028',
      "'\\''",
      '\\n',
      '%s',
    ]
    const stdin = `${hostile.join('\n')}\n\n`
    const run = aRun(
      { name: 'command', argv: ['printf', '<%s>', ...hostile], stdin: null },
      sh('cat', stdin),
    )
    await runs.start(run)
    const events = await collectEvents(runs.follow(run.id, []))
    expect(textOf(events, 0)).toBe(hostile.map((one) => `<${one}>`).join(''))
    expect(textOf(events, 1)).toBe(stdin)
  })

  test('is not started a second time under the same id', async () => {
    const run = aRun(sh('echo x >> "$1"', null, `${scratch}/ran`))
    const answers = await Promise.all([runs.start(run), openedAgain((other) => other.start(run))])
    expect(answers.sort()).toEqual(['already-claimed', 'started'])
    await collectEvents(runs.follow(run.id, []))
    expect(readFileSync(`${scratch}/ran`, 'utf8')).toBe('x\n')
  })

  test('leaves neither its request nor its input on the server while it runs', async () => {
    const run = aRun(
      sh('cat >/dev/null; ls "$1"', 'a secret', `.hosting-desk/runs/test-${process.pid}-${serial}`),
    )
    await runs.start(run)
    const text = textOf(await collectEvents(runs.follow(run.id, [])))
    expect(text.split('\n').filter((name) => /^(request|in\.)/.test(name))).toEqual([])
  })

  test('shows what it prints while it runs', async () => {
    const run = aRun(
      sh('echo first; while [ ! -e "$1" ]; do sleep 0.05; done; echo last', null, `${scratch}/go`),
    )
    await runs.start(run)
    const seen: string[] = []
    for await (const event of runs.follow(run.id, [])) {
      if (event.event !== 'data') continue
      seen.push(event.bytes.toString())
      writeFileSync(`${scratch}/go`, '')
    }
    expect(seen).toEqual(['first\n', 'last\n'])
  })

  test('prints 100 MB without holding them in memory', async () => {
    const run = aRun(sh('head -c 100000000 /dev/zero'))
    await runs.start(run)
    const before = process.memoryUsage().rss
    let bytes = 0
    let most = 0
    for await (const event of runs.follow(run.id, [])) {
      if (event.event !== 'data') continue
      expect(event.offset).toBe(bytes)
      bytes += event.bytes.length
      most = Math.max(most, process.memoryUsage().rss - before)
    }
    expect(bytes).toBe(100_000_000)
    expect(most).toBeLessThan(80_000_000)
    await runs.remove([run.id])
  })

  test('is listed until it is removed', async () => {
    const run = aRun(sh('true'))
    await runs.start(run)
    await collectEvents(runs.follow(run.id, []))
    expect(await runs.list()).toContainEqual({
      id: run.id,
      run: { state: 'finished', exitCodes: [0] },
    })
    await runs.remove([run.id])
    expect((await runs.list()).map(({ id }) => id)).not.toContain(run.id)
    expect(lastOf(await collectEvents(runs.follow(run.id, [])))).toEqual({
      event: 'ended',
      run: { state: 'absent' },
    })
  })

  test('is followed on from the byte, also in a later stage', async () => {
    const run = aRun(sh('printf 0123456789'), sh('printf abcdefghij'))
    await runs.start(run)
    await collectEvents(runs.follow(run.id, []))
    const offsets: RunOffsets = [
      { stage: 0, stream: 'out', offset: 8 },
      { stage: 1, stream: 'out', offset: 4 },
    ]
    const events = await collectEvents(runs.follow(run.id, offsets))
    expect(textOf(events, 0)).toBe('89')
    expect(textOf(events, 1)).toBe('efghij')
  })

  test('is given up by its reader without ending it', async () => {
    const run = aRun(sh('while [ ! -e "$1" ]; do sleep 0.05; done', null, `${scratch}/go`))
    await runs.start(run)
    const abort = new AbortController()
    const reading = collectEvents(runs.follow(run.id, [], { signal: abort.signal }))
    const reason = new Error('enough')
    abort.abort(reason)
    await expect(reading).rejects.toBe(reason)
    writeFileSync(`${scratch}/go`, '')
    expect(lastOf(await collectEvents(runs.follow(run.id, [])))).toEqual(finished(0))
  })
})

const openedAgain = async <T>(work: (other: Runs) => Promise<T>): Promise<T> => {
  const other = await openTo(sshd)
  try {
    return await work(other.runs)
  } finally {
    other.close()
  }
}

describe('a connection that is cut in the middle of a run', () => {
  test('costs no line and no second start', async () => {
    const script =
      'echo x >> "$1"; i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); sleep 0.01; done'
    const run = aRun(sh(script, null, `${scratch}/ran`))
    await runs.start(run)
    const events: RunEvent[] = []
    let cuts = 0
    const isCut = codeOf(
      (async () => {
        for await (const event of runs.follow(run.id, [])) {
          events.push(event)
          if (event.event === 'data' && event.offset > 100 && cuts++ === 0) sshd.killSessions()
        }
      })(),
    )
    expect(await isCut).toBe('ssh.connection-lost')
    await connection.closed
    connection = await openTo(sshd)
    expect(await connection.runs.start(run)).toBe('already-claimed')
    const offset = Buffer.byteLength(textOf(events))
    const rest = await collectEvents(
      connection.runs.follow(run.id, [{ stage: 0, stream: 'out', offset }]),
    )
    const expected = Array.from({ length: 100 }, (_one, at) => `line ${at}\n`).join('')
    expect(textOf([...events, ...rest])).toBe(expected)
    expect(lastOf(rest)).toEqual(finished(0))
    expect(readFileSync(`${scratch}/ran`, 'utf8')).toBe('x\n')
  })

  test('at any moment of a start costs no run, and none runs twice', async () => {
    for (let at = 0; at < 12; at++) {
      const run = aRun(sh('echo x >> "$1"', 'in', `${scratch}/ran-${at}`))
      const starting = runs.start(run).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, at * 1.5))
      sshd.killSessions()
      await starting
      await connection.closed
      connection = await openTo(sshd)
      runs = connection.runs
      expect(await toEnd(runs, run)).toMatchObject({ state: 'finished' })
      expect(readFileSync(`${scratch}/ran-${at}`, 'utf8')).toBe('x\n')
    }
  })
})

/** As whoever carries a task: start, follow, and where it never started once more. */
async function toEnd(through: Runs, run: RunRequest) {
  await through.start(run)
  const first = lastOf(await collectEvents(through.follow(run.id, [])))
  if (first?.event !== 'ended') throw new Error('no end')
  if (first.run.state !== 'never-started' && first.run.state !== 'absent') return first.run
  await through.start({ ...run, claim: 2 })
  const second = lastOf(await collectEvents(through.follow(run.id, [])))
  return second?.event === 'ended' ? second.run : undefined
}

describe('cancelling', () => {
  const groupOf = (id: string): number =>
    Number(
      readFileSync(path.join(account.home, `.hosting-desk/runs/${id}/group`), 'utf8').split(' ')[0],
    )
  const membersOf = (group: number): string[] =>
    readdirSync('/proc').filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return state !== 'Z' && Number(pgrp) === group
      } catch {
        return false
      }
    })

  test('is answered within a second with 30 runs going, and leaves no process of that run', async () => {
    const all = Array.from({ length: 30 }, () => aRun(sh('sleep 300 & sleep 300')))
    await Promise.all(all.map((run) => runs.start(run)))
    const followed = all.map((run) => collectEvents(runs.follow(run.id, [])))
    const [chosen, ...others] = all
    if (chosen === undefined) throw new Error('no run')
    const group = await eventually(() => {
      expect(membersOf(groupOf(chosen.id)).length).toBeGreaterThan(1)
      return groupOf(chosen.id)
    })
    const startedAt = performance.now()
    expect(await runs.cancel(chosen.id, { graceMs: 5000 })).toMatchObject({ state: 'running' })
    expect(performance.now() - startedAt).toBeLessThan(1000)
    expect(lastOf((await followed[0]) ?? [])).toEqual(finished(143))
    expect(performance.now() - startedAt).toBeLessThan(3000)
    expect(membersOf(group)).toEqual([])
    await Promise.all(others.map((run) => runs.cancel(run.id, { graceMs: 1000 })))
    await Promise.all(followed)
  })

  test('kills what does not end by itself once the grace time is over', async () => {
    const run = aRun(
      sh(
        "trap '' TERM; sh -c 'trap \"\" TERM; while :; do sleep 1; done' & while :; do sleep 1; done",
      ),
      sh('true'),
    )
    await runs.start(run)
    const following = collectEvents(runs.follow(run.id, []))
    const group = await eventually(() => {
      expect(membersOf(groupOf(run.id)).length).toBeGreaterThan(2)
      return groupOf(run.id)
    })
    await runs.cancel(run.id, { graceMs: 1000 })
    expect(lastOf(await following)).toEqual(finished(137))
    expect(membersOf(group)).toEqual([])
  })

  test('keeps the stages that have not begun from running', async () => {
    const run = aRun(
      sh(`trap 'exit 0' TERM; while :; do sleep 0.05; done`),
      sh(`touch ${scratch}/never`),
    )
    await runs.start(run)
    const following = collectEvents(runs.follow(run.id, []))
    await eventually(() => expect(membersOf(groupOf(run.id)).length).toBeGreaterThan(0))
    await runs.cancel(run.id, { graceMs: 5000 })
    expect(lastOf(await following)).toEqual(finished(143))
    expect(existsSync(`${scratch}/never`)).toBe(false)
  })

  test('right after the start ends the run all the same', async () => {
    for (let at = 0; at < 8; at++) {
      const run = aRun(sh('sleep 300'))
      await runs.start(run)
      await runs.cancel(run.id, { graceMs: 1000 })
      const end = lastOf(await collectEvents(runs.follow(run.id, [])))
      expect(end).toMatchObject({ event: 'ended' })
      expect(end).not.toEqual(finished(0))
    }
  })

  test('of a run whose supervisor was killed still ends its processes', async () => {
    const run = aRun(sh('sleep 300 & sleep 300'))
    await runs.start(run)
    const following = collectEvents(runs.follow(run.id, []))
    const group = await eventually(() => {
      expect(membersOf(groupOf(run.id)).length).toBeGreaterThan(1)
      return groupOf(run.id)
    })
    const pidFile = path.join(account.home, `.hosting-desk/runs/${run.id}/pid`)
    process.kill(Number(readFileSync(pidFile, 'utf8').split(' ')[0]), 'SIGKILL')
    expect(lastOf(await following)).toEqual({ event: 'ended', run: { state: 'lost' } })
    expect(await runs.cancel(run.id, { graceMs: 1000 })).toEqual({ state: 'lost' })
    await eventually(() => expect(membersOf(group)).toEqual([]))
  })

  test('of a run that is not there says so', async () => {
    expect(await runs.cancel('nothing-here', { graceMs: 1000 })).toEqual({ state: 'absent' })
  })
})

describe('the protocol of the run folder, cut', () => {
  let cutting: Sshd
  let other: OpenConnection
  let patient: Runs
  const tools = (): string => path.join(scratch, 'tools')
  const cutFile = (): string => path.join(scratch, 'cut')

  /** mv and setsid of the server end their session where `cut` says so; once. */
  const makeTools = (): void => {
    mkdirSync(tools())
    const wrap = (name: string, text: string): void => {
      writeFileSync(path.join(tools(), name), `#!/bin/sh\n${text}\n`)
      chmodSync(path.join(tools(), name), 0o755)
    }
    const end = `{ rm -f ${cutFile()}; kill -KILL 0; }`
    wrap(
      'mv',
      `cut=$(cat ${cutFile()} 2>/dev/null)
case $cut:$2 in
  before-claim:runs/*) ${end} ;;
  after-claim:runs/*) /usr/bin/mv "$@"; ${end} ;;
  before-status:status.*) ${end} ;;
esac
exec /usr/bin/mv "$@"`,
    )
    wrap(
      'setsid',
      `cut=$(cat ${cutFile()} 2>/dev/null)
case $cut in
  before-pid) rm -f ${cutFile()}; exit 1 ;;
  late-pid) rm -f ${cutFile()}; while [ ! -e ${scratch}/go ]; do sleep 0.05; done; touch ${scratch}/went ;;
esac
exec /usr/bin/setsid "$@"`,
    )
  }

  beforeEach(async () => {
    chmodSync(scratch, 0o777)
    makeTools()
    cutting = await startSshd({ config: [`SetEnv PATH=${tools()}:/usr/bin:/bin`] })
    other = await openTo(cutting)
    patient = new RemoteRuns({ channels: other.channels, host: 'test', neverStartedMs: 600 })
  })
  afterEach(async () => {
    other.close()
    await cutting.stop()
  })

  const ranOnce = aRunThatCounts()
  function aRunThatCounts() {
    return {
      run: () => aRun(sh('echo x >> "$1"', 'in', `${scratch}/ran`)),
      count: () => countOf(`${scratch}/ran`),
    }
  }
  const countOf = (file: string): number =>
    existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0

  test.each(['before-claim', 'after-claim'])('%s: it runs once in the end', async (cut) => {
    writeFileSync(cutFile(), cut)
    const run = ranOnce.run()
    expect(await codeOf(patient.start(run))).toBe('ssh.connection-lost')
    expect(existsSync(cutFile())).toBe(false)
    expect(ranOnce.count()).toBe(0)
    expect(await toEnd(patient, run)).toEqual({ state: 'finished', exitCodes: [0] })
    expect(ranOnce.count()).toBe(1)
  })

  test('before the pid: it never started, and runs once under a second claim', async () => {
    writeFileSync(cutFile(), 'before-pid')
    const run = ranOnce.run()
    expect(await patient.start(run)).toBe('started')
    expect(lastOf(await collectEvents(patient.follow(run.id, [])))).toEqual({
      event: 'ended',
      run: { state: 'never-started' },
    })
    expect(ranOnce.count()).toBe(0)
    expect(await patient.start({ ...run, claim: 2 })).toBe('started')
    expect(await patient.start({ ...run, claim: 2 })).toBe('already-claimed')
    expect(lastOf(await collectEvents(patient.follow(run.id, [])))).toEqual(finished(0))
    expect(ranOnce.count()).toBe(1)
  })

  test('a supervisor that comes after its run was called never started does not run it', async () => {
    writeFileSync(cutFile(), 'late-pid')
    const run = ranOnce.run()
    await patient.start(run)
    expect(lastOf(await collectEvents(patient.follow(run.id, [])))).toEqual({
      event: 'ended',
      run: { state: 'never-started' },
    })
    expect(await toEnd(patient, run)).toEqual({ state: 'finished', exitCodes: [0] })
    writeFileSync(`${scratch}/go`, '')
    await eventually(() => expect(existsSync(`${scratch}/went`)).toBe(true))
    // The late one has nothing more to do than to see that it is late; another whole run takes longer than that.
    await toEnd(patient, aRun(sh('true')))
    expect(ranOnce.count()).toBe(1)
  })

  test('a second claim is refused where the first one has started', async () => {
    const run = aRun(sh('while [ ! -e "$1" ]; do sleep 0.05; done', null, `${scratch}/go`))
    await patient.start(run)
    expect(await patient.start({ ...run, claim: 2 })).toBe('already-claimed')
    writeFileSync(`${scratch}/go`, '')
    expect(lastOf(await collectEvents(patient.follow(run.id, [])))).toEqual(finished(0))
  })

  test('before the status: it is lost, and says so', async () => {
    writeFileSync(cutFile(), 'before-status')
    const run = ranOnce.run()
    await patient.start(run)
    expect(lastOf(await collectEvents(patient.follow(run.id, [])))).toEqual({
      event: 'ended',
      run: { state: 'lost' },
    })
    expect(ranOnce.count()).toBe(1)
  })

  test('a claim of an earlier boot has never started, one with a pid is lost', async () => {
    const folder = path.join(account.home, '.hosting-desk/runs')
    await patient.list()
    for (const id of ['early-claim', 'early-pid']) {
      mkdirSync(path.join(folder, id))
      writeFileSync(path.join(folder, id, 'claim'), 'another-boot 1\n')
      chownSync(path.join(folder, id), account.uid, account.uid)
    }
    writeFileSync(path.join(folder, 'early-pid', 'pid'), '1 1 another-boot\n')
    expect(await patient.list()).toEqual(
      expect.arrayContaining([
        { id: 'early-claim', run: { state: 'never-started' } },
        { id: 'early-pid', run: { state: 'lost' } },
      ]),
    )
    await patient.remove(['early-claim', 'early-pid'])
  })

  test('leaves nothing of a cut request behind', async () => {
    writeFileSync(cutFile(), 'before-claim')
    await codeOf(patient.start(ranOnce.run()))
    await patient.list()
    expect(readdirSync(path.join(account.home, '.hosting-desk/tmp'))).toEqual([])
  })
})

describe('a home folder without space', () => {
  const full = ensureSandboxAccount('hdfull')

  beforeAll(() => {
    execFileSync('mount', [
      '-t',
      'tmpfs',
      '-o',
      `size=128k,uid=${full.uid},mode=0700`,
      'hdfull',
      full.home,
    ])
  })
  afterAll(() => {
    execFileSync('umount', ['-l', full.home])
  })

  test('refuses the start, says why, and leaves nothing claimed', async () => {
    const roomy = await startSshd({ publicKeyFiles: [`${full.keyFile}.pub`] })
    const address = sandboxAddress(roomy, {
      user: full.user,
      login: { method: 'key', keyFile: full.keyFile },
    })
    const there = await openTo(roomy, { address })
    try {
      await there.runs.list()
      await there.exec({ argv: ['sh', '-c', 'head -c 1000000 /dev/zero >filler; true'] })
      const run = aRun(sh('true', 'x'.repeat(5000)))
      expect(await codeOf(there.runs.start(run))).toBe('backend.home-full')
      expect(await there.runs.list()).toEqual([])
      await there.exec({ argv: ['rm', 'filler'] })
      expect(await there.runs.start(run)).toBe('started')
      expect(lastOf(await collectEvents(there.runs.follow(run.id, [])))).toEqual(finished(0))
    } finally {
      there.close()
      await roomy.stop()
    }
  })
})
