import { LogLevel, type LogEntry, type Progress } from '#shared/domain/task.ts'
import { addToStages, type Stage } from './steps.ts'

const LEVELS = LogLevel.options
const FIRST_SIZE = 1024

/**
 * What is kept of a whole log however long it is: one byte a line, the stages, and where errors are. The lines
 * themselves are fetched when they are shown.
 */
export class LogDigest {
  #levels = new Uint8Array(FIRST_SIZE)
  #length = 0
  #stages: readonly Stage[] = []
  #lastProgress: Progress | null = null

  /** How many lines were taken; they are the first of the log, without gaps. */
  get length(): number {
    return this.#length
  }

  get stages(): readonly Stage[] {
    return this.#stages
  }

  /** The progress that was said last: where an attempt that failed came to. */
  get lastProgress(): Progress | null {
    return this.#lastProgress
  }

  /** Takes the next lines. What was taken before is passed over, and nothing is taken past a gap. */
  add(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      if (entry.index !== this.#length) continue
      this.#append(LEVELS.indexOf(entry.level))
      this.#stages = addToStages(this.#stages, entry)
      this.#lastProgress = entry.progress ?? this.#lastProgress
    }
  }

  levelAt(index: number): LogLevel | undefined {
    return index < this.#length ? LEVELS[this.#levels[index] ?? -1] : undefined
  }

  /** The indexes of the lines of these levels. */
  indexesOf(levels: readonly LogLevel[]): number[] {
    const wanted = new Set(levels.map((level) => LEVELS.indexOf(level)))
    const found: number[] = []
    for (let index = 0; index < this.#length; index++)
      if (wanted.has(this.#levels[index] ?? -1)) found.push(index)
    return found
  }

  /** The next line of that level after `from`, round the end; -1 where there is none. */
  nextOf(level: LogLevel, from: number): number {
    const wanted = LEVELS.indexOf(level)
    for (let tried = 1; tried <= this.#length; tried++) {
      const index = (Math.max(-1, from) + tried) % this.#length
      if (this.#levels[index] === wanted) return index
    }
    return -1
  }

  #append(level: number): void {
    if (this.#length === this.#levels.length) {
      const larger = new Uint8Array(this.#levels.length * 2)
      larger.set(this.#levels)
      this.#levels = larger
    }
    this.#levels[this.#length++] = level
  }
}
