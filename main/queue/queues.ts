import type { Form, FormProblems } from '#shared/domain/form.ts'
import type { Id, JsonRecord } from '#shared/domain/json.ts'
import type { PlannedQueue, QueueDefinition, QueueOutcome } from '#shared/domain/queue.ts'
import { planQueue, turnOf, withSettings, type QueueCounts } from '#shared/domain/queue-plan.ts'
import { AppError, isAppError } from '#shared/errors.ts'
import { toProblem, type HookProblem } from '../hooks/problem.ts'
import type { DeclaredQueue } from '../hooks/queue.ts'
import { tell } from '../hooks/tell.ts'
import { QueueLocks } from './queue-locks.ts'
import type { QueueSwitches } from './queue-switches.ts'
import { QueueUnit, type QueueUnitParts } from './queue-unit.ts'

/** How long a run waits for the one before: Aegir's HOSTING_QUEUE_DEFAULT_LOCK_WAIT. */
export const LOCK_WAIT_MS = 30_000
/** How many items a run by hand takes on where nobody says: Aegir's hosting_run_queue. */
const DEFAULT_ITEMS = 5

export interface QueuesParts extends QueueUnitParts {
  switches: QueueSwitches
  /** Starts waiting tasks, at most so many; returns which. */
  startTasks: (limit: number) => Id[]
  removeLogs: (attemptIds: readonly Id[]) => Promise<void>
  onProblem: (problem: HookProblem) => void
  /** Monotonic ms. */
  monotonic: () => number
}

export interface RunOptions {
  /** For a dispatch: also before its time. For a run by hand: also while paused. Both: also while another run goes on. */
  force?: boolean
  lockWaitMs?: number
  signal?: AbortSignal
}

/** How much of a queue may start by event: its period does not matter to that. */
export type QueueLimits = Pick<PlannedQueue, 'items' | 'isEnabled' | 'isPaused'>

/** All queues: what they are, how they are run, and which are due. It knows none of them by name. */
export class Queues {
  readonly #parts: QueuesParts
  readonly #locks: QueueLocks
  readonly #stopListening: () => void
  /** As of the last look; undefined once something was set. */
  #limits: ReadonlyMap<string, QueueLimits> | undefined
  /** When work of a queue last began by event: to be shown only, its period does not follow it. */
  readonly #begun = new Map<string, number>()
  #isClosed = false

