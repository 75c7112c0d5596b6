import path from 'node:path'
import type { LogLevel } from '#shared/domain/task.ts'
import { TaskLogs, type NewLogEntry } from '../../main/log/task-log.ts'
import { ChangeSet, Store } from '../../main/store/store.ts'
import { aPlatform, aServer, aSite, aTask, anId } from './objects.ts'
import { aBackend, anAttempt } from './rows.ts'

export interface SeedSizes {
  sites: number
  tasks: number
  /** Lines of the newest task's log. */
  lines: number
}

/** As many commits of so many rows as a store takes: the journal is written as in real use. */
const BATCH = 1000
/** Ids of each kind begin here, so that none is another's. */
const SITE = 1_000_000
const TASK = 2_000_000
const ATTEMPT = 4_000_000
const SITES_OF_PLATFORM = 250
const MINUTE = 60_000

/** The newest task, whose log is the long one; and its attempt. */
export const seededTask = ({ tasks }: SeedSizes): { taskId: string; attemptId: string } => ({
  taskId: anId(TASK + tasks),
  attemptId: anId(ATTEMPT + tasks),
})

/**
 * Fills a data folder through the real store and the real log: one server, platforms of 250 sites, and years of ended
 * tasks, of which every twentieth has failed.
 */
export async function seed(folder: string, sizes: SeedSizes): Promise<void> {
  const store = await Store.open({ folder, now: Date.now })
  try {
    await store.commit(
      new ChangeSet()
        // What would make the demo server and start work by itself.
        .put('setting', { name: 'application.isSeen', value: true })
        .put('setting', { name: 'dispatch.isPaused', value: true })
        .put('backend', aBackend({ title: 'web1' }))
        .put('server', aServer()),
    )
    await inBatches(sizes.sites, (change, number) => addSite(change, number), store)
    await inBatches(sizes.tasks, (change, number) => addTask(change, number, sizes), store)
    await store.checkpoint()
  } finally {
    await store.close()
  }
  await seedLog(folder, seededTask(sizes).attemptId, sizes.lines)
}

async function inBatches(
  count: number,
  add: (change: ChangeSet, number: number) => void,
  store: Store,
): Promise<void> {
  for (let from = 1; from <= count; from += BATCH) {
    const change = new ChangeSet()
    for (let number = from; number < Math.min(from + BATCH, count + 1); number++)
      add(change, number)
    await store.commit(change)
  }
}

const CUSTOMERS = ['acme', 'baker', 'civic', 'dune', 'ember', 'fjord', 'glade', 'harbour']
export const seededSiteName = (number: number): string =>
  `${CUSTOMERS[number % CUSTOMERS.length] ?? ''}-${number}.example.com`

function addSite(change: ChangeSet, number: number): void {
  const platformId = anId(100 + Math.floor((number - 1) / SITES_OF_PLATFORM))
  if ((number - 1) % SITES_OF_PLATFORM === 0) {
    const name = `platform_${100 + Math.floor((number - 1) / SITES_OF_PLATFORM)}`
    change.put('platform', aPlatform({ id: platformId, name, title: name, root: `/srv/${name}` }))
  }
  const name = seededSiteName(number)
  change.put('site', aSite({ id: anId(SITE + number), name, title: name, platformId }))
}

function addTask(change: ChangeSet, number: number, { sites, tasks }: SeedSizes): void {
  const site = 1 + (number % sites)
  const endedAt = Date.now() - (tasks - number) * MINUTE
  const isFailed = number % 20 === 0
  const status = isFailed ? 'error' : 'success'
  const [id, attemptId] = [anId(TASK + number), anId(ATTEMPT + number)]
  const times = { startedAt: endedAt - 12_000, endedAt }
  const facts = isFailed
    ? { errorCode: 'PROVISION_FAILED', errorMessage: 'The web server refused its configuration.' }
    : {}
  change.put(
    'task',
    aTask({
      id,
      number,
      attemptId,
      type: 'verify',
      objectKind: 'site',
      objectId: anId(SITE + site),
      objectName: seededSiteName(site),
      status,
      attempts: 1,
      createdAt: times.startedAt,
      ...times,
      ...facts,
    }),
  )
  change.put('attempt', anAttempt({ id: attemptId, taskId: id, status, ...times, ...facts }))
}

/** A log as a chatty command writes it: mostly plain, a warning every thousand lines, an error every hundred thousand. */
export async function seedLog(folder: string, attemptId: string, lines: number): Promise<void> {
  const logs = new TaskLogs({ folder: path.join(folder, 'logs'), isEnded: () => true })
  const began = Date.now() - lines
  let end = 0
  for (let from = 0; from < lines; from += BATCH) {
    const entries: NewLogEntry[] = []
    for (let line = from; line < Math.min(from + BATCH, lines); line++) {
      const text = seededLine(line)
      end += text.length + 1
      entries.push({
        kind: 'message',
        level: levelOf(line),
        text,
        serverAt: began + line,
        arrivedAt: began + line,
        stage: 'verify',
        progress: null,
        source: { stage: 1, stream: 'out', end },
      })
    }
    logs.append(attemptId, entries)
    // So that what waits to be written does not grow without end.
    if (from % (50 * BATCH) === 0) await logs.flush(attemptId)
  }
  await logs.flush(attemptId)
  await logs.close()
}

/** One line in a hundred thousand holds it. */
export const NEEDLE = 'needle'
export const seededLine = (line: number): string =>
  `copied sites/all/modules/contrib/module-${line % 997}/file-${line}.php${line % 100_000 === 77_777 ? ` ${NEEDLE}` : ''}`

const levelOf = (line: number): LogLevel =>
  line % 100_000 === 50_000 ? 'error' : line % 1000 === 999 ? 'warning' : 'info'
