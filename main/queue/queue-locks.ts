import type { Id } from '#shared/domain/json.ts'

/** Nobody keeps a queue for longer than this: Aegir's HOSTING_QUEUE_LOCK_TIMEOUT. */
const LOCK_TIMEOUT_MS = 3_600_000

/** A run's hold on its queue. Given back once; a hold that has run out meanwhile gives back nothing of others. */
export interface Hold {
  owner: Id
  /** Epoch ms. */
  since: number
  release(): void
}

interface Held extends Hold {
  /** Monotonic ms. */
  until: number
}

export interface QueueLocksParts {
  newId: () => Id
  /** Epoch ms, to be shown. */
  now: () => number
  /** Monotonic ms, for the time-out: a clock that is set does not matter. */
  monotonic: () => number
}

/** At most one run a queue. Kept in memory: the store has one owner, and what it ran ends with it. */
export class QueueLocks {
  readonly #parts: QueueLocksParts
  readonly #held = new Map<string, Held>()
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(parts: QueueLocksParts) {
    this.#parts = parts
  }

  /** Who holds a queue now. */
  find(name: string): Pick<Hold, 'owner' | 'since'> | undefined {
    const held = this.#held.get(name)
    return held !== undefined && held.until > this.#parts.monotonic() ? held : undefined
  }

  /** Waits until the queue is free, at most `waitMs` or until the signal; undefined where it is still held then. */
  async take(
    name: string,
    { waitMs, signal }: { waitMs: number; signal?: AbortSignal },
  ): Promise<Hold | undefined> {
    const until = this.#parts.monotonic() + waitMs
    for (;;) {
      if (this.find(name) === undefined) return this.#hold(name)
      const leftMs = until - this.#parts.monotonic()
      if (leftMs <= 0 || signal?.aborted === true) return undefined
      await this.#untilReleased(name, leftMs, signal)
    }
  }

  #hold(name: string): Hold {
    const held: Held = {
      owner: this.#parts.newId(),
      since: this.#parts.now(),
      until: this.#parts.monotonic() + LOCK_TIMEOUT_MS,
      release: () => {
        if (this.#held.get(name) !== held) return
        this.#held.delete(name)
        for (const wake of this.#waiting.get(name) ?? []) wake()
      },
    }
    this.#held.set(name, held)
    return held
  }

  /** Until it is given back, runs out, or the time is over. */
  async #untilReleased(name: string, leftMs: number, signal?: AbortSignal): Promise<void> {
    const runsOutMs = (this.#held.get(name)?.until ?? 0) - this.#parts.monotonic()
    await new Promise<void>((resolve) => {
      const waiting = this.#waiting.get(name) ?? new Set()
      this.#waiting.set(name, waiting)
      const done = (): void => {
        clearTimeout(timer)
        waiting.delete(done)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, Math.max(1, Math.ceil(Math.min(leftMs, runsOutMs))))
      waiting.add(done)
      signal?.addEventListener('abort', done)
    })
  }
}
