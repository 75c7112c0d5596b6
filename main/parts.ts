import os from 'node:os'
import path from 'node:path'
import type { Change, DispatchState } from '#shared/contract/app.ts'
import type { Id } from '#shared/domain/json.ts'
import type { Backend } from '#shared/domain/objects.ts'
import { isEnded } from '#shared/domain/task.ts'
import type { SecretBox } from './settings/secret-box.ts'
import { AegirAccounts } from './backend/aegir/accounts.ts'
import type { DialectDriver } from './backend/backend.ts'
import { findDialect } from './backend/dialect.ts'
import { createNativeDriver } from './backend/native/index.ts'
import { Bootstrap } from './bootstrap/bootstrap.ts'
import { Crontabs } from './crontab/crontabs.ts'
import { findDispatchTarget } from './crontab/dispatch-command.ts'
import { BackupDownloads } from './download/backup-downloads.ts'
import { DemoServer } from './demo/demo-server.ts'
import { Features, toFeatureSwitch } from './extensions/features.ts'
import { shippedFeatures } from './features/shipped.ts'
import type { Feature } from './hooks/feature.ts'
import { HookProblems } from './hooks/problem.ts'
import { DemoInventory } from './inventory/demo-inventory.ts'
import { Editing } from './inventory/editing.ts'
import { Imports } from './inventory/import.ts'
import { BACKEND_LIMIT, Inventory } from './inventory/inventory.ts'
import { SiteMoves } from './inventory/site-move.ts'
import { Visits } from './inventory/visits.ts'
import { IdMaker } from './lib/ids.ts'
import { Listeners } from './lib/listeners.ts'
import { pause } from './lib/pause.ts'
import { TaskLogs } from './log/task-log.ts'
import { Backlog } from './queue/backlog.ts'
import { Dispatcher } from './queue/dispatcher.ts'
import { QueueClock } from './queue/queue-clock.ts'
import { QueueSwitches } from './queue/queue-switches.ts'
import { Queues } from './queue/queues.ts'
import { mayUseControlFile } from './rpc/aegir-calls.ts'
import type { ShellAbilities } from './rpc/shell-abilities.ts'
import { BackendSecrets } from './settings/backend-secrets.ts'
import { Secrets } from './settings/secrets.ts'
import { Settings } from './settings/settings.ts'
import type { Connection } from './ssh/connection.ts'
import { TrustedKeys } from './store/trusted-keys.ts'
import { openConnection } from './ssh/open-connection.ts'
import { ConnectionPool } from './ssh/pool.ts'
import { countTasks } from './store/queries/tasks.ts'
import type { Store } from './store/store.ts'
import { ChangeSet } from './store/store.ts'
import { Activities } from './task/activities.ts'
import { TaskRunner } from './task/runner.ts'
import { LoginLinks } from './task/login-links.ts'
import { ServerRuns } from './task/server-runs.ts'
import { SiteLogs } from './inventory/site-logs.ts'
import { Previews } from './task/previews.ts'
import { Tasks } from './task/tasks.ts'
import { UnitOfWork } from './task/unit-of-work.ts'

export const VERSION = '0.1.0'

export interface AppParts {
  /** The data folder, 0700. */
  folder: string
  shell: 'desktop' | 'headless' | 'command-line'
  secretBox: SecretBox | null
  /** What the shell can do on this computer beyond a page. */
  abilities?: ShellAbilities
  /** The bundled program for servers. */
  programFile: string
  /** The static platform that the demo server starts with. */
  templateFolder: string
  now: () => number
  /** Those that ship, where nothing else is said. */
  features?: readonly Feature[]
  /** False where no demo server is wanted: for tests of something else. */
  hasDemo?: boolean
}

/** Everything that the application is made of, by name. */
export type Parts = Awaited<ReturnType<typeof buildParts>>

