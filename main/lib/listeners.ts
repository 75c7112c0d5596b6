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
  readonly #signal: AbortSignal | undefined
  /** Readers that wait for an event; while there is one, no event waits. */
  readonly #readers: ((result: IteratorResult<Event, undefined>) => void)[] = []
  #events: Event[] = []
  /** Where in `#events` the next one to be read stands. */
  #next = 0
  #isClosed = false

  constructor({ onClose = () => {}, signal }: { onClose?: () => void; signal?: AbortSignal } = {}) {
    this.#onClose = onClose
    this.#signal = signal
    if (signal?.aborted) this.close()
    else signal?.addEventListener('abort', this.close, { once: true })
  }

  push(event: Event): void {
    if (this.#isClosed) return
    const reader = this.#readers.shift()
    if (reader === undefined) this.#events.push(event)
    else reader({ value: event, done: false })
  }

  /** Everything that waits to be read, at once; for readers who work in batches. */
  drain(): Event[] {
    const events = this.#events.slice(this.#next)
    this.#events = []
    this.#next = 0
    return events
  }

  /** What was pushed before is still read. */
  readonly close = (): void => {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#signal?.removeEventListener('abort', this.close)
    for (const reader of this.#readers.splice(0)) reader({ value: undefined, done: true })
    this.#onClose()
  }

  next(): Promise<IteratorResult<Event, undefined>> {
    if (this.#next < this.#events.length)
      return Promise.resolve({ value: this.#take(), done: false })
    if (this.#isClosed) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => this.#readers.push(resolve))
  }

  return(): Promise<IteratorResult<Event, undefined>> {
    this.drain()
    this.close()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Those already read are let go in bulk: moving all others forward for each would take ever longer. */
  #take(): Event {
    const event = this.#events[this.#next] as Event
    this.#next += 1
    if (this.#next === this.#events.length || this.#next === 1024) this.#events = this.drain()
    return event
  }
}
