import path from 'node:path'
import type { JsonRecord } from '#shared/domain/json.ts'
import { isRecord } from '#shared/protocol/wire.ts'
import { findText } from '../system/files.ts'
import { JournalFile } from '../system/journal-file.ts'
import { type Owner, ourselves } from '../system/owner.ts'
import { uniqueName } from '../system/unique.ts'
import type { UndoRecord } from './step.ts'

/** Whose a journal is. */
export interface JournalHead {
  command: string
  /** The contexts that the command held. */
  contexts: readonly string[]
  startedAt: number
}

/** One note of a journal, numbered from 0 in the order in which they were made. */
export interface Note {
  index: number
  /** When it is executed: when the command is taken back, or once it is done. */
  when: 'undo' | 'discard'
  /** The title of the step that made it. */
  title: string
  record: UndoRecord
}

/** A journal as it was found on disk, with the notes that are still to be executed. */
export interface FoundJournal extends JournalHead {
  owner: Owner
  notes: readonly Note[]
  isCommitted: boolean
}

const FORMAT = 1
const ENDING = '.jsonl'
export const isJournal = (name: string): boolean => name.endsWith(ENDING) && !name.startsWith('.')

/**
 * What one command noted: `~/.hosting-desk/journals/…jsonl`, lines of JSON, each flushed before what it is about. It comes
 * into being with the first note, is *committed* when all steps are done, and is removed at the end; one whose process is
 * gone is what the next command finds (recover.ts). What could not be executed is kept in the folder `kept`.
 */
export class Journal {
  readonly #folder: string
  readonly #head: JournalHead
  #file: JournalFile | undefined
  #count = 0

  constructor(folder: string, head: JournalHead) {
    this.#folder = folder
    this.#head = head
  }

  /** Goes on with one that was found. */
  static async continue(folder: string, name: string, head: JournalHead): Promise<Journal> {
    const journal = new Journal(folder, head)
    journal.#file = await JournalFile.open(path.join(folder, name))
    return journal
  }

  async note(when: Note['when'], title: string, record: UndoRecord): Promise<Note> {
    const index = this.#count
    await this.#append({ [when]: record, title })
    this.#count += 1
    return { index, when, title, record }
  }

  /** That a note is not to be executed any more: it was, or its turn never comes. */
  async settle({ index }: Note): Promise<void> {
    await this.#append({ settled: index })
  }

  /** From here on nothing is taken back. */
  async commit(): Promise<void> {
    if (this.#file !== undefined) await this.#append({ committed: true })
  }

  /** Removes it; or where some of its notes could not be executed, keeps it for people: then its path is returned. */
  async end(failures: readonly Failure[]): Promise<string | undefined> {
    if (failures.length === 0 || this.#file === undefined) {
      await this.#file?.remove()
      return undefined
    }
    for (const { note, error } of failures)
      await this.#append({ failed: note.index, error: String(error) })
    return this.keep()
  }

  /** Puts it aside, where nobody executes it; returns where it then is. */
  keep(): Promise<string | undefined> {
    return this.#file?.moveTo(path.join(this.#folder, 'kept')) ?? Promise.resolve(undefined)
  }

  async #append(line: JsonRecord): Promise<void> {
    this.#file ??= await this.#create()
    await this.#file.append(JSON.stringify(line))
  }

  async #create(): Promise<JournalFile> {
    const { startedAt, contexts } = this.#head
    const head = {
      journal: FORMAT,
      ...(await ourselves()),
      ...this.#head,
      contexts: [...contexts],
    }
    const file = path.join(this.#folder, `${startedAt}-${uniqueName()}${ENDING}`)
    return JournalFile.create(file, JSON.stringify(head))
  }
}

/** A note that could not be executed. */
export interface Failure {
  note: Note
  error: unknown
}

/** Reads a journal; undefined where it is gone, an Error where it does not read. */
export async function readJournal(file: string): Promise<FoundJournal | Error | undefined> {
  const text = await findText(file)
  if (text === undefined) return undefined
  try {
    return parseJournal(text)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Throws where it does not read. A last line without an end was cut off while it was written: nothing was done upon it. */
export function parseJournal(text: string): FoundJournal {
  const [first = '', ...lines] = text.split('\n').slice(0, -1)
  const { journal, pid, start, boot, command, contexts, startedAt } = parseLine(first)
  if (journal !== FORMAT) throw new Error('its form is not known here')
  if (typeof pid !== 'number' || typeof start !== 'string' || typeof boot !== 'string')
    throw new Error('it does not say whose it is')
  const notes = new Map<number, Note>()
  let count = 0
  let isCommitted = false
  for (const line of lines) {
    // What a cut left of a line was closed by who went on.
    const entry = findLine(line)
    if (entry === undefined) continue
    if (entry['committed'] === true) isCommitted = true
    if (typeof entry['settled'] === 'number') notes.delete(entry['settled'])
    const note = toNote(entry, count)
    if (note !== undefined) notes.set(count++, note)
  }
  return {
    owner: { pid, start, boot },
    command: toText(command),
    contexts: Array.isArray(contexts) ? contexts.map(toText) : [],
    startedAt: Number(startedAt),
    notes: [...notes.values()],
    isCommitted,
  }
}

function toNote({ undo, discard, title }: JsonRecord, index: number): Note | undefined {
  const record = undo ?? discard
  if (record === undefined) return undefined
  if (!isRecord(record) || typeof record['kind'] !== 'string')
    throw new Error('one of its notes has no kind')
  return {
    index,
    when: undo === undefined ? 'discard' : 'undo',
    title: toText(title),
    record: { ...record, kind: record['kind'] },
  }
}

const toText = (value: unknown): string => (typeof value === 'string' ? value : '')

function findLine(line: string): JsonRecord | undefined {
  try {
    return parseLine(line)
  } catch {
    return undefined
  }
}

function parseLine(line: string): JsonRecord {
  const value: unknown = JSON.parse(line)
  if (isRecord(value)) return value
  throw new Error('a line of it is no object')
}
