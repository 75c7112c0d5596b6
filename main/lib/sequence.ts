/** Runs what is handed in under one key one after the other; different keys do not wait for each other. */
export class Sequence {
  readonly #tails = new Map<string, Promise<unknown>>()

  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#tails.get(key) ?? Promise.resolve()
    const now = before.then(work, work)
    const tail = now.catch(() => undefined)
    this.#tails.set(key, tail)
    try {
      return await now
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    }
  }
}
