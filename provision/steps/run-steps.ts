import type { LogLevel } from '#shared/domain/task.ts'
import { cancelled } from '../system/provision-error.ts'
import type { Faults } from './faults.ts'
import type { Journal, Failure, Note } from './journal.ts'
import type { Step, UndoRecord, Work } from './step.ts'
import { execute, type UndoKinds, type UndoTools } from './undo.ts'

/** Who hears of what happens. */
export interface Reporter {
  log(level: LogLevel, message: string): void
  progress(step: number, of: number, title: string): void
}

export interface RunParts {
  reporter: Reporter
  signal: AbortSignal
  /** Of this run alone; it is ended with it. */
  journal: Journal
  kinds: UndoKinds
  tools: UndoTools
  faults: Faults
}

/**
 * Does the steps in order. When one fails, or the signal comes, what they noted is taken back in reverse and the first
 * error is thrown. Once the last step is done nothing is taken back any more, and what was noted for then is discarded.
 */
export async function runSteps(steps: readonly Step[], parts: RunParts): Promise<void> {
  const { reporter, signal, journal, faults } = parts
  const notebook = new Notebook(parts)
  const last = { index: steps.length, kind: 'commit', title: 'Done' }
  try {
    for (const [index, step] of steps.entries()) {
      const point = { index, kind: step.kind, title: step.title }
      if (signal.aborted) throw cancelled()
      reporter.progress(index, steps.length, step.title)
      faults({ ...point, phase: 'before' })
      await step.run(notebook.turnTo(point))
      faults({ ...point, phase: 'in' })
      faults({ ...point, phase: 'after' })
    }
    faults({ ...last, phase: 'before' })
    await journal.commit()
  } catch (error) {
    // Whatever a step makes of the signal, a cancel is a cancel.
    const first = signal.aborted ? cancelled() : error
    await notebook.takeBack()
    await notebook.end()
    throw first
  }
  faults({ ...last, phase: 'committed' })
  reporter.progress(steps.length, steps.length, 'Done')
  await notebook.discard(() => faults({ ...last, phase: 'discarded' }))
  await notebook.end()
}

interface Entry {
  note: Note
  here: (() => Promise<void>) | undefined
}

/** What the steps of one run noted, and executes it. */
class Notebook {
  readonly #parts: RunParts
  readonly #failures: Failure[] = []
  #entries: Entry[] = []

  constructor(parts: RunParts) {
    this.#parts = parts
  }

  /** What the next step is handed. */
  turnTo(step: { index: number; kind: string; title: string }): Work {
    const { journal, faults, signal } = this.#parts
    const note = async (
      when: Note['when'],
      record: UndoRecord,
      here?: () => Promise<void>,
    ): Promise<void> => {
      this.#entries.push({ note: await journal.note(when, step.title, record), here })
      if (when === 'undo') faults({ ...step, phase: 'noted' })
    }
    return {
      signal,
      willUndo: (record, here) => note('undo', record, here),
      willDiscard: (record, here) => note('discard', record, here),
      attempt: (part) => this.#attempt(part),
    }
  }

  async #attempt<Result>(part: () => Promise<Result>): Promise<Result> {
    const from = this.#entries.length
    try {
      return await part()
    } catch (error) {
      await this.takeBack(from)
      throw error
    }
  }

  /** In reverse, down to the entry `from`; what these would have discarded stays. */
  async takeBack(from = 0): Promise<void> {
    const going = this.#entries.splice(from).reverse()
    for (const entry of going)
      if (entry.note.when === 'undo') await this.#execute(entry)
      else await this.#parts.journal.settle(entry.note)
    const failed = new Set(this.#failures.map(({ note }) => note.title))
    for (const title of titlesOf(going))
      if (!failed.has(title)) this.#parts.reporter.log('info', `Taken back: ${title}`)
  }

  async discard(onFirst: () => void): Promise<void> {
    const going = this.#entries.splice(0).filter(({ note }) => note.when === 'discard')
    for (const [index, entry] of going.entries()) {
      await this.#execute(entry)
      if (index === 0) onFirst()
    }
  }

  async end(): Promise<void> {
    const kept = await this.#parts.journal.end(this.#failures)
    if (kept !== undefined)
      this.#parts.reporter.log('error', `What is left to be done by hand stands in ${kept}`)
  }

  /** A failure is told and kept; it stops nothing. */
  async #execute({ note, here }: Entry): Promise<void> {
    const { kinds, tools, journal, reporter } = this.#parts
    try {
      await (here === undefined ? execute(note.record, kinds, tools) : here())
      await journal.settle(note)
    } catch (error) {
      this.#failures.push({ note, error })
      reporter.log(...toComplaint({ note, error }))
    }
  }
}

const titlesOf = (entries: readonly Entry[]): Set<string> =>
  new Set(entries.filter(({ note }) => note.when === 'undo').map(({ note }) => note.title))

export function toComplaint({ note, error }: Failure): [LogLevel, string] {
  const why = error instanceof Error ? error.message : String(error)
  return note.when === 'undo'
    ? ['error', `Could not be taken back: ${note.title}: ${why}`]
    : ['warning', `${note.title}: something was left behind: ${why}`]
}
