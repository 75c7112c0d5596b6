import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackendRequest, Outcome, OutputEntry } from '../../main/backend/backend.ts'
import { createNativeDriver } from '../../main/backend/native/index.ts'
import { LineSplitter } from '../../main/lib/lines.ts'
import type { OpenConnection } from '../../main/ssh/open-connection.ts'
import { MAX_LINE_BYTES } from '#shared/protocol/provision.ts'
import { build } from '../../tools/build.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { ANY_LOAD } from '../support/provision.ts'
import { fetchByHost, stopNginx } from '../support/nginx.ts'
import { aRun } from '../support/runs.ts'
import { collectEvents, openTo, sandboxAddress } from '../support/ssh.ts'
import { ensureSandboxAccount, type SandboxAccount, type Sshd, startSshd } from '../support/sshd.ts'

const SITE = 'cancelled.test'
const driver = async () => {
  await build({ targets: ['provision'] })
  const programFile = path.join(import.meta.dirname, '../../dist/provision/provision.mjs')
  return createNativeDriver({ version: '0.1.0', programFile })
}
let account: SandboxAccount
let sshd: Sshd
let connection: OpenConnection
let port: number

/** What earlier tests of this account left in its home folder goes. */
const empty = () =>
  execFileSync('sh', [
    '-c',
    'cd "$1" && rm -rf nginx sites backups platforms begun slow .hosting-desk',
    'sh',
    account.home,
  ])

beforeAll(async () => {
  // An account of its own: the home folder, and what runs in it, belong to this file alone.
  account = ensureSandboxAccount('hdnative')
  await stopNginx(account.home)
  empty()
  sshd = await startSshd({ accounts: [account] })
  connection = await openTo(sshd, { address: sandboxAddress(sshd, account) })
  port = await freePort()
  await inHome('mkdir -p platforms/p && echo page > platforms/p/index.html')
})

afterAll(async () => {
  connection.close()
  await sshd.stop()
  await stopNginx(account.home)
  empty()
})

async function inHome(script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await connection.exec({
    argv: [script],
    script: 'eval "$1"',
  })
  if (exitCode !== 0) throw new Error(stderr)
  return stdout.toString('utf8')
}

/** Starts a request as a detached run; `outcome` resolves with what the dialect reads of it. */
async function start(request: BackendRequest) {
  const native = await driver()
  await native.prepare(connection)
  const run = aRun(...native.stages(connection, request))
  await connection.runs.start(run)
  return { id: run.id, ended: read(native.reader(request), run.id) }
}

async function read(
  reader: ReturnType<Awaited<ReturnType<typeof driver>>['reader']>,
  id: string,
): Promise<{ outcome: Outcome; entries: OutputEntry[] }> {
  const entries: OutputEntry[] = []
  const splitters = new Map<string, LineSplitter>()
  let exitCodes: readonly number[] = []
  for (const event of await collectEvents(connection.runs.follow(id, []))) {
    if (event.event === 'ended' && event.run.state === 'finished') exitCodes = event.run.exitCodes
    if (event.event !== 'data') continue
    const key = `${event.stage} ${event.stream}`
    const splitter = splitters.get(key) ?? new LineSplitter(MAX_LINE_BYTES)
    splitters.set(key, splitter)
    for (const line of splitter.feed(event.bytes))
      entries.push(...[reader.read(event.stage, event.stream, line) ?? []].flat())
  }
  await connection.runs.remove([id])
  return { outcome: reader.outcome(exitCodes), entries }
}

async function perform(request: BackendRequest) {
  return (await start(request)).ended
}

const request = (
  command: string,
  context: string,
  contexts: BackendRequest['contexts'] = [],
): BackendRequest => ({
  contexts,
  command: { name: command, context, args: [], options: {} },
  forgets: command === 'delete' ? context : null,
})

test('a run of the native dialect does its work, and cancelled it takes its work back', async () => {
  const server = { context_type: 'server', http_service_type: 'nginx', http_port: port }
  const verified = await perform(
    request('verify', 'server_n', [
      { name: 'server_n', options: { ...server, critical_load_multiplier: ANY_LOAD } },
    ]),
  )
  expect(verified.outcome).toMatchObject({ isOk: true, contexts: [{ name: 'server_n' }] })
  expect(verified.entries).toContainEqual(
    expect.objectContaining({ kind: 'progress', progress: { step: 3, of: 3, title: 'Done' } }),
  )

  await inHome(
    `printf '#!/bin/sh\\n[ -e begun ] && exit 0\\n: > begun\\nexec sleep 60\\n' > slow; chmod 755 slow`,
  )
  const slow = { name: 'server_n', options: { http_restart_cmd: `${account.home}/slow` } }
  const platform = { context_type: 'platform', server: '@server_n', root: '~/platforms/p' }
  const site = { context_type: 'site', platform: '@platform_n', uri: SITE }
  const contexts = [slow, { name: 'platform_n', options: platform }, { name: SITE, options: site }]
  const { id, ended } = await start(request('install', SITE, contexts))
  await eventually(() => inHome('test -e begun'))
  await connection.runs.cancel(id, { graceMs: 10_000 })
  const { outcome } = await ended
  expect(outcome).toMatchObject({ isOk: false, code: 'PROVISION_CANCELLED' })
  // The saves before it were done, and stay.
  expect(outcome.contexts.map(({ name }) => name)).toEqual(['server_n', 'platform_n', SITE])
  expect(
    await inHome('ls -A sites nginx/vhost.d .hosting-desk/journals .hosting-desk/locks'),
  ).not.toMatch(/cancelled|lock$/m)

  const again = await perform(
    request('install', SITE, [{ name: 'server_n', options: { http_restart_cmd: null } }]),
  )
  expect(again.outcome).toMatchObject({ isOk: true, data: { url: `http://${SITE}:${port}` } })
  expect(await fetchByHost(port, SITE)).toMatchObject({ body: 'page\n' })

  const gone = await perform(request('delete', SITE))
  expect(gone.outcome).toMatchObject({ isOk: true, removedContexts: [SITE] })
  const file = gone.outcome.isOk ? gone.outcome.data['file'] : undefined
  expect(readFileSync(file as string).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]))
  expect(await fetchByHost(port, SITE)).toBeUndefined()
})

test('a save that is refused is what the run came to, and its command never ran', async () => {
  const hostile = { context_type: 'site', uri: '$(touch begun2)' }
  const { outcome } = await perform(
    request('install', 'x.test', [{ name: 'x.test', options: hostile }]),
  )
  expect(outcome).toMatchObject({ isOk: false, code: 'PROVISION_BAD_OPTION', contexts: [] })
  expect(await inHome('ls -A')).not.toContain('begun2')
})
