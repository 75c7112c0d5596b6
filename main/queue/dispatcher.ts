import type { Id } from '#shared/domain/json.ts'
import { ObjectKind } from '#shared/domain/objects.ts'
import type { Task, Waiting } from '#shared/domain/task.ts'
import { AppError } from '#shared/errors.ts'
import { Listeners } from '../lib/listeners.ts'
import type { Store } from '../store/store.ts'
import type { Activities } from '../task/activities.ts'
import type { RunEnd } from '../task/runner.ts'
import type { Backlog, WaitingTask } from './backlog.ts'
import { compareTasks, isSelected, type NextTasks } from '../hooks/next-tasks.ts'
import { planTasks, type PlanParts } from './plan.ts'
import type { QueueLimits } from './queues.ts'

/** How long a cancel that did not get through is left alone, while its task goes on. */
const CANCEL_RETRY_MS = 10_000

/** How long a backend that could not be reached is left alone, by how often in a row it failed. */
const RETRY_MS = [1000, 2000, 5000, 10_000, 20_000, 60_000]

export interface DispatcherParts {
  store: Store
  backlog: Backlog
  activities: Activities
  run: (taskId: Id, signal: AbortSignal) => Promise<RunEnd>
  cancel: (task: Task, signal: AbortSignal) => Promise<void>
  /** How many tasks may run at once over all backends, and whether any may start at all. */
  limits: () => QueueLimits
  /** How many may run at once on one backend. */
  limitOf: (backendId: Id) => number
  /** Which of the waiting tasks may start, and in which order. */
  nextTasks: () => NextTasks
  /** Some were started. */
  onStart?: () => void
  now: () => number
  cancelRetryMs?: number
  /** What nobody expected: a bug, told to whoever keeps the process's log. */
  onBug: (error: unknown) => void
}

interface Block {
  waiting: Waiting
  timer: NodeJS.Timeout | undefined
}

/**
 * Starts tasks as soon as they may start: when one is added or ends, a backend can be reached again, a secret was given,
 * dispatch goes on. Between events it does nothing.
 *
 * open → (close) closing: starts nothing and lets go of what runs, which goes on on its servers → closed.
 */
export class Dispatcher {
  readonly changed = new Listeners<void>()
  readonly #parts: DispatcherParts
  readonly #running = new Map<Id, Promise<void>>()
  readonly #cancelling = new Set<Id>()
  readonly #blocks = new Map<Id, Block>()
  /** How often in a row a backend could not be reached. */
  readonly #failures = new Map<Id, number>()
  readonly #closing = new AbortController()
  readonly #stopListening: () => void
  #isTickDue = false
  /** Before, events start nothing: a command that only adds a task leaves it queued. */
  #isDispatching = false

