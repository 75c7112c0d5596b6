import {
  chownSync,
  existsSync,
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
import type { BackendAddress } from '#shared/domain/objects.ts'
import type { RunEvent, RunOffsets, Runs } from '../../main/ssh/run.ts'
import { eventually } from '../support/eventually.ts'
import { aRun, finished, lastOf, sh, toEnd } from '../support/runs.ts'
import { codeOf, collectEvents, openTo, sandboxAddress, textOf } from '../support/ssh.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from '../support/sshd.ts'

// Of its own, as these tests empty the account's folder.
const account = ensureSandboxAccount('hdruns')
const address = (): BackendAddress => sandboxAddress(sshd, account)
let sshd: Sshd
let connection: OpenConnection
let runs: Runs
/** Belongs to the account; for what runs leave behind. */
let scratch: string

const cleanUp = (): void =>
  rmSync(path.join(account.home, '.hosting-desk'), { recursive: true, force: true })

beforeAll(async () => {
  cleanUp()
  sshd = await startSshd({ accounts: [account] })
})
afterAll(async () => {
  await sshd.stop()
  cleanUp()
})
beforeEach(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), 'hosting-desk-runs-'))
  chownSync(scratch, account.uid, account.uid)
  connection = await openTo(sshd, { address: address() })
  runs = connection.runs
})
afterEach(async () => {
  connection.close()
  await connection.closed
  rmSync(scratch, { recursive: true, force: true })
})

const hasEnded = (id: string): Promise<void> =>
  eventually(async () => {
    expect((await runs.list()).find((one) => one.id === id)?.run.state).toBe('finished')
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
    const run = aRun(sh('cat >/dev/null; ls -R "$1"', 'a secret', '.hosting-desk/runs'))
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
    const before = process.memoryUsage().arrayBuffers
    let bytes = 0
    for await (const event of runs.follow(run.id, [])) {
      if (event.event !== 'data') continue
      expect(event.offset).toBe(bytes)
      // Whoever reads slowly holds back what is sent: all is there on the server, and next to nothing here.
      if (bytes === 0) await hasEnded(run.id)
      if (bytes === 0) expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000)
      bytes += event.bytes.length
    }
    expect(bytes).toBe(100_000_000)
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
  const other = await openTo(sshd, { address: address() })
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
    connection = await openTo(sshd, { address: address() })
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
      connection = await openTo(sshd, { address: address() })
      runs = connection.runs
      expect(await toEnd(runs, run)).toMatchObject({ state: 'finished' })
      expect(readFileSync(`${scratch}/ran-${at}`, 'utf8')).toBe('x\n')
    }
  })
})

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