  constructor(parts: QueuesParts) {
    this.#parts = parts
    const { ids, now, monotonic } = parts
    this.#locks = new QueueLocks({ newId: () => ids.next(), now, monotonic })
    this.#stopListening = parts.store.changed.add((touched) => {
      if (touched.some(({ table }) => table === 'queue' || table === 'setting')) this.refresh()
    })
  }

  /** Features were switched on or off, or something was set. */
  refresh(): void {
    this.#limits = undefined
  }

  /**
   * Every queue with the operator's settings, its counts and their pace, after all hooks (Aegir's hosting_get_queues). A
   * queue that cannot count its items is shown with none.
   */
  getQueues(): PlannedQueue[] {
    const { registry } = this.#parts
    const planned = registry.changedPlannedQueues(registry.queues().map((one) => this.#plan(one)))
    this.#limits = new Map(planned.map((queue) => [queue.name, queue]))
    return planned
  }

  /** Throws `queue.unknown`. */
  getQueue(name: string): PlannedQueue {
    return found(name, this.getQueues())
  }

  /** Work of this queue has begun by event. */
  noteStart(name: string): void {
    this.#begun.set(name, this.#parts.now())
  }

  /** When it last ran, or work of it began by event while this application runs. */
  lastRunOf({ name, lastRunAt }: PlannedQueue): number | null {
    return Math.max(lastRunAt ?? 0, this.#begun.get(name) ?? 0) || null
  }

  /** The queue's own settings: their form, and what is wrong with values that fit it. */
  settingsFormOf(name: string): { form: Form; validate: (values: JsonRecord) => FormProblems } {
    const { declaration } = this.#declared(name)
    return {
      form: declaration.form ?? { fields: [] },
      validate: (values) => declaration.validate?.(values) ?? {},
    }
  }

  /** The hooks' last word on it holds until the next look at all queues. Nothing may start where there is no such queue. */
  limitsOf(name: string): QueueLimits {
    if (this.#limits === undefined) this.getQueues()
    return this.#limits?.get(name) ?? { items: 0, isEnabled: false, isPaused: false }
  }

  /** Runs one queue by hand, whatever its time and whether or not it is enabled. Throws `queue.unknown`. */
  async runQueue(
    name: string,
    { items = DEFAULT_ITEMS, ...options }: RunOptions & { items?: number } = {},
  ): Promise<QueueOutcome> {
    const queue = this.getQueue(name)
    if (queue.isPaused && options.force !== true) return { queue: name, state: 'paused' }
    return await this.#run(queue, items, options)
  }

  /** Runs every queue that is due. Queues do not wait for each other, and one that is stuck stops none. */
  async dispatch(options: RunOptions = {}): Promise<QueueOutcome[]> {
    const now = this.#parts.now()
    return await Promise.all(
      this.getQueues().map(async (queue): Promise<QueueOutcome> => {
        const turn = turnOf(queue, now, { force: options.force ?? false })
        return turn.state === 'due'
          ? await this.#run(queue, turn.items, options)
          : { queue: queue.name, ...turn }
      }),
    )
  }

  /** What a queue is still about to do is dropped. */
  close(): void {
    this.#isClosed = true
    this.#stopListening()
  }

  #plan(declared: DeclaredQueue): PlannedQueue {
    const { switches } = this.#parts
    const settings = switches.settingsOf(declared.definition.name)
    const definition = withSettings(declared.definition, settings)
    return planQueue(definition, {
      ...this.#count(declared, definition),
      isPaused: switches.isPausedAsAWhole || settings.isPaused,
      lastRunAt: settings.lastRunAt,
    })
  }

  /** A queue that is off is not asked: it may be off because it is much work. */
  #count(
    { declaration, feature }: DeclaredQueue,
    { name, isEnabled, frequencySeconds }: QueueDefinition,
  ): QueueCounts {
    if (!isEnabled) return { totalItems: 0, runningItems: 0 }
    const unit = this.#unit(name, frequencySeconds)
    try {
      return {
        totalItems: toCount(declaration.totalItems?.(unit)),
        runningItems: toCount(declaration.runningItems?.(unit)) ?? 0,
      }
    } catch (error) {
      this.#parts.onProblem(toProblem(feature, `queue ${name}`, error))
      return { totalItems: 0, runningItems: 0 }
    }
  }

  /** The lock comes first, then the mark: a run that never got it has not been one. */
  async #run(
    { name, frequencySeconds }: PlannedQueue,
    items: number,
    { force = false, lockWaitMs = LOCK_WAIT_MS, signal }: RunOptions,
  ): Promise<QueueOutcome> {
    const hold = await this.#locks.take(name, {
      waitMs: lockWaitMs,
      ...(signal === undefined ? {} : { signal }),
    })
    const other = this.#locks.find(name)
    if (hold === undefined && !force)
      return { queue: name, state: 'locked', since: other?.since ?? this.#parts.now() }
    try {
      if (this.#isClosed) return closed(name)
      await this.#parts.switches.edit(name, { lastRunAt: this.#parts.now() })
      return await this.#process(this.#declared(name), items, frequencySeconds)
    } catch (error) {
      if (this.#isClosed) return closed(name)
      return this.#failed(name, toProblem(this.#declared(name).feature, `queue ${name}`, error))
    } finally {
      hold?.release()
    }
  }

  /** One transaction; once more where something that was read has changed meanwhile. */
  async #process(declared: DeclaredQueue, items: number, frequency: number): Promise<QueueOutcome> {
    try {
      return await this.#processOnce(declared, items, frequency)
    } catch (error) {
      if (!isAppError(error, 'object.changed-meanwhile')) throw error
      return await this.#processOnce(declared, items, frequency)
    }
  }

  async #processOnce(
    { definition: { name, timeoutSeconds }, declaration, feature }: DeclaredQueue,
    items: number,
    frequency: number,
  ): Promise<QueueOutcome> {
    const unit = this.#unit(name, frequency)
    const process = (): void | Promise<void> => declaration.process(items, unit)
    const problem = await tell(feature, `queue ${name}`, process, timeoutSeconds * 1000)
    if (problem !== undefined) return this.#failed(name, problem)
    if (this.#isClosed) return closed(name)
    const { store, startTasks, removeLogs } = this.#parts
    await store.commit(unit.toChange())
    await removeLogs(unit.forgottenAttempts)
    const started = unit.startLimit > 0 ? startTasks(unit.startLimit).length : 0
    const added = unit.added.map((id) => store.get('task', id).number)
    return { queue: name, state: 'ran', items, added, started }
  }

  #failed(name: string, problem: HookProblem): QueueOutcome {
    this.#parts.onProblem(problem)
    const message = `Feature ${problem.feature} failed: ${problem.message}`
    return { queue: name, state: 'failed', message }
  }

  #unit(name: string, frequencySeconds: number): QueueUnit {
    const { values } = this.#parts.switches.settingsOf(name)
    return new QueueUnit(this.#parts, { values, frequencySeconds })
  }

  #declared(name: string): DeclaredQueue {
    const all = this.#parts.registry.queues()
    const declared = all.find(({ definition }) => definition.name === name)
    if (declared !== undefined) return declared
    throw unknownQueue(name)
  }
}

/** What a feature counted; null where it does not count. Throws where that is no count. */
function toCount(counted: number | undefined): number | null {
  if (counted === undefined) return null
  if (Number.isInteger(counted) && counted >= 0) return counted
  throw new Error(`it counted ${String(counted)} items`)
}

function found(name: string, queues: readonly PlannedQueue[]): PlannedQueue {
  const queue = queues.find((one) => one.name === name)
  if (queue !== undefined) return queue
  throw unknownQueue(name)
}

const unknownQueue = (name: string): AppError =>
  new AppError('queue.unknown', `There is no queue ${name}.`, { data: { name } })

const closed = (name: string): QueueOutcome => ({
  queue: name,
  state: 'failed',
  message: 'The application was closed.',
})