  constructor(parts: DispatcherParts) {
    this.#parts = parts
    this.#stopListening = parts.store.changed.add((changes) => {
      const ids = changes.flatMap(({ table, ids }) => (table === 'task' ? ids : []))
      parts.backlog.refresh(ids)
      for (const id of ids) {
        if (parts.backlog.has(id)) this.#carryCancel(id)
        else parts.activities.forget(id)
      }
      const objects = changes.flatMap(({ table, ids }) => (isObjectKind(table) ? ids : []))
      if (parts.backlog.refreshObjects(objects) || ids.length > 0) this.request()
    })
  }

  /** Goes on with what was left processing, then starts what may start. */
  open(): void {
    this.tick()
  }

  /** Asks for a tick once the present event is done; many requests make one tick. */
  request(): void {
    if (!this.#isDispatching || this.#isTickDue || this.#closing.signal.aborted) return
    this.#isTickDue = true
    setImmediate(() => {
      this.#isTickDue = false
      if (!this.#closing.signal.aborted) this.tick()
    })
  }

  /** Plans and starts what may start by event: whenever the queue runs at all, up to its items. Returns what it was. */
  tick(): Id[] {
    const { items, isEnabled, isPaused } = this.#parts.limits()
    return this.#plan({ items, isPaused: isPaused || !isEnabled })
  }

  /** Starts at most so many of the next tasks beside those that run: a run of the queue, whoever asked for it. */
  startNext(limit: number): Id[] {
    return this.#plan({ items: this.#running.size + limit, isPaused: false })
  }

  #plan(room: { items: number; isPaused: boolean }): Id[] {
    if (this.#closing.signal.aborted) return []
    this.#isDispatching = true
    const { backlog, activities, limitOf, nextTasks } = this.#parts
    const plan = planTasks({
      ...select(backlog.list(), nextTasks()),
      ...room,
      running: new Set(this.#running.keys()),
      limitOf,
      blocked: new Map([...this.#blocks].map(([id, block]) => [id, block.waiting])),
    })
    for (const [id, { waiting, position }] of plan.waiting)
      activities.update(id, { waiting, position })
    for (const id of plan.starts) this.#start(id)
    if (plan.starts.length > 0) this.#parts.onStart?.()
    this.changed.emit()
    return plan.starts
  }

  get running(): number {
    return this.#running.size
  }

  /** Unfinished tasks that nobody works on. */
  get waiting(): number {
    return this.#parts.backlog.list().filter(({ id }) => !this.#running.has(id)).length
  }

  /** Resolves when nothing runs and nothing that may start waits; at the latest after `forMs` or on the signal. */
  untilIdle({ forMs, signal }: { forMs: number; signal: AbortSignal }): Promise<void> {
    return new Promise((resolve) => {
      const isIdle = (): boolean => this.#running.size === 0 && !this.#isTickDue
      const done = (): void => {
        clearTimeout(timer)
        stop()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, forMs)
      const stop = this.changed.add(() => {
        if (isIdle()) done()
      })
      signal.addEventListener('abort', done)
      if (signal.aborted || isIdle()) done()
    })
  }

  /** A connection to the backend was made, by whomever: whatever was said of reaching it is over. */
  reached(backendId: Id): void {
    const reason = this.#blocks.get(backendId)?.waiting.reason
    if (reason !== undefined && reason !== 'overload') this.unblock(backendId)
  }

  /** Something about a backend was put right (a key trusted, a secret given, an address changed): try again at once. */
  unblock(backendId: Id): void {
    clearTimeout(this.#blocks.get(backendId)?.timer)
    this.#blocks.delete(backendId)
    this.request()
  }

  /** Lets go of every run and waits until nothing here works on one. */
  async close(): Promise<void> {
    this.#stopListening()
    this.#closing.abort(new AppError('ssh.connection-lost', 'The application was closed.'))
    for (const { timer } of this.#blocks.values()) clearTimeout(timer)
    await Promise.all(this.#running.values())
  }

  #start(id: Id): void {
    if (this.#running.has(id)) return
    const done = this.#run(id).finally(() => {
      this.#running.delete(id)
      this.#cancelling.delete(id)
      this.request()
    })
    this.#running.set(id, done)
  }

  async #run(id: Id): Promise<void> {
    const { signal } = this.#closing
    const { backendId } = this.#parts.store.get('task', id)
    try {
      const end = await this.#parts.run(id, signal)
      if (signal.aborted) return
      if (end.state === 'put-back') this.#block(backendId, end.waiting)
      else this.#failures.delete(backendId)
    } catch (error) {
      if (!signal.aborted) {
        this.#parts.onBug(error)
        this.#block(backendId, {
          reason: 'unreachable',
          backendId,
          message: error instanceof Error ? error.message : String(error),
          retryAt: null,
        })
      }
    }
  }

  /** Nothing starts on the backend until the time is over or, where a person is needed, {@link unblock} is called. */
  #block(backendId: Id, waiting: Waiting): void {
    const { now } = this.#parts
    clearTimeout(this.#blocks.get(backendId)?.timer)
    const failures = this.#failures.get(backendId) ?? 0
    if (waiting.reason === 'unreachable') this.#failures.set(backendId, failures + 1)
    const delayMs =
      waiting.reason === 'unreachable'
        ? RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]
        : waiting.reason === 'overload'
          ? Math.max(0, waiting.retryAt - now())
          : undefined
    const timer =
      delayMs === undefined ? undefined : setTimeout(() => this.unblock(backendId), delayMs)
    const shown: Waiting =
      waiting.reason === 'unreachable' && delayMs !== undefined
        ? { ...waiting, retryAt: now() + delayMs }
        : waiting
    this.#blocks.set(backendId, { waiting: shown, timer })
  }

  /** A cancel was asked for: carries it to the server, again where it did not get through and the run goes on. */
  #carryCancel(id: Id): void {
    const task = this.#parts.store.find('task', id)
    if (task?.cancelRequestedAt == null || task.status !== 'processing' || this.#cancelling.has(id))
      return
    this.#cancelling.add(id)
    this.#parts.cancel(task, this.#closing.signal).catch((error: unknown) => {
      if (this.#closing.signal.aborted) return
      if (!(error instanceof AppError)) this.#parts.onBug(error)
      setTimeout(() => {
        // A run that has ended took itself off the list.
        if (this.#cancelling.delete(id) && !this.#closing.signal.aborted) this.#carryCancel(id)
      }, this.#parts.cancelRetryMs ?? CANCEL_RETRY_MS).unref()
    })
  }
}

const isObjectKind = (table: string): boolean => ObjectKind.safeParse(table).success

/** The tasks in the order of the selection, and those that it leaves out. What runs already is beyond it. */
function select(
  tasks: readonly WaitingTask[],
  next: NextTasks,
): Pick<PlanParts, 'tasks' | 'held' | 'limit'> {
  const held = tasks
    .filter(({ status, facts }) => status === 'queued' && !isSelected(facts, next))
    .map(({ id }) => id)
  return {
    tasks:
      next.order.length === 0
        ? tasks
        : [...tasks].sort((a, b) => compareTasks(a.facts, b.facts, next)),
    held: new Set(held),
    limit: next.limit ?? Infinity,
  }
}
