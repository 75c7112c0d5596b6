/** Pages of a long list by their number, the least recently used dropped beyond `limit`. */
export class PageCache<Item> {
  readonly #limit: number
  readonly #pages = new Map<number, readonly Item[]>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(page: number): readonly Item[] | undefined {
    const items = this.#pages.get(page)
    if (items !== undefined) {
      this.#pages.delete(page)
      this.#pages.set(page, items)
    }
    return items
  }

  set(page: number, items: readonly Item[]): void {
    this.#pages.delete(page)
    this.#pages.set(page, items)
    const oldest = this.#pages.size > this.#limit ? this.#pages.keys().next().value : undefined
    if (oldest !== undefined) this.#pages.delete(oldest)
  }

  get size(): number {
    return this.#pages.size
  }
}
