import type { JsonRecord } from '#shared/domain/json.ts'
import type { PlannedChange } from '#shared/protocol/planned-change.ts'

/**
 * One change of the server. It is taken back by what it *noted* while it ran, not by what it returns: the program may be
 * killed at any instant, and the next one has to take back what this one did. So a step is written like this:
 *
 * ```ts
 * async run(work) {
 *   if ((await kindOf(folder)) !== 'absent') throw …     // look first: change nothing, note nothing
 *   await work.willUndo(removal.of({ path: folder }))    // note the way back, right whether or not …
 *   await makeFolder(folder)                             // … this happens
 * }
 * ```
 *
 * What cannot be taken back (dropping a database, removing files, freeing a slot) is not done in `run` but noted with
 * `willDiscard`, and is done once every step of the command has succeeded.
 */
export interface Step {
  /** What kind of change it is, the same for all steps that do the same: `write-file`, `create-database`. */
  kind: string
  /** For people, in the progress: “Copy the platform's files”. */
  title: string
  /** Throws where it fails; what it noted until then is taken back. Reading may fail without anything noted. */
  run(work: Work): Promise<void>
  /**
   * What `run` would change, as things are now. Changes nothing; throws what would stop it, where that can be told. Where
   * absent, the title is all that is told.
   */
  preview?(signal: AbortSignal): Promise<readonly PlannedChange[]>
}

/** What a step is handed. */
export interface Work {
  /** Comes when the command is cancelled. What takes back never sees it. */
  readonly signal: AbortSignal
  /**
   * Notes how to take back what is done next. The note is on disk when this returns. It must be right whether or not the
   * effect then happens, wholly or in part, and also when it is executed twice; notes are taken back in reverse order, each
   * of them once those behind it are done, by this process or, where this one is killed, by the next command.
   *
   * `here` is how this very process takes it back, where it knows better than the note.
   */
  willUndo(record: UndoRecord, here?: () => Promise<void>): Promise<void>
  /** Notes what is to be done once all steps have succeeded: in order, by this process or the next. Also safe to repeat. */
  willDiscard(record: UndoRecord, here?: () => Promise<void>): Promise<void>
  /**
   * Does `part`; where it fails, what was noted in it is taken back at once, and the failure goes on. For what has to be
   * whole again before a lock is let go, and for a failure that is not the command's.
   */
  attempt<Result>(part: () => Promise<Result>): Promise<Result>
}

/** One note: a kind that is registered (undo.ts), and plain facts. It holds no secret: it lies in the journal. */
export type UndoRecord = JsonRecord & { kind: string }
