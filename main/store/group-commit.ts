import type { JournalRecord } from './journal.ts'

interface Waiting<Work> {
  record: JournalRecord
  work: Work
  resolve: () => void
  reject: (error: unknown) => void
}

export interface GroupCommitParts<Work> {
  /** Writes records to disk, one flush for all of them. */
  append: (records: readonly JournalRecord[]) => Promise<void>
  /** These are on disk. */
  stored: (works: readonly Work[]) => void
  /** These never will be: the disk refused the first of them, and the others stand on it. Newest first. */
  refused: (works: readonly Work[]) => void
}

/**
 * Brings records to disk in order. Records that come while a flush is under way, or in one tick, share the next.
 * When a flush fails, everything that was waiting fails with it, since it was made on top of what is now gone.
 */
export class GroupCommit<Work> {
  readonly #parts: GroupCommitParts<Work>
  #waiting: Waiting<Work>[] = []
  #exclusive: (() => Promise<void>)[] = []
  #loop: Promise<void> | undefined

  constructor(parts: GroupCommitParts<Work>) {
    this.#parts = parts
  }

  /** Resolves once this record is on disk. */
  add(record: JournalRecord, work: Work): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, work, resolve, reject })
      this.#start()
    })
  }

  /**
   * Runs `work` at a moment when nothing waits to be written; nothing is written until its promise ends. What it does
   * before it first awaits sees a state that is on disk, for no commit can come in between.
   */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const call = async (): Promise<Result> => work()
      this.#exclusive.push(() => call().then(resolve, reject))
      this.#start()
    })
  }

  /** Resolves when nothing is under way any more. Never rejects. */
  async idle(): Promise<void> {
    while (this.#loop !== undefined) await this.#loop
  }

  #start(): void {
    this.#loop ??= this.#run().finally(() => {
      this.#loop = undefined
      if (this.#hasWork()) this.#start()
    })
  }

  #hasWork(): boolean {
    return this.#waiting.length > 0 || this.#exclusive.length > 0
  }

  async #run(): Promise<void> {
    await Promise.resolve() // so that commits made in the same tick join in
    while (this.#hasWork()) {
      if (this.#waiting.length > 0) await this.#flush()
      else await this.#exclusive.shift()?.()
    }
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting
    this.#waiting = []
    try {
      await this.#parts.append(batch.map(({ record }) => record))
    } catch (error) {
      this.#refuse([...batch, ...this.#waiting], error)
      return
    }
    this.#parts.stored(batch.map(({ work }) => work))
    for (const { resolve } of batch) resolve()
  }

  #refuse(all: readonly Waiting<Work>[], error: unknown): void {
    this.#waiting = []
    this.#parts.refused(all.map(({ work }) => work).reverse())
    for (const { reject } of all) reject(error)
  }
}
