import fs from 'node:fs/promises'
import path from 'node:path'
import { Id } from '#shared/domain/json.ts'
import type { LogEntry, LogLevel, LogState } from '#shared/domain/task.ts'
import { pause } from '../lib/pause.ts'
import type { LogPage } from './log-file.ts'
import { LogFile } from './log-file.ts'
import { searchLog, type LogHits } from './log-search.ts'
import type { LogSource, NewLogEntry } from './log-line.ts'

export type { LogPage, LogSource, NewLogEntry }

export interface TaskLogsParts {
  /** The folder of all logs; made when the first is written. */
  folder: string
  /** Nothing will be appended to this attempt's log any more: who follows it has seen it all. */
  isEnded: (attemptId: Id) => boolean
  /** A log takes no more entries once it is this large. */
  maxBytes?: number
}

/** Logs whose index is kept in memory though nobody uses them now. */
const MAX_KEPT = 100
/** A follower gets at most this many entries at a time. */
const FOLLOW_BATCH = 1000
/** How often a watcher is told of a log that grows, and how many of its last lines come with it: a screen's. */
const WATCH_MS = 50
const TAIL = 100

/** The logs of all attempts, one file each. Appending is at once and in order; the disk follows a few ms later. */
export class TaskLogs {
  readonly #parts: TaskLogsParts
  readonly #logs = new Map<Id, LogFile>()
  readonly #closing = new AbortController()

  constructor(parts: TaskLogsParts) {
    this.#parts = parts
  }

  append(attemptId: Id, entries: readonly NewLogEntry[]): void {
    this.#log(attemptId).append(entries)
  }

  /** From where each stream of the run is to be read on: behind the last line of it that is in the log. */
  offsets(attemptId: Id): { stage: number; stream: 'out' | 'err'; offset: number }[] {
    return this.#log(attemptId).offsets()
  }

  /** How many warnings the attempt's log holds. */
  warnings(attemptId: Id): number {
    return this.#log(attemptId).index.countOf(['warning'])
  }

  /** All that was appended is on disk when it resolves; called before an attempt's result is stored. */
  async flush(attemptId: Id): Promise<void> {
    await this.#log(attemptId).flush()
  }

  /** At most `limit` entries from the one at place `from` among those of these levels (of all, where none are named). */
  async page(
    attemptId: Id,
    from: number,
    limit: number,
    levels?: readonly LogLevel[],
  ): Promise<LogPage> {
    return this.#log(attemptId).page(from, limit, levels)
  }

  /** The next line of these levels after `from` (-1: from the start), or before it, round the end. */
  findNext(
    attemptId: Id,
    levels: readonly LogLevel[],
    from: number,
    step: 1 | -1,
  ): number | undefined {
    return this.#log(attemptId).index.findNext(levels, from, step)
  }

  /** How many lines of these levels stand before the line. */
  placeOf(attemptId: Id, levels: readonly LogLevel[], index: number): number {
    return this.#log(attemptId).index.placeOf(index, levels)
  }

