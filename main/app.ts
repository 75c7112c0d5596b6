import type { Change, DispatchState } from '#shared/contract/app.ts'
import { checkDialect } from './backend/dialect.ts'
import { DemoServer } from './demo/demo-server.ts'
import type { BackupDownloads } from './download/backup-downloads.ts'
import { Transfer } from './export/transfer.ts'
import { tellQueues } from './inventory/recurring-owner.ts'
import { pause } from './lib/pause.ts'
import { type AppParts, buildParts, type Parts, VERSION } from './parts.ts'
import { createRouter, type DeskRouter } from './rpc/router.ts'
import { checkConnection } from './ssh/connection-check.ts'
import { knownHostKeys } from './ssh/known-hosts.ts'
import { listSshHosts } from './ssh/ssh-config.ts'
import { acquireOwnership } from './store/owner.ts'
import { listBackends } from './store/queries/backends.ts'
import { Store } from './store/store.ts'
import { forgetSecretsOfEnded, sweepSecrets } from './task/sweep-secrets.ts'

export { VERSION, type AppParts } from './parts.ts'

/** How long whoever finds another owner at work waits for it to end. */
const OWNER_WAIT_MS = 10_000

/** The application without a window: what every shell opens, serves and closes. */
export interface App {
  readonly router: DeskRouter
  /** Where a long-lived owner lets other processes of the operator ask. */
  readonly socketPath: string
  dispatchState(): DispatchState
  /** Tells of every change; returns what ends the listening. */
  onChange(listener: (change: Change) => void): () => void
  pauseDispatch(): Promise<void>
  resumeDispatch(): Promise<void>
  /** Goes on with what was left running and starts what may start. Long-lived shells do so from the beginning. */
  startDispatching(): void
  /** A file that was fetched for a browser, once, by its key; `done` removes it. */
  takeDownload(key: string): ReturnType<BackupDownloads['take']>
  /** Resolves when nothing runs any more that this process follows, at the latest after `forMs`. */
  untilIdle(options: { forMs: number; signal: AbortSignal }): Promise<void>
  /** Lets runs go on where they are, closes connections and the store. */
  close(): Promise<void>
}

/**
 * Becomes the owner of the data folder and builds all given. Throws `store.locked` where another process keeps it (with
 * its `socketPath`, if it can be asked), `store.newer-format`, `store.damaged`.
 */
export async function openApp(given: AppParts): Promise<App> {
  const isLongLived = given.shell !== 'command-line'
  const ownership = await acquireOwnership({
    folder: given.folder,
    kind: isLongLived ? 'long-lived' : 'one-shot',
    waitMs: OWNER_WAIT_MS,
  })
  try {
    const store = await Store.open({ folder: given.folder, now: given.now })
    return await start(given, store, ownership, isLongLived)
  } catch (error) {
    await ownership.release()
    throw error
  }
}

async function start(
  given: AppParts,
  store: Store,
  ownership: { socketPath: string; release(): Promise<void> },
  isLongLived: boolean,
): Promise<App> {
  const hasDemo = (given.hasDemo ?? true) && DemoServer.isSupported()
  const parts = await buildParts({ ...given, hasDemo }, store)
  const { changes, clock, demo, dispatcher, downloads, pool, queues, switches, visits } = parts
  const setPaused = async (isPaused: boolean): Promise<void> => {
    await switches.setPausedAsAWhole(isPaused)
    dispatcher.request()
    clock.wake()
  }
  let isDispatching = false
  const startDispatching = (): void => {
    if (isDispatching) return
    isDispatching = true
    dispatcher.open()
  }

  await sweepSecrets(store, parts.kept, parts.loginLinks)
  const stopForgettingSecrets = forgetSecretsOfEnded(store, parts.kept, parts.onBug)
  await demo.open()
  if (isLongLived) {
    startDispatching()
    if (hasDemo && switches.isFirstRun) await demo.add().catch(parts.onBug)
    await switches.endFirstRun()
    clock.start()
    visits.open()
  }

  return {
    router: routerOf(given, store, { ...parts, setPaused }),
    socketPath: ownership.socketPath,
    dispatchState: parts.dispatchState,
    onChange: (listener) => changes.add(listener),
    pauseDispatch: () => setPaused(true),
    resumeDispatch: () => setPaused(false),
    startDispatching,
    takeDownload: (key) => downloads.take(key),
    async untilIdle(options) {
      const isVisited = new AbortController()
      const signal = AbortSignal.any([options.signal, isVisited.signal])
      await Promise.race([visits.visitAll(), pause(options.forMs, signal).catch(() => undefined)])
      isVisited.abort()
      await dispatcher.untilIdle(options)
    },
    async close() {
      clock.close()
      queues.close()
      parts.stopListening()
      stopForgettingSecrets()
      // Who waits for the answer of a server that fell silent is told by the end of its connection.
      await Promise.all([dispatcher.close(), pool.closeAll()])
      await visits.close()
      await downloads.close()
      await demo.close()
      await parts.logs.close()
      await store.close()
      await ownership.release()
    },
  }
}

/** What the contract offers, over the parts. */
function routerOf(
  given: AppParts,
  store: Store,
  parts: Parts & { setPaused: (isPaused: boolean) => Promise<void> },
): DeskRouter {
  const { folder, now } = given
  const { clock, demo, dispatcher, ownKeys, pool, queues, secrets, sshFolder, trusted } = parts
  const lookAgain = (): void => {
    dispatcher.request()
    clock.wake()
  }
  return createRouter({
    ...parts,
    store,
    info: {
      version: VERSION,
      shell: given.shell,
      dataFolder: folder,
      startedAt: now(),
      platform: process.platform,
      notices: store.notices,
    },
    abilities: given.abilities ?? null,
    hookProblems: () => parts.problems.list(),
    transfer: new Transfer({
      store,
      secretBox: given.secretBox,
      folder,
      now,
      application: VERSION,
      newId: () => parts.ids.next(),
      onImported() {
        for (const { id } of listBackends(store)) dispatcher.unblock(id)
        queues.refresh()
        lookAgain()
      },
    }),
    onFeatureSet() {
      // What they do by themselves is done with the extensions that are in force.
      void tellQueues(parts.unit).catch(parts.onBug)
      queues.refresh()
      lookAgain()
    },
    onQueueSet: lookAgain,
    backendState: (id) => pool.state(id),
    check: (target, typed, signal) =>
      checkConnection({
        address: 'address' in target ? target.address : store.get('backend', target.backendId),
        secrets: { ...('backendId' in target ? secrets.of(target.backendId) : {}), ...typed },
        ownKeys,
        sshFolder,
        now,
        more: [{ stage: 'dialect', check: checkDialect }],
        ...(signal === undefined ? {} : { signal }),
      }),
    async trustHostKey(key) {
      await trusted.trust(key)
      // What is connected was let in by the key that it showed then.
      for (const { id } of listBackends(store)) {
        if (pool.state(id).connection === 'open') continue
        await pool.close(id)
        dispatcher.unblock(id)
      }
    },
    async giveSecrets(backendId, typed) {
      await secrets.give(backendId, typed)
      await pool.close(backendId)
      dispatcher.unblock(backendId)
    },
    disconnect: async (backendId) => pool.close(backendId),
    sshHosts: () => listSshHosts(sshFolder),
    knownHostKeys: (hosts) => knownHostKeys(sshFolder, hosts),
    demo: {
      state: () => demo.state(),
      add: () => demo.add(),
      remove: () => demo.remove(),
    },
  })
}
