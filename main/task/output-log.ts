import type { Id } from '#shared/domain/json.ts'
import { maskAddresses } from '#shared/domain/secret-keys.ts'
import type { LogLevel } from '#shared/domain/task.ts'
import { MAX_LINE_BYTES } from '#shared/protocol/provision.ts'
import type { OutputEntry, OutputReader } from '../backend/backend.ts'
import { LineSplitter, type Line } from '../lib/lines.ts'
import type { NewLogEntry, TaskLogs } from '../log/task-log.ts'
import type { RunEvent, RunOffsets, RunStream } from '../ssh/run.ts'
import type { Activities } from './activities.ts'

/** How many of the last entries a reader is told of after a restart. */
const RECALLED = 200

interface OutputLogParts {
  taskId: Id
  attemptId: Id
  reader: OutputReader
  logs: TaskLogs
  activities: Activities
  now: () => number
  /** Takes out what nobody may read. */
  mask?: (text: string) => string
}

/**
 * Turns the bytes of a run into entries of its log. Each entry carries the offset behind its line, so that whoever goes
 * on after a break or a restart asks for the bytes that are not logged yet, and every line is there once.
 */
export class OutputLog {
  readonly #parts: OutputLogParts
  readonly #splitters = new Map<string, LineSplitter>()

  constructor(parts: OutputLogParts) {
    this.#parts = parts
  }

  /** From where the far side is to send, as the log stands. */
  offsets(): RunOffsets {
    this.#splitters.clear()
    return this.#parts.logs.offsets(this.#parts.attemptId)
  }

  take({ stage, stream, offset, bytes }: Extract<RunEvent, { event: 'data' }>): void {
    const key = `${stage} ${stream}`
    const splitter = this.#splitters.get(key) ?? this.#newSplitter(offset)
    this.#splitters.set(key, splitter)
    this.#write(stage, stream, splitter.feed(bytes))
  }

  /** The run has ended: what stands behind the last newline counts as a line. */
  end(): void {
    for (const [key, splitter] of this.#splitters) {
      const [stage, stream] = key.split(' ') as [string, RunStream]
      const line = splitter.end()
      if (line !== undefined) this.#write(Number(stage), stream, [line])
    }
    this.#splitters.clear()
  }

  /**
   * To be called before anything is read: tells the reader what a process before this one has logged last, as those lines
   * are not read again.
   */
  async recall(): Promise<void> {
    const { attemptId, logs, reader } = this.#parts
    if (reader.recall === undefined) return
    const { total } = await logs.page(attemptId, 0, 1)
    const { entries } = await logs.page(attemptId, Math.max(0, total - RECALLED), RECALLED)
    for (const { stage, level, text } of entries) {
      const at = stage === null ? -1 : reader.stageNames.indexOf(stage)
      if (at >= 0) reader.recall(at, { level, text })
    }
  }

  /** A line of our own, beside the far side's. */
  note(level: LogLevel, text: string): void {
    const { attemptId, logs, now } = this.#parts
    logs.append(attemptId, [
      {
        kind: 'message',
        level,
        text,
        serverAt: null,
        arrivedAt: now(),
        stage: null,
        progress: null,
        source: null,
      },
    ])
  }

  #mask(text: string): string {
    return maskAddresses(this.#parts.mask?.(text) ?? text)
  }

  #newSplitter(offset: number): LineSplitter {
    return new LineSplitter(this.#parts.reader.maxLineBytes ?? MAX_LINE_BYTES, offset)
  }

  #write(stage: number, stream: RunStream, lines: readonly Line[]): void {
    const { attemptId, reader, logs } = this.#parts
    const entries = lines.flatMap((line) =>
      [reader.read(stage, stream, line) ?? []]
        .flat()
        .map((entry) => this.#toLogged(entry, { stage, stream, end: line.end })),
    )
    if (entries.length > 0) logs.append(attemptId, entries)
  }

  #toLogged(entry: OutputEntry, source: NonNullable<NewLogEntry['source']>): NewLogEntry {
    const { taskId, reader, activities, now } = this.#parts
    const progress =
      entry.kind === 'progress'
        ? { ...entry.progress, title: this.#mask(entry.progress.title) }
        : null
    if (progress !== null) activities.update(taskId, { progress })
    return {
      kind: entry.kind,
      level: entry.kind === 'message' ? entry.level : 'info',
      text: this.#mask(entry.kind === 'message' ? entry.text : entry.progress.title),
      serverAt: entry.serverAt,
      arrivedAt: now(),
      stage: reader.stageNames[source.stage] ?? null,
      progress,
      source,
    }
  }
}
