import type { PlannedQueue } from '#shared/domain/queue.ts'
import { dueAtOf } from '#shared/domain/queue-plan.ts'

/** However long queues still have to wait, they are looked at this often: counts change, clocks are set. */
const LOOK_MS = 60_000
const LEAST_MS = 1000

/** How long until queues are to be looked at again: when the first of them is due. */
export function nextLookMs(queues: readonly PlannedQueue[], now: number): number {
  const waits = queues
    .filter(({ isEnabled, isPaused }) => isEnabled && !isPaused)
    .map((queue) => {
      const waitMs = dueAtOf(queue, now) - now
      // It was due and did not run (nothing to do, or locked): asked again after its own time.
      return waitMs > 0 ? waitMs : queue.intervalSeconds * 1000
    })
  return Math.max(LEAST_MS, Math.ceil(Math.min(LOOK_MS, ...waits)))
}

export interface QueueClockParts {
  getQueues: () => PlannedQueue[]
  dispatch: () => Promise<unknown>
  now: () => number
  onBug: (error: unknown) => void
}

/** Dispatches whenever a queue becomes due. stopped → (start) waiting ⇄ dispatching → (close) closed. */
export class QueueClock {
  readonly #parts: QueueClockParts
  #timer: NodeJS.Timeout | undefined
  #state: 'stopped' | 'running' | 'closed' = 'stopped'

  constructor(parts: QueueClockParts) {
    this.#parts = parts
  }

  start(): void {
    if (this.#state !== 'stopped') return
    this.#state = 'running'
    this.#look()
  }

  /** Something about a queue was set: look now rather than at its old time. */
  wake(): void {
    if (this.#state === 'running' && this.#timer !== undefined) this.#look()
  }

  close(): void {
    this.#state = 'closed'
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    void this.#dispatch().then((waitMs) => {
      if (this.#state === 'running') this.#timer = setTimeout(() => this.#look(), waitMs)
    })
  }

  async #dispatch(): Promise<number> {
    const { getQueues, dispatch, now, onBug } = this.#parts
    try {
      await dispatch()
      return this.#state === 'running' ? nextLookMs(getQueues(), now()) : LOOK_MS
    } catch (error) {
      if (this.#state === 'running') onBug(error)
      return LOOK_MS
    }
  }
}
