/** Who wants to hear of something. A listener that throws does not keep the others from hearing. */
export class Listeners<Event> {
  readonly #listeners = new Set<(event: Event) => void>()

  /** Returns what takes the listener off again. */
  add(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  emit(event: Event): void {
    const errors: unknown[] = []
    for (const listener of [...this.#listeners]) {
      try {
        listener(event)
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }

  get size(): number {
    return this.#listeners.size
  }
}

/** Events pushed on one side and iterated on the other; ends with `close`, with the signal, or when the reader leaves. */
export class Channel<Event> implements AsyncIterableIterator<Event, undefined> {
  readonly #onClose: () => void
  #waiting: ((result: IteratorResult<Event, undefined>) => void) | undefined
  #events: Event[] = []
  #isClosed = false

  constructor({ onClose = () => {}, signal }: { onClose?: () => void; signal?: AbortSignal } = {}) {
    this.#onClose = onClose
    if (signal?.aborted) this.close()
    else signal?.addEventListener('abort', () => this.close(), { once: true })
  }

  push(event: Event): void {
    if (this.#isClosed) return
    if (this.#waiting === undefined) {
      this.#events.push(event)
      return
    }
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting({ value: event, done: false })
  }

  /** Everything that waits to be read, at once; for readers who work in batches. */
  drain(): Event[] {
    const events = this.#events
    this.#events = []
    return events
  }

  /** What was pushed before is still read. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#waiting?.({ value: undefined, done: true })
    this.#waiting = undefined
    this.#onClose()
  }

  next(): Promise<IteratorResult<Event, undefined>> {
    const [event] = this.#events.splice(0, 1)
    if (event !== undefined) return Promise.resolve({ value: event, done: false })
    if (this.#isClosed) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => (this.#waiting = resolve))
  }

  return(): Promise<IteratorResult<Event, undefined>> {
    this.#events = []
    this.close()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