/** Builds all parts and hands them to each other; nothing starts by itself. */
export async function buildParts(given: AppParts, store: Store) {
  const { abilities, folder, now } = given
  const onBug = (error: unknown): void => console.error(error)
  const ids = new IdMaker(now)
  const problems = new HookProblems(now)
  const features = await Features.open({
    shipped: given.features ?? shippedFeatures,
    folder: path.join(folder, 'extensions'),
    switches: {
      read: (name) => toFeatureSwitch(store.find('setting', `feature.${name}`)?.value),
      write: (name, value) =>
        store.commit(
          new ChangeSet().put('setting', { name: `feature.${name}`, value: { ...value } }),
        ),
    },
    onProblem: (problem) => problems.report(problem),
  })
  const { registry } = features
  const logs = new TaskLogs({
    folder: path.join(folder, 'logs'),
    isEnded: (attemptId) => isEnded(store.find('attempt', attemptId)?.status ?? 'cancelled'),
  })
  const activities = new Activities()
  const kept = new Secrets(
    {
      read: (name) => store.find('secret', name)?.sealed,
      write: (name, sealed) => store.commit(new ChangeSet().put('secret', { name, sealed })),
      remove: (name) => store.commit(new ChangeSet().remove('secret', name)),
    },
    given.secretBox,
  )
  const loginLinks = new LoginLinks(kept, now)
  const unit = { store, registry, ids, now, secrets: kept }
  const tasks = new Tasks(unit)
  const inventory = new Inventory(unit)
  const editing = new Editing(unit)
  const secrets = new BackendSecrets(kept, (backendId) => store.get('backend', backendId))
  const settings = new Settings({
    read: (name) => store.find('setting', name)?.value,
    write: (values) =>
      store.commit(
        Object.entries(values).reduce(
          (change, [name, value]) => change.put('setting', { name, value }),
          new ChangeSet(),
        ),
      ),
  })
  const trusted = new TrustedKeys({ store, ids, now })
  const switches = new QueueSwitches(store)
  const sshFolder = path.join(os.homedir(), '.ssh')
  const ownKeys = (host: string, port: number) => trusted.keysOf(host, port)

  const pool = new ConnectionPool({
    address: (backendId) => store.get('backend', backendId),
    ownKeys,
    secrets: (backendId) => secrets.of(backendId),
    sshFolder,
    now,
  })
  // A backend that was forgotten leaves no secret and no connection behind.
  const stopForgetting = store.changed.add((touched) => {
    for (const { table, ids } of touched) {
      if (table !== 'backend') continue
      for (const id of ids.filter((one) => store.find('backend', one) === undefined))
        Promise.all([pool.forget(id), secrets.forget(id)]).catch(onBug)
    }
  })
  const native = createNativeDriver({
    programFile: given.programFile,
    version: VERSION,
    serverHalves: () => features.serverHalves(),
  })
  const aegirAccounts = new AegirAccounts({
    connect: (backendId) => pool.use(backendId),
    mayUseControlFile: (backendId) => mayUseControlFile(store, backendId),
    now,
  })
  const driverFor = ({ id, dialect }: Pick<Backend, 'id' | 'dialect'>): DialectDriver =>
    dialect === 'aegir' ? aegirAccounts.driverOf(id) : native
  const driverOf = (backendId: Id): DialectDriver =>
    driverFor({ dialect: 'native', ...store.find('backend', backendId), id: backendId })
  const runner = new TaskRunner({
    ...unit,
    loginLinks,
    logs,
    activities,
    connect: (backendId, signal) => pool.use(backendId, signal),
    driverOf,
    pause,
  })
  const backlog = new Backlog(unit)
  const dispatcher: Dispatcher = new Dispatcher({
    store,
    backlog,
    activities,
    run: (taskId, signal) => runner.run(taskId, signal),
    cancel: (task, signal) => runner.cancel(task, signal),
    limits: () => queues.limitsOf('tasks'),
    limitOf: (backendId) => store.find('backend', backendId)?.limit ?? 1,
    nextTasks: () => registry.nextTasks(new UnitOfWork(unit)),
    onStart: () => queues.noteStart('tasks'),
    now,
    onBug,
  })
  const queues: Queues = new Queues({
    ...unit,
    switches,
    countTasks: (status) => (status === 'queued' ? dispatcher.waiting : dispatcher.running),
    startTasks: (limit) => dispatcher.startNext(limit),
    removeLogs: async (attemptIds) => {
      for (const id of attemptIds) await logs.remove(id)
    },
    onProblem: (problem) => problems.report(problem),
    monotonic: () => performance.now(),
  })
  const clock = new QueueClock({
    getQueues: () => queues.getQueues(),
    dispatch: () => queues.dispatch({ lockWaitMs: 0 }),
    now,
    onBug,
  })
  const demo = new DemoInventory({
    store,
    inventory,
    editing,
    isSupported: given.hasDemo ?? true,
    server: new DemoServer(path.join(folder, 'demo')),
    trust: (key) => trusted.trust(key),
    connect: (backendId) => pool.use(backendId),
    disconnect: (backendId) => pool.close(backendId),
    templateFolder: given.templateFolder,
    now,
  })

  const connectPrepared = async (backendId: Id): Promise<Connection> => {
    const connection = await pool.use(backendId)
    await driverOf(backendId).prepare(connection)
    return connection
  }
  const imports = new Imports({
    ...unit,
    connect: (backendId) => pool.use(backendId),
    disconnect: (backendId) => pool.forget(backendId),
    giveSecrets: (backendId, typed) => secrets.give(backendId, typed),
    open: (address, typed) => openConnection({ address, secrets: typed, ownKeys, sshFolder, now }),
    findDialect,
    driverOf: driverFor,
    backendLimit: BACKEND_LIMIT,
  })
  const siteLogs = new SiteLogs({ store, connect: connectPrepared, driverOf })
  const previews = new Previews({ ...unit, tasks, connect: connectPrepared, driverOf })
  const crontabs = new Crontabs({
    connect: connectPrepared,
    here: findDispatchTarget({
      execPath: process.execPath,
      isElectron: process.versions['electron'] !== undefined,
      appImage: process.env['APPIMAGE'],
      // Beside every shell's bundle.
      cliFile: path.join(import.meta.dirname, 'cli.js'),
      dataFolder: folder,
    }),
    dataFolder: folder,
    path: process.env['PATH'] ?? '',
  })

  const bootstrap = new Bootstrap({
    // It ships beside the program.
    scriptFile: path.join(path.dirname(given.programFile), 'bootstrap.sh'),
    ownKeys,
    sshFolder,
    now,
  })

  const downloads = new BackupDownloads({
    connect: (backendId, signal) => pool.use(backendId, signal),
    folder: path.join(folder, 'downloads'),
    chooseSaveFile: abilities === undefined ? null : (name) => abilities.chooseSaveFile(name),
    newId: () => ids.next(),
  })

  const visits = new Visits({
    store,
    serverRuns: new ServerRuns({ ...unit, logs, activities, driverOf }),
    connect: (backendId) => pool.use(backendId),
    desk: { id: await ensureDeskId(store, ids), hostName: os.hostname() },
    now,
    onBug,
  })
  const stopVisiting = pool.changed.add(({ backendId, connection }) => {
    if (connection !== 'open') return
    dispatcher.reached(backendId)
    void visits.visit(backendId)
  })

  const dispatchState = (): DispatchState => ({
    isPaused: switches.isPausedAsAWhole,
    running: dispatcher.running,
    queued: backlog.queued,
    failedToday: countTasks(store, { failedSince: new Date(now()).setHours(0, 0, 0, 0) }).failed,
  })
  const stopWaking = store.changed.add((touched) => {
    for (const { table, ids } of touched) if (table === 'attempt') logs.wake(ids)
  })
  const changes = collectChanges({ store, activities, pool, dispatcher, dispatchState })

  return {
    activities,
    aegirAccounts,
    bootstrap,
    changes,
    clock,
    crontabs,
    demo,
    dispatcher,
    dispatchState,
    downloads,
    editing,
    features,
    ids,
    imports,
    inventory,
    kept,
    loginLinks,
    logs,
    onBug,
    ownKeys,
    pool,
    previews,
    problems,
    queues,
    registry,
    secrets,
    settings,
    siteLogs,
    siteMoves: new SiteMoves({ ...unit, tasks, inventory, connect: connectPrepared }),
    sshFolder,
    switches,
    tasks,
    trusted,
    unit,
    visits,
    /** Ends what listens between the parts. */
    stopListening() {
      stopWaking()
      stopVisiting()
      stopForgetting()
    },
  }
}

/** By which backends know this desk; made once. */
async function ensureDeskId(store: Store, ids: IdMaker): Promise<Id> {
  const known = store.find('setting', 'desk.id')?.value
  if (typeof known === 'string') return known
  const id = ids.next()
  await store.commit(new ChangeSet().put('setting', { name: 'desk.id', value: id }))
  return id
}

/** Everything that changes anywhere, as the contract tells of it. */
function collectChanges({
  store,
  activities,
  pool,
  dispatcher,
  dispatchState,
}: {
  store: Store
  activities: Activities
  pool: ConnectionPool
  dispatcher: Dispatcher
  dispatchState: () => DispatchState
}): Listeners<Change> {
  const changes = new Listeners<Change>()
  store.changed.add((touched) => {
    for (const { table, ids } of touched) changes.emit({ event: 'stored', table, ids: [...ids] })
  })
  activities.changed.add((activity) => changes.emit({ event: 'activity', activity }))
  pool.changed.add((state) => changes.emit({ event: 'backend', state }))
  let told = ''
  dispatcher.changed.add(() => {
    const state = dispatchState()
    if (JSON.stringify(state) === told) return
    told = JSON.stringify(state)
    changes.emit({ event: 'dispatch', state })
  })
  return changes
}
