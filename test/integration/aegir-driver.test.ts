import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { BackendRequest } from '../../main/backend/backend.ts'
import { createAegirDriver } from '../../main/backend/aegir/index.ts'
import type { OpenConnection } from '../../main/ssh/open-connection.ts'
import {
  openAegirAccount,
  RECORDED_CONTEXTS,
  type AegirAccount,
} from '../support/drush/aegir-account.ts'
import { readAll, requireRecordings } from '../support/drush/recordings.ts'
import { aRun } from '../support/runs.ts'
import { collectEvents, openTo, sandboxAddress } from '../support/ssh.ts'

const SITE = 'site1.aegir.test'
const MIB = 1024 * 1024

let aegir: AegirAccount
let connection: OpenConnection

beforeAll(async () => {
  requireRecordings()
  aegir = await openAegirAccount('hdaegird')
})

afterAll(() => aegir.close())

beforeEach(async () => {
  aegir.clear()
  aegir.put(RECORDED_CONTEXTS)
  connection = await openTo(aegir.sshd, { address: sandboxAddress(aegir.sshd, aegir.account) })
})

afterEach(() => connection.close())

/** A request as a detached run, and what the dialect makes of what it printed. */
async function perform(request: BackendRequest) {
  const driver = createAegirDriver({ now: Date.now })
  await driver.prepare(connection)
  const run = aRun(...(await driver.stages(connection, request)))
  await connection.runs.start(run)
  const events = await collectEvents(connection.runs.follow(run.id, []))
  const bytesOf = (stage: number, stream: 'out' | 'err'): Buffer =>
    Buffer.concat(
      events.flatMap((one) =>
        one.event === 'data' && one.stage === stage && one.stream === stream ? [one.bytes] : [],
      ),
    )
  const last = events.at(-1)
  const exitCodes =
    last?.event === 'ended' && last.run.state === 'finished' ? last.run.exitCodes : []
  await connection.runs.remove([run.id])
  const stages = exitCodes.map((exitCode, stage) => ({
    stdout: bytesOf(stage, 'out'),
    stderr: bytesOf(stage, 'err'),
    exitCode,
  }))
  return readAll(driver.reader(request), stages)
}

const request = (
  name: string,
  context: string,
  contexts: BackendRequest['contexts'] = [],
): BackendRequest => ({
  contexts,
  command: { name, context, args: [], options: {} },
  forgets: null,
})

test('a mebibyte of options arrives whole', async () => {
  const padding = 'ž'.repeat(MIB / 2)
  const options = { context_type: 'server', remote_host: 'web1', admin_email: padding }
  const { outcome } = await perform(
    request('verify', 'server_big', [{ name: 'server_big', options }]),
  )
  expect(outcome).toMatchObject({ isOk: true })
  expect(aegir.record('server_big')?.['admin_email']).toBe(padding)
})

test('down a pipe, as Drush would have them, they do not', async () => {
  const stdin = JSON.stringify({ context_type: 'server', remote_host: 'x'.repeat(200 * 1024) })
  const { exitCode } = await connection.exec({
    argv: [aegir.path('bin/drush'), '--backend=2', '@none', 'provision-save', '@server_piped'],
    stdin,
  })
  expect(exitCode).toBe(0)
  expect(aegir.record('server_piped')?.['remote_host']).toBeUndefined()
})

test('a site is taken over, though Aegir’s frontend is called and is not there', async () => {
  const { outcome } = await perform(request('import', SITE))
  expect(outcome).toMatchObject({ isOk: true, contexts: [{ name: SITE }] })
  const commands = aegir.journal().filter(({ event }) => event === 'begin')
  expect(commands.map(({ command }) => command)).toEqual(['provision-import', 'provision-verify'])
})

test('an import that fails for another reason has failed', async () => {
  aegir.order({ command: 'provision-import', kind: 'error', code: 'PROVISION_BROKEN' })
  const { outcome } = await perform(request('import', SITE))
  expect(outcome).toMatchObject({ isOk: false, code: 'PROVISION_BROKEN' })
})

test('names that are no names reach no server', async () => {
  const driver = createAegirDriver({ now: Date.now })
  for (const name of ['../lab_escape', 'server test;x', "it's", ''])
    await expect(
      (async () => driver.stages(connection, request('verify', 'a', [{ name, options: {} }])))(),
    ).rejects.toMatchObject({ code: 'input.invalid' })
  const args = ['--strict=0']
  const wish = {
    ...request('restore', SITE),
    command: { ...request('restore', SITE).command, args },
  }
  await expect((async () => driver.stages(connection, wish))()).rejects.toMatchObject({
    code: 'input.invalid',
  })
})

test('where there is no Drush, it says so', async () => {
  aegir.asAccount('rm bin/drush')
  const driver = createAegirDriver({ now: Date.now })
  await expect(driver.prepare(connection)).rejects.toMatchObject({ code: 'backend.no-drush' })
})
