import type { OtherDesk } from '#shared/contract/desks.ts'
import type { Id } from '#shared/domain/json.ts'
import { AppError } from '#shared/errors.ts'
import { listBackends } from '../store/queries/backends.ts'
import type { Connection } from '../ssh/connection.ts'
import type { Store } from '../store/store.ts'
import { removeLeftRuns } from '../task/left-runs.ts'
import type { ServerRuns } from '../task/server-runs.ts'
import { markDesk, type ThisDesk } from './desk-marks.ts'

/** How often a backend that plans for itself is asked what it did. */
const PERIOD_MS = 10 * 60_000
/** How soon one is asked again while a run of its own goes on, and where it could not be asked. */
const RUNNING_MS = 15_000
const RETRY_MS = 60_000

export interface VisitsParts {
  store: Store
  serverRuns: Pick<ServerRuns, 'collect'>
  connect: (backendId: Id) => Promise<Connection>
  desk: ThisDesk
  now: () => number
  onBug: (error: unknown) => void
}

/**
 * What is done whenever a backend is connected: this desk leaves its mark and hears of others, folders of runs that are
 * stored here go, and what the server did by itself is read back. Backends that plan for themselves are visited every few minutes besides, once `open` was called.
 */
export class Visits {
  readonly #parts: VisitsParts
  readonly #others = new Map<Id, OtherDesk[]>()
  readonly #marked = new WeakSet<Connection>()
  readonly #going = new Set<Promise<void>>()
  readonly #again = new Map<Id, NodeJS.Timeout>()
  #period: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(parts: VisitsParts) {
    this.#parts = parts
  }

  /** Other desks that use the backend, as it said when it was last visited. */
  othersOn(backendId: Id): OtherDesk[] {
    return this.#others.get(backendId) ?? []
  }

  open(): void {
    if (this.#period !== undefined) return
    this.#period = setInterval(() => void this.visitAll(), PERIOD_MS)
    this.#period.unref()
    void this.visitAll()
  }

  /** Every backend that plans for itself; one that cannot be reached is left for the next time. */
  async visitAll(): Promise<void> {
    const backends = listBackends(this.#parts.store).filter(
      ({ recurringOwner, dialect }) => recurringOwner === 'server' && dialect === 'native',
    )
    await Promise.all(backends.map(({ id }) => this.visit(id)))
  }

  async visit(backendId: Id): Promise<void> {
    const { store } = this.#parts
    if (this.#isClosed || store.find('backend', backendId) === undefined) return
    const going = this.#visit(backendId).catch((error: unknown) => {
      if (this.#isClosed) return
      // What is wrong with a connection shows at the backend.
      if (!(error instanceof AppError)) this.#parts.onBug(error)
      else if (error.isRetryable && this.#isOpen) this.#visitAgain(backendId, RETRY_MS)
    })
    this.#going.add(going)
    await going
    this.#going.delete(going)
  }

  /** To be called once connections are closed: waits for what was under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#period)
    for (const timer of this.#again.values()) clearTimeout(timer)
    await Promise.all(this.#going)
  }

  async #visit(backendId: Id): Promise<void> {
    const { connect, desk, now, serverRuns, store } = this.#parts
    const connection = await connect(backendId)
    if (!this.#marked.has(connection)) {
      this.#marked.add(connection)
      this.#others.set(backendId, await markDesk(connection, desk, now()))
      await removeLeftRuns(store, connection.runs)
    }
    const { running } = await serverRuns.collect(backendId, connection)
    clearTimeout(this.#again.get(backendId))
    if (running > 0) this.#visitAgain(backendId, RUNNING_MS)
  }

  get #isOpen(): boolean {
    return this.#period !== undefined
  }

  #visitAgain(backendId: Id, afterMs: number): void {
    if (this.#isClosed) return
    clearTimeout(this.#again.get(backendId))
    const timer = setTimeout(() => void this.visit(backendId), afterMs)
    this.#again.set(backendId, timer.unref())
  }
}
