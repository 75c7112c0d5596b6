import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { HostingObject } from '#shared/domain/objects.ts'
import { planOf } from '../../../../main/backend/aegir/plan.ts'
import { AegirReader } from '../../../../main/backend/aegir/reader.ts'
import type { DialectDriver } from '../../../../main/backend/backend.ts'
import { packDesk, unpackDesk } from '../../../../main/export/desk-export.ts'
import { openFile, sealFile } from '../../../../main/export/sealed-file.ts'
import { shippedFeatures } from '../../../../main/features/shipped.ts'
import { HookRegistry } from '../../../../main/hooks/registry.ts'
import { IdMaker } from '../../../../main/lib/ids.ts'
import { pause } from '../../../../main/lib/pause.ts'
import { Secret } from '../../../../main/lib/secret.ts'
import { TaskLogs } from '../../../../main/log/task-log.ts'
import type { Connection } from '../../../../main/ssh/connection.ts'
import { exportStore } from '../../../../main/store/maintenance.ts'
import { ChangeSet } from '../../../../main/store/store.ts'
import { Activities } from '../../../../main/task/activities.ts'
import { newTask } from '../../../../main/task/new-task.ts'
import { TaskRunner } from '../../../../main/task/runner.ts'
import {
  hasRecordings,
  listRecordings,
  readRecording,
  requireRecordings,
  secretsIn,
  stageOf,
  type Recording,
} from '../../../support/drush/recordings.ts'
import { anId, aPlatform, aServer, aSite } from '../../../support/objects.ts'
import { aBackend } from '../../../support/rows.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { openStore } from '../../store/open-store.ts'

beforeAll(requireRecordings)

describe.runIf(hasRecordings)('once every recording went through a task', () => {
  test('no secret of theirs is on this computer', async () => {
    const folder = temporaryFolder()
    const recordings = listRecordings().map(readRecording)
    const statuses = await takeThrough(recordings, folder)
    expect(statuses).toHaveLength(164)
    expect(
      statuses.filter((status) => status === 'success' || status === 'warning').length,
    ).toBeGreaterThan(40)
    const secrets = [...new Set(recordings.flatMap(secretsIn))]
    expect(secrets.length).toBeGreaterThan(20)
    const files = filesIn(folder)
    expect(files.length).toBeGreaterThan(164)
    const lookedAt = [
      ...files.map((file) => [file, readFileSync(file, 'latin1')] as const),
      ['the plain export', await plainExport(folder)] as const,
      ['the sealed export, opened', await sealedExport(folder)] as const,
    ]
    // Exports are plain enough to find in them what is no secret.
    for (const [, text] of lookedAt.slice(-2)) expect(text).toContain('platform_drupal7')
    const found = lookedAt.flatMap(([where, text]) =>
      secrets.filter((secret) => text.includes(secret)).map((secret) => [where, secret]),
    )
    expect(found).toEqual([])
  }, 60_000)
})

test.each([
  ['https://shop:open-sesame@site.example/', 'open-sesame'],
  ['"http_basic_auth_password":"open-sesame"', 'open-sesame'],
  ['http:\\/\\/site.example\\/user\\/reset\\/1\\/17\\/aHash-of_it\\/login', 'aHash-of_it'],
  ['http://site.example/?q=user/reset/1/17/aHash-of_it/login', 'aHash-of_it'],
])('%s is seen to hold a secret', (text, secret) => {
  const nothing = { name: '', stderr: Buffer.alloc(0), exitCode: 0, command: '', sent: null }
  expect(secretsIn({ ...nothing, stdout: Buffer.from(text) })).toEqual([secret])
})

/** What `store export` writes: the store as one plain file. */
async function plainExport(folder: string): Promise<string> {
  const file = path.join(temporaryFolder(), 'export.sqlite')
  await exportStore({ folder, waitMs: 0 }, file)
  return readFileSync(file, 'latin1')
}

