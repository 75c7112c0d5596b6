import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../../main/backend/backend.ts'
import { sites } from '../../../main/features/sites/sites.ts'
import { HookRegistry } from '../../../main/hooks/registry.ts'
import { IdMaker } from '../../../main/lib/ids.ts'
import { TaskLogs } from '../../../main/log/task-log.ts'
import type { Connection } from '../../../main/ssh/connection.ts'
import type { RemoteRun, RunOffsets } from '../../../main/ssh/run.ts'
import { listBackups } from '../../../main/store/queries/backups.ts'
import { listTasks } from '../../../main/store/queries/tasks.ts'
import { ChangeSet, Store } from '../../../main/store/store.ts'
import { Activities } from '../../../main/task/activities.ts'
import { ServerRuns } from '../../../main/task/server-runs.ts'
import { NativeReader } from '../../../main/backend/native/reader.ts'
import { FailingDisk } from '../../support/failing-disk.ts'
import { anId, aPlatform, aServer, aSite } from '../../support/objects.ts'
import { aBackend } from '../../support/rows.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const NOW = 1_800_000_000_000
const RUN_AT = NOW - 8 * 3_600_000
const RUN = anId(77)
const OFFSET = 5000

const mark = (facts: object = {}): string =>
  JSON.stringify({
    format: 1,
    id: RUN,
    context: 'www.example.com',
    type: 'backup',
    queue: 'backup',
    args: [],
    options: { description: 'Scheduled backup' },
    startedAt: RUN_AT + OFFSET,
    ...facts,
  })

const at = RUN_AT + OFFSET + 2000
const data = { file: '/home/x/backups/a.tar.gz', sizeBytes: 5 }
const LINES = [
  { event: 'log', level: 'info', message: 'one', at },
  { event: 'log', level: 'warning', message: 'two', at },
  {
    event: 'result',
    isOk: true,
    errorCode: null,
    errorMessage: null,
    data,
    contexts: [],
    removedContexts: [],
    at,
  },
].map((line) => `${JSON.stringify(line)}\n`)

/** A server with one run of its own; what of it fails, the test says. */
class FakeServer {
  marks = [mark()]
  run: RemoteRun = { state: 'finished', exitCodes: [0] }
  isThere = true
  /** After how many lines the connection breaks. */
  breaksAfter = Infinity
  removes = true

  readonly connection: Connection = {
    far: { uid: 1, user: 'x', home: '/home/x', system: 'Linux', clockOffsetMs: OFFSET, node: null },
    askAgain: () => Promise.resolve(),
    closed: new Promise(() => {}),
    exec: () =>
      Promise.resolve({
        exitCode: 0,
        signal: null,
        stderr: '',
        stdout: Buffer.from(
          this.isThere ? this.marks.map((one) => `hd:run ${one}\n`).join('') : '',
        ),
      }),
    runs: {
      start: () => Promise.reject(new Error('nothing is started by reading back')),
      cancel: () => Promise.reject(new Error('nothing is cancelled by reading back')),
      list: () => Promise.resolve(this.isThere ? [{ id: RUN, run: this.run }] : []),
      follow: (_id, offsets) => this.#follow(offsets),
      remove: () => {
        if (!this.removes) return Promise.reject(new Error('the process was killed'))
        this.isThere = false
        return Promise.resolve()
      },
    },
  }

  async *#follow(offsets: RunOffsets) {
    const from = offsets.find(({ stream }) => stream === 'out')?.offset ?? 0
    let offset = 0
    for (const [index, line] of LINES.entries()) {
      if (index >= this.breaksAfter) throw new Error('the connection broke')
      const bytes = Buffer.from(line)
      if (offset >= from)
        yield { event: 'data' as const, stage: 0, stream: 'out' as const, offset, bytes }
      offset += bytes.length
      await Promise.resolve()
    }
    if (this.run.state === 'finished' || this.run.state === 'lost')
      yield { event: 'ended' as const, run: this.run }
  }
}

/** One process of the application on a data folder; `kill` forgets what is not on disk. */
async function open(folder: string, disk = new FailingDisk()) {
  const store = await Store.open({ folder, now: () => NOW, disk })
  if (store.find('backend', anId(1)) === undefined)
    await store.commit(
      new ChangeSet()
        .put('backend', aBackend())
        .put('server', aServer())
        .put('platform', aPlatform())
        .put('site', aSite()),
    )
  const logs = new TaskLogs({ folder: `${folder}/logs`, isEnded: () => true })
  const runs = new ServerRuns({
    store,
    logs,
    registry: new HookRegistry([{ ...sites, requires: [] }]),
    activities: new Activities(),
    ids: new IdMaker(() => NOW),
    now: () => NOW,
    driverOf: () => ({
      prepare: () => Promise.resolve(),
      stages: () => [],
      list: () => Promise.resolve([]),
      reader: () => new NativeReader(['command']),
      isOverload: () => false,
    }),
  })
  const close = async (): Promise<void> => {
    await logs.close()
    await store.close()
  }
  return { store, logs, runs, close }
}

