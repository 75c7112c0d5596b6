import type { JsonRecord } from '#shared/domain/json.ts'
import type { LogLevel } from '#shared/domain/task.ts'
import type { Folders } from '../system/account.ts'
import type { UndoRecord } from './step.ts'

/** What the functions that take back or discard may use. They are not cancelled. */
export interface UndoTools {
  folders: Folders
  log: (level: LogLevel, message: string) => void
}

/** How one kind of note is executed. Unknown facts throw: then the note is kept for people. */
export interface UndoKind {
  kind: string
  run(facts: JsonRecord, tools: UndoTools): Promise<void>
}

/**
 * Declares a kind of note, for undoing, discarding or both. `of` makes a note of it; `run` executes it, perhaps in another
 * process and of a later release: it finds by itself how far things went, and may be called again after it was done. A
 * module exports its kinds, and commands/undo-kinds.ts lists them.
 */
export function undoKind<Facts extends JsonRecord>(
  kind: string,
  run: (facts: Facts, tools: UndoTools) => Promise<void>,
): UndoKind & { of(facts: Facts): UndoRecord } {
  return {
    kind,
    of: (facts) => ({ ...facts, kind }),
    // Our own journal is trusted to hold what `of` took.
    run: (facts, tools) => run(facts as Facts, tools),
  }
}

export type UndoKinds = ReadonlyMap<string, UndoKind>

export function toUndoKinds(kinds: readonly UndoKind[]): UndoKinds {
  const byName = new Map(kinds.map((one) => [one.kind, one]))
  if (byName.size !== kinds.length) throw new Error('Two kinds of undo have the same name.')
  return byName
}

/** Takes back, or discards, what a note says. */
export async function execute(
  { kind, ...facts }: UndoRecord,
  kinds: UndoKinds,
  tools: UndoTools,
): Promise<void> {
  const known = kinds.get(kind)
  if (known === undefined) throw new Error(`this program does not know “${kind}”`)
  await known.run(facts, tools)
}