  /** How the log stands, then how it grows, at most every {@link WATCH_MS}; ends when the attempt has. */
  async *watch(attemptId: Id, signal?: AbortSignal): AsyncGenerator<LogState, void> {
    const log = this.#log(attemptId)
    let landmarks = 0
    for await (const isEnded of this.#changesOf(attemptId, signal)) {
      const { index } = log
      const { entries } = await log.page(Math.max(0, index.count - TAIL), TAIL)
      const begun = await log.entries(index.landmarks.slice(landmarks))
      landmarks = index.landmarks.length
      yield { counts: index.counts, landmarks: begun, tail: entries, isEnded }
      if (isEnded) return
      await pause(WATCH_MS, signal ?? this.#closing.signal).catch(() => undefined)
    }
  }

  /**
   * Which lines hold the text, in any case, and how many lines were searched so far; on with what comes, until the
   * attempt ends.
   */
  async *search(
    attemptId: Id,
    wanted: { text: string; levels?: readonly LogLevel[] | undefined },
    signal?: AbortSignal,
  ): AsyncGenerator<LogHits, void> {
    const log = this.#log(attemptId)
    let searched = 0
    for await (const isEnded of this.#changesOf(attemptId, signal)) {
      for await (const found of searchLog(log, searched, wanted, signal)) {
        searched = found.searched
        yield found
      }
      if (isEnded) return
    }
  }

  /** Entries from `from` on in batches, then as they come; ends when the attempt has, with the signal, or on close. */
  async *follow(
    attemptId: Id,
    from: number,
    signal?: AbortSignal,
  ): AsyncGenerator<LogEntry[], void> {
    const log = this.#log(attemptId)
    let next = from
    for await (const isEnded of this.#changesOf(attemptId, signal)) {
      for (;;) {
        const { entries } = await log.page(next, FOLLOW_BATCH)
        if (entries.length === 0) break
        next += entries.length
        yield entries
      }
      if (isEnded) return
    }
  }

  /**
   * Yields at once, and then whenever something about the log has changed since it yielded last: whether the attempt
   * had ended by then, so that whoever reads the log afterwards has read all of it.
   */
  async *#changesOf(attemptId: Id, signal?: AbortSignal): AsyncGenerator<boolean, void> {
    const stop = AbortSignal.any([this.#closing.signal, ...(signal === undefined ? [] : [signal])])
    const changes = new Changes(this.#log(attemptId), stop)
    try {
      while (!stop.aborted) {
        changes.forget()
        yield this.#parts.isEnded(attemptId)
        await changes.next()
      }
    } finally {
      changes.close()
    }
  }

  /** These attempts have changed in the store: who follows one looks whether it has ended. */
  wake(attemptIds: readonly Id[]): void {
    for (const id of attemptIds) this.#logs.get(id)?.changed.emit()
  }

  async remove(attemptId: Id): Promise<void> {
    const log = this.#log(attemptId)
    this.#logs.delete(attemptId)
    await log.discard()
  }

  /** Removes every log that is not to be kept. Returns how many went. */
  async prune(isKept: (attemptId: Id) => boolean): Promise<number> {
    let removed = 0
    for (const shard of await listIfThere(this.#parts.folder)) {
      for (const name of await listIfThere(path.join(this.#parts.folder, shard))) {
        const id = name.replace(/\.jsonl$/, '')
        if (!Id.safeParse(id).success || isKept(id)) continue
        await this.remove(id)
        removed += 1
      }
    }
    return removed
  }

  /** Writes what waits and ends every follower. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all([...this.#logs.values()].map((log) => log.flush()))
    this.#logs.clear()
  }

  #log(attemptId: Id): LogFile {
    const known = this.#logs.get(attemptId)
    const log =
      known ?? new LogFile(this.#fileOf(attemptId), this.#parts.maxBytes ?? 512 * 1024 * 1024)
    this.#logs.delete(attemptId)
    this.#logs.set(attemptId, log)
    this.#forgetIdle()
    return log
  }

  #forgetIdle(): void {
    if (this.#logs.size <= MAX_KEPT) return
    for (const [id, log] of this.#logs) {
      if (!log.isIdle || [...this.#logs.keys()].at(-1) === id) continue
      this.#logs.delete(id)
      return
    }
  }

  /** Ids come from the outside too; one that is none never becomes a path. */
  #fileOf(attemptId: Id): string {
    const id = Id.parse(attemptId)
    return path.join(this.#parts.folder, id.slice(-2), `${id}.jsonl`)
  }
}

/** Waits for a log's next change; one that came since `forget` counts. */
class Changes {
  readonly #closers: (() => void)[]
  #hasChanged = false
  #resolve: (() => void) | undefined

  constructor(log: LogFile, stop: AbortSignal) {
    const tell = (): void => this.#tell()
    stop.addEventListener('abort', tell)
    this.#closers = [log.changed.add(tell), () => stop.removeEventListener('abort', tell)]
  }

  forget(): void {
    this.#hasChanged = false
  }

  next(): Promise<void> {
    if (this.#hasChanged) return Promise.resolve()
    return new Promise((resolve) => (this.#resolve = resolve))
  }

  close(): void {
    for (const close of this.#closers) close()
  }

  #tell(): void {
    this.#hasChanged = true
    this.#resolve?.()
    this.#resolve = undefined
  }
}

async function listIfThere(folder: string): Promise<string[]> {
  try {
    return await fs.readdir(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}