const collect = ({ runs }: { runs: ServerRuns }, server: FakeServer) =>
  runs.collect(anId(1), server.connection)

async function whatIsThere({ store, logs }: Awaited<ReturnType<typeof open>>) {
  const tasks = listTasks(store, { offset: 0, limit: 10 }).items
  const { entries } = await logs.page(RUN, 0, 100)
  return {
    tasks: tasks.map(({ status, origin, startedAt, endedAt, number, attemptId, warnings }) => ({
      status,
      origin,
      startedAt,
      endedAt,
      number,
      attemptId,
      warnings,
    })),
    log: entries.map(({ text }) => text),
    backups: listBackups(store, { offset: 0, limit: 10 }).items.map(
      ({ createdAt, description }) => ({ createdAt, description }),
    ),
  }
}

const ONCE = {
  tasks: [
    {
      status: 'warning',
      origin: 'server',
      startedAt: RUN_AT,
      endedAt: RUN_AT + 2000,
      number: 1,
      attemptId: RUN,
      warnings: 1,
    },
  ],
  log: ['one', 'two'],
  backups: [{ createdAt: RUN_AT + 2000, description: 'Scheduled backup' }],
}

describe('what a server did by itself', () => {
  test('is stored once, at the times when it was, by this computer’s clock', async () => {
    const server = new FakeServer()
    const desk = await open(temporaryFolder())
    expect((await collect(desk, server)).taskIds).toHaveLength(1)
    expect(server.isThere).toBe(false)
    expect((await collect(desk, server)).taskIds).toEqual([])
    expect(await whatIsThere(desk)).toEqual(ONCE)
    await desk.close()
  })

  test.each([
    ['while the log was read', (server: FakeServer) => (server.breaksAfter = 1)],
    ['before the folder was removed', (server: FakeServer) => (server.removes = false)],
  ])('is there once and whole where the application was killed %s', async (_when, cut) => {
    const folder = temporaryFolder()
    const server = new FakeServer()
    cut(server)
    const first = await open(folder)
    await expect(collect(first, server)).rejects.toThrow()
    await first.close()
    server.breaksAfter = Infinity
    server.removes = true
    const second = await open(folder)
    await collect(second, server)
    expect(await whatIsThere(second)).toEqual(ONCE)
    expect(server.isThere).toBe(false)
    await second.close()
  })

  test('is there once and whole where the disk refused to store it', async () => {
    const folder = temporaryFolder()
    const server = new FakeServer()
    await (await open(folder)).close()
    // One change of the disk after the other is refused, until one collect gets through.
    for (let failAt = 1; ; failAt++) {
      const disk = new FailingDisk({ failAt, mode: 'refuse' })
      const desk = await open(folder, disk).catch(() => undefined)
      if (desk === undefined) continue
      await collect(desk, server).catch(() => undefined)
      const { tasks } = await whatIsThere(desk)
      await desk.close().catch(() => undefined)
      if (tasks.length > 0) break
      expect(server.isThere).toBe(true)
    }
    const last = await open(folder)
    await collect(last, server)
    expect(await whatIsThere(last)).toEqual(ONCE)
    await last.close()
  })

  test('waits while it runs', async () => {
    const server = new FakeServer()
    server.run = { state: 'running', pid: 1 }
    const desk = await open(temporaryFolder())
    expect(await collect(desk, server)).toEqual({ taskIds: [], running: 1, unknown: 0 })
    await desk.close()
  })

  test('is an error where its process was lost', async () => {
    const server = new FakeServer()
    server.run = { state: 'lost' }
    const desk = await open(temporaryFolder())
    await collect(desk, server)
    const outcome: Pick<Outcome & { isOk: false }, 'code'> = { code: 'run.lost' }
    expect(listTasks(desk.store, { offset: 0, limit: 9 }).items).toMatchObject([
      { status: 'error', errorCode: outcome.code },
    ])
    await desk.close()
  })

  test.each([
    ['no JSON', '{'],
    ['of a newer form', mark({ format: 2 })],
    ['with an id that is a path', mark({ id: '../../x' })],
    ['with a context that is none', mark({ context: '../x' })],
    ['nothing at all', ''],
  ])('is left alone where its mark is %s', async (_what, text) => {
    const server = new FakeServer()
    server.marks = [text]
    const desk = await open(temporaryFolder())
    expect(await collect(desk, server)).toEqual({ taskIds: [], running: 0, unknown: 0 })
    expect(server.isThere).toBe(true)
    await desk.close()
  })

  test('is left for an import where nobody here knows its object', async () => {
    const server = new FakeServer()
    server.marks = [mark({ context: 'elsewhere.example' })]
    const desk = await open(temporaryFolder())
    expect(await collect(desk, server)).toEqual({ taskIds: [], running: 0, unknown: 1 })
    expect(server.isThere).toBe(true)
    await desk.close()
  })
})
