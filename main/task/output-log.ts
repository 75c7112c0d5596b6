import type { Id } from '#shared/domain/json.ts'
import type { LogLevel } from '#shared/domain/task.ts'
import { MAX_LINE_BYTES } from '#shared/protocol/provision.ts'
import type { OutputReader } from '../backend/backend.ts'
import { LineSplitter, type Line } from '../lib/lines.ts'
import type { NewLogEntry, TaskLogs } from '../log/task-log.ts'
import type { RunEvent, RunOffsets, RunStream } from '../ssh/run.ts'
import type { Activities } from './activities.ts'

interface OutputLogParts {
  taskId: Id
  attemptId: Id
  stageNames: readonly string[]
  reader: OutputReader
  logs: TaskLogs
  activities: Activities
  now: () => number
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
    const splitter = this.#splitters.get(key) ?? new LineSplitter(MAX_LINE_BYTES, offset)
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

  #write(stage: number, stream: RunStream, lines: readonly Line[]): void {
    const { taskId, attemptId, stageNames, reader, logs, activities, now } = this.#parts
    const entries: NewLogEntry[] = []
    for (const line of lines) {
      const entry = reader.read(stage, stream, line)
      if (entry === undefined) continue
      const progress = entry.kind === 'progress' ? entry.progress : null
      if (progress !== null) activities.update(taskId, { progress })
      entries.push({
        kind: entry.kind,
        level: entry.kind === 'message' ? entry.level : 'info',
        text: entry.kind === 'message' ? entry.text : entry.progress.title,
        serverAt: entry.serverAt,
        arrivedAt: now(),
        stage: stageNames[stage] ?? null,
        progress,
        source: { stage, stream, end: line.end },
      })
    }
    if (entries.length > 0) logs.append(attemptId, entries)
  }
}
