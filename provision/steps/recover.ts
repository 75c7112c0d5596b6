import path from 'node:path'
import type { Folders } from '../system/account.ts'
import { endChildren } from '../system/children.ts'
import { namesIn } from '../system/files.ts'
import { removeHalfWritten } from '../system/leftovers.ts'
import { removeStaleLocks, takeLock } from '../system/lock.ts'
import { isAlive } from '../system/owner.ts'
import { type Failure, type FoundJournal, isJournal, Journal, readJournal } from './journal.ts'
import { type Reporter, toComplaint } from './run-steps.ts'
import { execute, type UndoKinds, type UndoTools } from './undo.ts'

/** How long a command waits for another one that recovers: that may remove large folders. */
const PATIENCE_MS = 600_000

export interface RecoverParts {
  reporter: Reporter
  signal: AbortSignal
  kinds: UndoKinds
  tools: UndoTools
  /** Ends what a command that is gone had started where its children are not ours: in the slots of its sites. */
  endElsewhere: (gone: FoundJournal) => Promise<void>
}

/**
 * Sets right what commands that were killed left behind: what was not committed is taken back, what was is finished. Every
 * command does it once it holds its contexts and before it looks at anything, so nobody ever works on a thing that is half
 * changed: who gets hold of a context whose holder was killed waits here until that one's journal is done with. What cannot
 * be executed is told, and its journal kept aside.
 */
export async function recover(parts: RecoverParts): Promise<void> {
  const { folders } = parts.tools
  // Most often there are none, and no lock is needed to see that.
  if ((await findOrphans(folders.journals)).length === 0) return
  const { signal } = parts
  const release = await takeLock(folders.locks, 'recovery', { signal, patienceMs: PATIENCE_MS })
  try {
    for (const [name, journal] of await findOrphans(folders.journals))
      await (journal instanceof Error
        ? keepUnread(parts, name, journal)
        : settle(parts, name, journal))
    await tidy(folders)
  } finally {
    await release()
  }
}

/** Removes what processes that are gone left lying about in our own folders, and noted nowhere: nothing rests on it. */
export async function tidy(folders: Folders): Promise<void> {
  const { contexts, dispatch, journals, locks, slotClaims } = folders
  for (const folder of [contexts, dispatch, journals, locks, slotClaims])
    await removeHalfWritten(folder)
  await removeStaleLocks(locks)
}

/** Whether a command was cut off that the next one will set right. */
export const hasOrphans = async (journals: string): Promise<boolean> =>
  (await findOrphans(journals)).length > 0

/** The journals whose process is gone, the latest first, and those that do not read. */
async function findOrphans(folder: string): Promise<[name: string, FoundJournal | Error][]> {
  const found: [string, FoundJournal | Error][] = []
  for (const name of (await namesIn(folder)).filter(isJournal).reverse()) {
    const journal = await readJournal(path.join(folder, name))
    if (journal === undefined) continue
    if (journal instanceof Error || !(await isAlive(journal.owner))) found.push([name, journal])
  }
  return found
}

async function settle(parts: RecoverParts, name: string, found: FoundJournal): Promise<void> {
  const { reporter, kinds, tools } = parts
  const journal = await Journal.continue(tools.folders.journals, name, found)
  const { isCommitted } = found
  const notes = found.notes.filter(({ when }) => (when === 'discard') === isCommitted)
  const failures: Failure[] = []
  reporter.log(
    'info',
    `${toText(found)} was cut off: it is ${isCommitted ? 'finished' : 'taken back'}.`,
  )
  const ended = await endChildren(found.owner)
  if (ended > 0) reporter.log('info', `Ended what it had started and what went on: ${ended}.`)
  await parts.endElsewhere(found)
  for (const note of isCommitted ? notes : notes.reverse()) {
    try {
      await execute(note.record, kinds, tools)
      await journal.settle(note)
      if (!isCommitted) reporter.log('info', `Taken back: ${note.title}`)
    } catch (error) {
      failures.push({ note, error })
      reporter.log(...toComplaint({ note, error }))
    }
  }
  const kept = await journal.end(failures)
  if (kept !== undefined) reporter.log('error', `What is left to be done by hand stands in ${kept}`)
}

async function keepUnread(
  { reporter, tools: { folders } }: RecoverParts,
  name: string,
  why: Error,
): Promise<void> {
  const journal = await Journal.continue(folders.journals, name, NOBODY)
  const kept = await journal.keep()
  reporter.log(
    'error',
    `The journal of a command that was cut off does not read (${why.message}); it is kept: ${kept}`,
  )
}

const NOBODY = { command: '', contexts: [], startedAt: 0 }

function toText({ command, contexts, startedAt }: FoundJournal): string {
  const on = contexts.map((name) => ` @${name}`).join('')
  return `“${command}${on}” of ${new Date(startedAt).toISOString()}`
}
