import type { JsonRecord } from '#shared/domain/json.ts'
import type { LogLevel } from '#shared/domain/task.ts'
import type { PlannedChange } from '#shared/protocol/planned-change.ts'
import type { Context } from '../context/context.ts'
import type { ContextStore } from '../context/store.ts'
import type { Extensions } from '../extensions/extensions.ts'
import { faults } from '../steps/faults.ts'
import { type FoundJournal, Journal } from '../steps/journal.ts'
import { runSteps, type Reporter } from '../steps/run-steps.ts'
import { previewSteps } from '../steps/preview.ts'
import { recover } from '../steps/recover.ts'
import type { Step } from '../steps/step.ts'
import type { UndoTools } from '../steps/undo.ts'
import type { Folders } from '../system/account.ts'
import { takeLock } from '../system/lock.ts'
import { endInSlots } from './slot-work.ts'
import { UNDO_KINDS } from './undo-kinds.ts'

/** What a command came to. */
export interface CommandResult {
  data: JsonRecord
  contexts: readonly Context[]
  removedContexts: readonly string[]
}

export interface SessionParts {
  /** What is run, for its journal. */
  command: string
  folders: Folders
  store: ContextStore
  reporter: Reporter
  signal: AbortSignal
  /** What the extensions that this run names have declared. */
  extensions: Extensions
  /** What is said for this run only. */
  options: JsonRecord
  now: () => number
  /** Nothing is changed: steps only say what they would. */
  isPreview: boolean
}

/** One run of one command: its parts, and the locks that it holds until `end`. */
export class Session {
  readonly parts: SessionParts
  /** What would change, of a preview. */
  readonly planned: PlannedChange[] = []
  readonly #held = new Map<string, () => Promise<void>>()

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
    this.#held.set(context, await this.#lock(context))
  }

  /** Keeps other commands from a slot until this session ends; does not wait for one. Throws PROVISION_LOCKED. */
  async holdSlot(slot: string): Promise<void> {
    const { folders, signal, isPreview } = this.parts
    const name = `slot ${slot}`
    // A lock is a file, and a preview makes none.
    if (isPreview || this.#held.has(name)) return
    this.#held.set(name, await takeLock(folders.locks, name, { signal, patienceMs: 0 }))
  }

  /** The same while some work is done. */
  async holding<Result>(context: string, work: () => Promise<Result>): Promise<Result> {
    const release = await this.#lock(context)
    try {
      return await work()
    } finally {
      await release()
    }
  }

  async #lock(context: string): Promise<() => Promise<void>> {
    const { folders, signal, isPreview } = this.parts
    // It only reads, and a lock is a file.
    if (isPreview) return () => Promise.resolve()
    const onWait = (): void => this.log('info', `Another command works on @${context}: waiting.`)
    const release = await takeLock(folders.locks, `@${context}`, { signal, onWait })
    try {
      // Who held it before us may have been killed.
      await this.recover()
    } catch (error) {
      await release()
      throw error
    }
    return release
  }

  /** Takes back, or finishes, what commands of this account that were killed left behind. */
  recover(): Promise<void> {
    const { reporter, signal } = this.parts
    const endElsewhere = (gone: FoundJournal): Promise<void> => endInSlots(this, gone)
    return recover({ reporter, signal, kinds: UNDO_KINDS, tools: this.#tools, endElsewhere })
  }

  /** Does the steps, all or none of them; of a preview, only lists what they would change. */
  async run(steps: readonly Step[]): Promise<void> {
    const { isPreview, signal } = this.parts
    if (isPreview) this.planned.push(...(await previewSteps(steps, signal)))
    else await this.#do(steps)
  }

  #do(steps: readonly Step[]): Promise<void> {
    const { reporter, signal, folders, command, now } = this.parts
    const head = {
      command,
      contexts: [...this.#held.keys()].filter((name) => !name.includes(' ')),
      startedAt: now(),
    }
    const journal = new Journal(folders.journals, head)
    const tools = this.#tools
    return runSteps(steps, { reporter, signal, journal, kinds: UNDO_KINDS, tools, faults })
  }

  async end(): Promise<void> {
    const releases = [...this.#held.values()].reverse()
    this.#held.clear()
    for (const release of releases) await release()
  }

  get #tools(): UndoTools {
    return { folders: this.folders, log: this.log }
  }
}
