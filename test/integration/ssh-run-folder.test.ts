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
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { OpenConnection } from '../../main/ssh/open-connection.ts'
import { RemoteRuns } from '../../main/ssh/remote-runs.ts'
import type { Runs } from '../../main/ssh/run.ts'
import { eventually } from '../support/eventually.ts'
import { aRun, finished, lastOf, sh, toEnd } from '../support/runs.ts'
import { codeOf, collectEvents, openTo, sandboxAddress } from '../support/ssh.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from '../support/sshd.ts'

// Of its own, as these tests empty the account's folder.
const account = ensureSandboxAccount('hdcut')

describe('the protocol of the run folder, cut', () => {
  let cutting: Sshd
  let scratch: string
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
    scratch = mkdtempSync(path.join(tmpdir(), 'hosting-desk-cut-'))
    chmodSync(scratch, 0o777)
    makeTools()
    cutting = await startSshd({
      accounts: [account],
      config: [`SetEnv PATH=${tools()}:/usr/bin:/bin`],
    })
    other = await openTo(cutting, { address: sandboxAddress(cutting, account) })
    patient = new RemoteRuns({ channels: other.channels, host: 'test', neverStartedMs: 600 })
  })
  afterEach(async () => {
    other.close()
    await cutting.stop()
    rmSync(scratch, { recursive: true, force: true })
    rmSync(path.join(account.home, '.hosting-desk'), { recursive: true, force: true })
  })

  const aCountedRun = () => aRun(sh('echo x >> "$1"', 'in', `${scratch}/ran`))
  const countOf = (file: string): number =>
    existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0

  test.each(['before-claim', 'after-claim'])('%s: it runs once in the end', async (cut) => {
    writeFileSync(cutFile(), cut)
    const run = aCountedRun()
    expect(await codeOf(patient.start(run))).toBe('ssh.connection-lost')
    expect(existsSync(cutFile())).toBe(false)
    expect(countOf(`${scratch}/ran`)).toBe(0)
    expect(await toEnd(patient, run)).toEqual({ state: 'finished', exitCodes: [0] })
    expect(countOf(`${scratch}/ran`)).toBe(1)
  })

  test('before the pid: it never started, and runs once under a second claim', async () => {
    writeFileSync(cutFile(), 'before-pid')
    const run = aCountedRun()
    expect(await patient.start(run)).toBe('started')
    expect(lastOf(await collectEvents(patient.follow(run.id, [])))).toEqual({
      event: 'ended',
      run: { state: 'never-started' },
    })
    expect(countOf(`${scratch}/ran`)).toBe(0)
    expect(await patient.start({ ...run, claim: 2 })).toBe('started')
    expect(await patient.start({ ...run, claim: 2 })).toBe('already-claimed')
    expect(lastOf(await collectEvents(patient.follow(run.id, [])))).toEqual(finished(0))
    expect(countOf(`${scratch}/ran`)).toBe(1)
  })

  test('a supervisor that comes after its run was called never started does not run it', async () => {
    writeFileSync(cutFile(), 'late-pid')
    const run = aCountedRun()
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
    expect(countOf(`${scratch}/ran`)).toBe(1)
  })

  test('a second claim is refused where the first one has started', async () => {
    const run = aRun(sh('while [ ! -e "$1" ]; do sleep 0.05; done', null, `${scratch}/go`))
    await patient.start(run)
    await eventually(async () =>
      expect(await patient.list()).toContainEqual({
        id: run.id,
        run: { state: 'running', pid: expect.any(Number) as number },
      }),
    )
    expect(await patient.start({ ...run, claim: 2 })).toBe('already-claimed')
    writeFileSync(`${scratch}/go`, '')
    expect(lastOf(await collectEvents(patient.follow(run.id, [])))).toEqual(finished(0))
  })

  test('before the status: it is lost, and says so', async () => {
    writeFileSync(cutFile(), 'before-status')
    const run = aCountedRun()
    await patient.start(run)
    expect(lastOf(await collectEvents(patient.follow(run.id, [])))).toEqual({
      event: 'ended',
      run: { state: 'lost' },
    })
    expect(countOf(`${scratch}/ran`)).toBe(1)
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
    await codeOf(patient.start(aCountedRun()))
    await patient.list()
    expect(readdirSync(path.join(account.home, '.hosting-desk/tmp'))).toEqual([])
  })
})

test('runs also go through, and are cancelled, where sh is bash and there is no setsid', async () => {
  const tools = mkdtempSync(path.join(tmpdir(), 'hosting-desk-tools-'))
  chmodSync(tools, 0o755)
  for (const name of readdirSync('/usr/bin'))
    if (name !== 'setsid' && name !== 'sh') symlinkSync(`/usr/bin/${name}`, path.join(tools, name))
  symlinkSync('/bin/bash', path.join(tools, 'sh'))
  const server = await startSshd({ accounts: [account], config: [`SetEnv PATH=${tools}`] })
  const there = await openTo(server, { address: sandboxAddress(server, account) })
  try {
    const short = aRun(sh('cat', 'in\n'), sh('exit 4'))
    expect(await toEnd(there.runs, short)).toEqual({ state: 'finished', exitCodes: [0, 4] })
    const long = aRun(sh('echo begun; sleep 300 & sleep 300'))
    await there.runs.start(long)
    for await (const event of there.runs.follow(long.id, [])) {
      if (event.event === 'data') await there.runs.cancel(long.id, { graceMs: 2000 })
      if (event.event === 'ended') expect(event).toEqual(finished(143))
    }
  } finally {
    there.close()
    await server.stop()
    rmSync(tools, { recursive: true })
  }
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
    const roomy = await startSshd({ accounts: [full] })
    const address = sandboxAddress(roomy, full)
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
