import { onTestFinished } from 'vitest'
import type { BackendRequest, DialectDriver, Outcome } from '../../main/backend/backend.ts'
import type { Feature } from '../../main/hooks/feature.ts'
import { HookRegistry } from '../../main/hooks/registry.ts'
import { IdMaker } from '../../main/lib/ids.ts'
import { pause } from '../../main/lib/pause.ts'
import { TaskLogs } from '../../main/log/task-log.ts'
import type { Connection } from '../../main/ssh/connection.ts'
import type { RemoteRun, RunEvent, Runs } from '../../main/ssh/run.ts'
import type { SecretBox } from '../../main/settings/secret-box.ts'
import { Secrets } from '../../main/settings/secrets.ts'
import { ChangeSet, type Store } from '../../main/store/store.ts'
import { Activities } from '../../main/task/activities.ts'
import { LoginLinks } from '../../main/task/login-links.ts'
import { TaskRunner, type RunnerParts } from '../../main/task/runner.ts'
import { openStore } from '../main/store/open-store.ts'
import { aPlatform, aServer, aSite } from './objects.ts'
import { aBackend } from './rows.ts'
import { temporaryFolder } from './temporary-folder.ts'

type Ended = Extract<RunEvent, { event: 'ended' }>['run']

/** The far machine of a test: every step of it is a function that the test may put another in the place of. */
export interface FakeBackend {
  connect: () => Connection
  prepare: () => void | Promise<void>
  /** What a follow comes to; the run's end, or the error with which it breaks off. */
  follow: () => Ended | Promise<Ended>
  start: () => void
  cancel: () => RemoteRun
  outcome: Outcome
  /** What stages were made of. */
  requests: BackendRequest[]
  /** What was asked, in order: `start`, `follow`, `cancel`, `remove`. */
  asked: string[]
}

export const OK: Outcome = { isOk: true, data: {}, contexts: [], removedContexts: [] }
export const finished: Ended = { state: 'finished', exitCodes: [0] }

/** A runner over a real store and real logs, with a backend that does as the test says. */
export async function aRunner(
  features: readonly Feature[],
  change = new ChangeSet(),
  { secretBox = null }: { secretBox?: SecretBox | null } = {},
): Promise<{ store: Store; runner: TaskRunner; parts: RunnerParts; backend: FakeBackend }> {
  const folder = temporaryFolder()
  const store = await openStore(folder)
  await store.commit(rowsOf(change))
  const backend: FakeBackend = {
    connect: () => connectionTo(backend),
    prepare: () => undefined,
    follow: () => finished,
    start: () => undefined,
    cancel: () => ({ state: 'running', pid: 1 }),
    outcome: OK,
    requests: [],
    asked: [],
  }
  const now = (): number => 1_700_000_000_000
  const secrets = new Secrets(
    {
      read: (name) => store.find('secret', name)?.sealed,
      write: (name, sealed) => store.commit(new ChangeSet().put('secret', { name, sealed })),
      remove: (name) => store.commit(new ChangeSet().remove('secret', name)),
    },
    secretBox,
  )
  const parts: RunnerParts = {
    store,
    secrets,
    loginLinks: new LoginLinks(secrets, now),
    logs: new TaskLogs({ folder, isEnded: () => true }),
    registry: new HookRegistry(features),
    activities: new Activities(),
    ids: new IdMaker(now),
    now,
    connect: async () => Promise.resolve(backend.connect()),
    driverOf: () => driverOf(backend),
    pause: (_ms, signal) => pause(1, signal),
  }
  onTestFinished(() => parts.logs.close())
  return { store, runner: new TaskRunner(parts), parts, backend }
}

function rowsOf(change: ChangeSet): ChangeSet {
  const rows = new ChangeSet()
    .put('backend', aBackend())
    .put('server', aServer())
    .put('platform', aPlatform())
    .put('site', aSite())
  rows.changes.push(...change.changes)
  return rows
}

const driverOf = (backend: FakeBackend): DialectDriver => ({
  prepare: async () => backend.prepare(),
  stages(_connection, request) {
    backend.requests.push(request)
    return []
  },
  reader: () => ({
    stageNames: ['command'],
    read: () => undefined,
    outcome: () => backend.outcome,
  }),
  list: () => Promise.resolve([]),
  isOverload: (code) => code === 'PROVISION_OVERLOAD',
})

function connectionTo(backend: FakeBackend): Connection {
  const runs: Runs = {
    async start() {
      backend.asked.push('start')
      backend.start()
      return Promise.resolve('started')
    },
    async *follow() {
      backend.asked.push('follow')
      yield { event: 'ended', run: await backend.follow() }
    },
    async cancel() {
      backend.asked.push('cancel')
      return Promise.resolve(backend.cancel())
    },
    list: () => Promise.resolve([]),
    async remove() {
      backend.asked.push('remove')
      return Promise.resolve()
    },
  }
  return {
    far: {
      uid: 1000,
      user: 'desk',
      home: '/home/desk',
      system: 'Linux',
      clockOffsetMs: 0,
      node: null,
    },
    askAgain: () => Promise.resolve(),
    runs,
    exec: () => Promise.reject(new Error('This backend runs no commands')),
    closed: new Promise(() => {}),
  }
}