/** What is in the file that moves everything to another computer. */
async function sealedExport(folder: string): Promise<string> {
  const store = await openStore(folder)
  const { content } = await packDesk(store, null, { now: 0, application: 'this test' })
  const passphrase = new Secret('five words that nobody guesses')
  const opened = await openFile(await sealFile(content, passphrase), passphrase)
  await store.close()
  const { facts, bytes } = unpackDesk(opened)
  return JSON.stringify(facts) + bytes.toString('latin1')
}

/** Each recording as the command of a task, from claim to stored result: in store and logs of this folder. */
async function takeThrough(recordings: readonly Recording[], folder: string): Promise<string[]> {
  const store = await openStore(folder)
  const logs = new TaskLogs({ folder: path.join(folder, 'logs'), isEnded: () => true })
  const registry = new HookRegistry(shippedFeatures)
  const now = (): number => 1_700_000_000_000
  const ids = new IdMaker(now)
  await store.commit(new ChangeSet().put('backend', aBackend({ dialect: 'aegir' })))
  const statuses: string[] = []
  for (const [at, recording] of recordings.entries()) {
    const { on, command, args } = stageOf(recording)
    const object = objectNamed((on ?? args[0] ?? 'server_master').replace(/^@/, ''), at)
    const type = command.replace('provision-', '')
    const known = registry.findTaskType(object.kind, type) === undefined ? 'verify' : type
    const runner = new TaskRunner({
      ...{ store, logs, registry, ids, now, activities: new Activities() },
      connect: () => Promise.resolve(connectionTo(recording)),
      driverOf: () => driver,
      pause: (ms, signal) => pause(ms, signal),
    })
    const task = newTask({
      id: ids.next(),
      number: at + 1,
      object,
      type: known,
      values: {},
      origin: 'user',
      now: now(),
    })
    await store.commit(rowsOf(object, at).put('task', task))
    await runner.run(task.id, new AbortController().signal)
    statuses.push(store.get('task', task.id).status)
    await store.commit(new ChangeSet().remove(object.kind, object.id))
  }
  await logs.close()
  await store.close()
  return statuses
}

function objectNamed(typed: string, at: number): HostingObject {
  const name = typed.replace(/[^A-Za-z0-9_.-]/g, '').replace(/^[^A-Za-z0-9]+/, '') || 'server_x'
  const id = anId(1000 + at)
  if (name.startsWith('server')) return aServer({ id, name })
  return name.startsWith('platform') ? aPlatform({ id, name }) : aSite({ id, name, title: name })
}

/** The object with what it stands on. */
function rowsOf(object: HostingObject, at: number): ChangeSet {
  const rows = new ChangeSet()
  if (at === 0)
    rows
      .put('server', aServer({ name: 'server_base' }))
      .put('platform', aPlatform({ name: 'platform_base' }))
  return rows.put(object.kind, object)
}

const driver: DialectDriver = {
  prepare: () => Promise.resolve(),
  stages: () => [],
  reader: (request) => new AegirReader(planOf({ ...request, contexts: [] })),
  list: () => Promise.resolve([]),
  isOverload: () => false,
}

/** A run whose first stage prints what was recorded. */
function connectionTo({ stdout, stderr, exitCode }: Recording): Connection {
  return {
    far: { uid: 1, user: 'a', home: '/home/a', system: 'Linux', clockOffsetMs: 0, node: null },
    askAgain: () => Promise.resolve(),
    runs: {
      start: () => Promise.resolve('started'),
      async *follow() {
        yield { event: 'data', stage: 0, stream: 'err', offset: 0, bytes: stderr }
        yield { event: 'data', stage: 0, stream: 'out', offset: 0, bytes: stdout }
        yield await Promise.resolve({
          event: 'ended' as const,
          run: { state: 'finished' as const, exitCodes: [exitCode, 0] },
        })
      },
      cancel: () => Promise.resolve({ state: 'absent' }),
      list: () => Promise.resolve([]),
      remove: () => Promise.resolve(),
    },
    exec: () => Promise.reject(new Error('It runs no commands')),
    closed: new Promise(() => undefined),
  }
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile())
