const BLOCK = 256
/** Rows of a line are kept in one byte. */
const MAX_ROWS = 255

/**
 * How many rows each line of a long log takes, for knowing where it stands. A line takes one row until it was seen to
 * take more, and blocks of lines that all take one cost nothing: a million lines are a few kilobytes.
 */
export class LineHeights {
  readonly #blocks = new Map<number, Uint8Array>()
  /** Rows of a block beyond one a line. */
  readonly #extra = new Map<number, number>()
  #totalExtra = 0

  /** Rows of so many lines together. */
  totalOf(count: number): number {
    return this.rowsBefore(count)
  }

  rowsOf(index: number): number {
    return (this.#blocks.get(Math.floor(index / BLOCK))?.[index % BLOCK] ?? 0) + 1
  }

  /** Returns whether that was news. */
  set(index: number, rows: number): boolean {
    const extra = Math.min(MAX_ROWS, Math.max(1, Math.round(rows))) - 1
    const number = Math.floor(index / BLOCK)
    const block = this.#blocks.get(number)
    const before = block?.[index % BLOCK] ?? 0
    if (before === extra) return false
    const kept = block ?? new Uint8Array(BLOCK)
    kept[index % BLOCK] = extra
    this.#blocks.set(number, kept)
    this.#extra.set(number, (this.#extra.get(number) ?? 0) + extra - before)
    this.#totalExtra += extra - before
    return true
  }

  /** How many rows stand above the line. */
  rowsBefore(index: number): number {
    if (this.#totalExtra === 0) return index
    const number = Math.floor(index / BLOCK)
    let rows = index
    for (const [one, extra] of this.#extra) if (one < number) rows += extra
    const block = this.#blocks.get(number)
    for (let at = 0; block !== undefined && at < index % BLOCK; at++) rows += block[at] ?? 0
    return rows
  }

  /** The line that holds the row; the last of `count` where the row is beyond them. */
  lineAt(row: number, count: number): number {
    if (this.#totalExtra === 0) return clamp(Math.floor(row), 0, count - 1)
    let left = Math.max(0, Math.floor(row))
    let line = 0
    for (const number of [...this.#extra.keys()].sort((a, b) => a - b)) {
      const plain = number * BLOCK - line
      if (left < plain) return clamp(line + left, 0, count - 1)
      left -= plain
      line = number * BLOCK
      const rows = BLOCK + (this.#extra.get(number) ?? 0)
      if (left < rows) return clamp(line + this.#lineIn(number, left), 0, count - 1)
      left -= rows
      line += BLOCK
    }
    return clamp(line + left, 0, count - 1)
  }

  /** All lines take one row again. */
  clear(): void {
    this.#blocks.clear()
    this.#extra.clear()
    this.#totalExtra = 0
  }

  #lineIn(number: number, row: number): number {
    const block = this.#blocks.get(number)
    let left = row
    for (let at = 0; at < BLOCK; at++) {
      left -= (block?.[at] ?? 0) + 1
      if (left < 0) return at
    }
    return BLOCK - 1
  }
}

const clamp = (value: number, least: number, most: number): number =>
  Math.max(least, Math.min(value, most))
