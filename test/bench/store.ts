import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Task } from '#shared/domain/task.ts'
import { TABLES, toParams } from '../../main/store/tables.ts'
import { ChangeSet, Store } from '../../main/store/store.ts'
import { build } from '../../tools/build.ts'
import { aPlatform, aServer, aSite, aTask, anId } from '../support/objects.ts'
import { aBackend, anAttempt } from '../support/rows.ts'
import type { BenchRow } from './bench-row.ts'
import { median } from './bench-row.ts'

/** Not among the temporary folders: those may lie in memory. */
const FOLDER = path.resolve(import.meta.dirname, `../../dist/bench-store-${process.pid}`)
const MANY = 100_000
const FEW = 100
const COMMITS = 400

/** The store's rows of design.md §13: a durable commit, and opening the application. */
export async function benchStore({ rounds }: { rounds: number }): Promise<BenchRow[]> {
  fs.mkdirSync(FOLDER, { recursive: true })
  try {
    const many = path.join(FOLDER, 'many')
    const few = path.join(FOLDER, 'few')
    await fillStore(many, MANY)
    await fillStore(few, FEW)
    return [await benchCommit(many, rounds), await benchOpen({ many, few }, rounds)]
  } finally {
    fs.rmSync(FOLDER, { recursive: true, force: true })
  }
}

async function benchCommit(folder: string, rounds: number): Promise<BenchRow> {
  const store = await Store.open({ folder, now: Date.now })
  const other = openNative(path.join(FOLDER, 'native.sqlite'), await store.exportBytes())
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const changed = Array.from({ length: COMMITS }, () => changedTask(randomInt(1, MANY + 1)))
    const results = [await timeOurs(store, changed), timeNative(other, changed)]
    if (round === 0) continue // the first one warms both up
    ours.push(results[0] ?? 0)
    theirs.push(results[1] ?? 0)
  }
  other.close()
  await store.close()
  return row({
    what: `durable commit, ${MANY.toLocaleString('en')} tasks in the store`,
    beside: 'node:sqlite, WAL, synchronous=full',
    ours: median(ours),
    theirs: median(theirs),
    goal: 1.15,
  })
}

const changedTask = (number: number): Task =>
  aStoredTask(number, { status: 'error', warnings: randomInt(100) })

/** Milliseconds a commit: one row changed, one flush, one after the other. */
async function timeOurs(store: Store, tasks: readonly Task[]): Promise<number> {
  const startedAt = performance.now()
  for (const task of tasks) await store.commit(new ChangeSet().put('task', task))
  return (performance.now() - startedAt) / tasks.length
}

/** The same rows by the same statement. What is no work of the database is not counted: parameters are ready. */
function timeNative(database: DatabaseSync, tasks: readonly Task[]): number {
  const statement = database.prepare(TABLES.task.upsert)
  const all = tasks.map((task) => toParams(TABLES.task, task, 1))
  const startedAt = performance.now()
  for (const params of all) statement.run(...params)
  return (performance.now() - startedAt) / tasks.length
}

/** No checkpoint in between: it would be a second flush that we do not make either. */
function openNative(file: string, bytes: Uint8Array): DatabaseSync {
  fs.writeFileSync(file, bytes)
  const database = new DatabaseSync(file)
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0',
  )
  return database
}

/** The whole application, from the start of its process to a page of tasks printed. */
async function benchOpen(
  folders: { many: string; few: string },
  rounds: number,
): Promise<BenchRow> {
  await build({ targets: ['main', 'provision', 'templates'] })
  const many: number[] = []
  const few: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const results = [await timeStart(folders.many), await timeStart(folders.few)]
    if (round === 0) continue
    many.push(results[0] ?? 0)
    few.push(results[1] ?? 0)
  }
  return row({
    what: `open the application with ${MANY.toLocaleString('en')} tasks`,
    beside: `with ${FEW} tasks`,
    ours: median(many),
    theirs: median(few),
    goal: 1.5,
  })
}

function timeStart(folder: string): Promise<number> {
  const cli = path.resolve(import.meta.dirname, '../../dist/main/cli.js')
  const startedAt = performance.now()
  const child = spawn(process.execPath, [cli, 'task', 'list', '--json', '--data', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve(performance.now() - startedAt)
      else reject(new Error(`The command line ended with ${code}.`))
    })
  })
}

/** A store as years of work leave it: each task with its attempt. */
async function fillStore(folder: string, tasks: number): Promise<void> {
  fs.mkdirSync(folder, { recursive: true })
  const store = await Store.open({ folder, now: Date.now })
  await store.commit(
    new ChangeSet()
      .put('backend', aBackend())
      .put('server', aServer())
      .put('platform', aPlatform())
      .put('site', aSite()),
  )
  for (let from = 1; from <= tasks; from += 1000) {
    const change = new ChangeSet()
    for (let number = from; number < Math.min(from + 1000, tasks + 1); number++)
      addTask(change, number)
    await store.commit(change)
  }
  await store.checkpoint()
  await store.close()
}

function addTask(change: ChangeSet, number: number): void {
  const id = anId(MANY + number)
  change.put('task', aStoredTask(number, { attemptId: id }))
  change.put('attempt', anAttempt({ id, taskId: anId(number), status: 'success', endedAt: number }))
}

/** Over a hundred sites, most ended well. */
const aStoredTask = (number: number, facts: Partial<Task> = {}): Task =>
  aTask({
    id: anId(number),
    number,
    objectId: anId(number % 100),
    objectName: `site${number % 100}.example.com`,
    status: number % 20 === 0 ? 'error' : 'success',
    attempts: 1,
    createdAt: 1_700_000_000_000 + number,
    startedAt: 1_700_000_000_000 + number,
    endedAt: 1_700_000_000_000 + number,
    ...facts,
  })

const row = ({
  goal,
  ...facts
}: Omit<BenchRow, 'unit' | 'ratio' | 'goal'> & { goal: number }): BenchRow => ({
  ...facts,
  unit: 'ms',
  ratio: facts.ours / facts.theirs,
  goal: { at: 'most', ratio: goal },
})
