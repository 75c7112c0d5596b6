import type { JsonRecord } from '#shared/domain/json.ts'
import type { LogLevel } from '#shared/domain/task.ts'
import type { Context } from '../context/context.ts'
import type { ContextStore } from '../context/store.ts'
import type { Extensions } from '../extensions/extensions.ts'
import { runSteps, type Reporter } from '../steps/run-steps.ts'
import type { Step } from '../steps/step.ts'
import type { Folders } from '../system/account.ts'
import { takeLock } from '../system/lock.ts'

/** What a command came to. */
export interface CommandResult {
  data: JsonRecord
  contexts: readonly Context[]
  removedContexts: readonly string[]
}

export interface SessionParts {
  folders: Folders
  store: ContextStore
  reporter: Reporter
  signal: AbortSignal
  /** What the extensions that this run names have declared. */
  extensions: Extensions
  /** What is said for this run only. */
  options: JsonRecord
  now: () => number
}

/** One run of one command: its parts, and the locks that it holds until `end`. */
export class Session {
  readonly parts: SessionParts
  readonly #held: (() => Promise<void>)[] = []

  constructor(parts: SessionParts) {
    this.parts = parts
  }

  get folders(): Folders {
    return this.parts.folders
  }

  get store(): ContextStore {
    return this.parts.store
  }

  get extensions(): Extensions {
    return this.parts.extensions
  }

  readonly log = (level: LogLevel, message: string): void => this.parts.reporter.log(level, message)

  /** Keeps other commands from working on a context until this session ends. */
  async hold(context: string): Promise<void> {
    const { folders, signal } = this.parts
    this.#held.push(await takeLock(folders.locks, `@${context}`, { signal }))
  }

  /** The same while some work is done. */
  async holding<Result>(context: string, work: () => Promise<Result>): Promise<Result> {
    const { folders, signal } = this.parts
    const release = await takeLock(folders.locks, `@${context}`, { signal })
    try {
      return await work()
    } finally {
      await release()
    }
  }

  run(steps: readonly Step[]): Promise<void> {
    return runSteps(steps, this.parts.reporter, this.parts.signal)
  }

  async end(): Promise<void> {
    for (const release of this.#held.splice(0).reverse()) await release()
  }
}
