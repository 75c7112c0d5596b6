import path from 'node:path'
import { AppError } from '#shared/errors.ts'
import { Database } from './database.ts'
import type { Disk } from './disk.ts'
import type { Generations } from './generations.ts'
import { journalName, parseGenerations, snapshotName, storeFolder } from './generations.ts'
import type { FoundRecord, JournalContent, Statement } from './journal.ts'
import { HEADER_BYTES, parseJournal } from './journal.ts'
import { MIGRATIONS } from './migrations.ts'
import type { Snapshot } from './snapshot.ts'
import { parseSnapshot } from './snapshot.ts'

/** The database as it was found, and what has to be done about its files. Nothing on disk was touched. */
export interface Recovered {
  database: Database
  /** The newest generation of which a file is used; -1 where there is none. */
  newest: number
  /** The last record that is part of the database. */
  sequence: number
  /** The journal to go on with; undefined where there is none yet. */
  journal: { generation: number; end: number; length: number } | undefined
  /** What stands behind the journal's last good record and is to be put aside. */
  tail: Buffer | undefined
  /** Files that cannot be used and are to be put aside. */
  damaged: string[]
  /** Files without content that may go. */
  leftovers: string[]
  notices: string[]
}

interface Base {
  database: Database
  generation: number
  sequence: number
}
type Read = Extract<JournalContent, { state: 'read' }>

/** Reads a store up to its last whole record. Throws `store.newer-format` and `store.damaged`. */
export async function recover(dataFolder: string, disk: Disk): Promise<Recovered> {
  const folder = storeFolder(dataFolder)
  const generations = parseGenerations(await disk.list(folder))
  const recovery = new Recovery(folder, disk, generations)
  return recovery.run()
}

class Recovery {
  readonly #folder: string
  readonly #disk: Disk
  readonly #generations: Generations
  readonly #damaged: string[] = []
  readonly #leftovers: string[]
  readonly #notices: string[] = []

  constructor(folder: string, disk: Disk, generations: Generations) {
    this.#folder = folder
    this.#disk = disk
    this.#generations = generations
    this.#leftovers = [...generations.leftovers]
  }

  async run(): Promise<Recovered> {
    const base = await this.#openBase()
    try {
      const end = await this.#replay(base)
      refuseNewer(base.database.version)
      return { ...this.#findings(), database: base.database, ...end }
    } catch (error) {
      base.database.close()
      throw error
    }
  }

  #findings(): Pick<Recovered, 'newest' | 'damaged' | 'leftovers' | 'notices'> {
    const gone = new Set([...this.#damaged, ...this.#leftovers])
    const { snapshots, journals } = this.#generations
    return {
      newest: Math.max(
        -1,
        ...snapshots.filter((one) => !gone.has(snapshotName(one))),
        ...journals.filter((one) => !gone.has(journalName(one))),
      ),
      damaged: this.#damaged,
      leftovers: this.#leftovers,
      notices: this.#notices,
    }
  }

  /** The newest snapshot that checks out, else the empty database where the journals go back to it. */
  async #openBase(): Promise<Base> {
    for (const generation of this.#generations.snapshots.toReversed()) {
      const base = await this.#openSnapshot(generation)
      if (base !== undefined) return base
      this.#putAside(
        snapshotName(generation),
        'does not check out; the one before it is used instead',
      )
    }
    const isWhole = this.#generations.journals[0] === 0 || this.#isNew()
    if (isWhole) return { database: await Database.open(), generation: 0, sequence: 0 }
    throw new AppError(
      'store.damaged',
      `No snapshot in ${this.#folder} can be read. Nothing was changed; restore an export with “hosting-desk store restore”.`,
    )
  }

  #isNew(): boolean {
    return this.#generations.snapshots.length === 0 && this.#generations.journals.length === 0
  }

  async #openSnapshot(generation: number): Promise<Base | undefined> {
    const content = parseSnapshot(
      await this.#disk.read(path.join(this.#folder, snapshotName(generation))),
    )
    if (content.state === 'newer') throw newerFormat()
    if (content.state === 'damaged') return undefined
    return openDatabase(content.snapshot, generation)
  }

  async #replay(base: Base): Promise<Pick<Recovered, 'sequence' | 'journal' | 'tail'>> {
    let { sequence } = base
    let journal: Recovered['journal']
    let tail: Buffer | undefined
    for (const generation of this.#generations.journals.filter((one) => one >= base.generation)) {
      const bytes = await this.#disk.read(path.join(this.#folder, journalName(generation)))
      const content = this.#continues(generation, parseJournal(bytes), sequence, tail)
      if (content === undefined) continue
      const end = apply(base.database, content.records) ?? content.end
      const last = content.records.findLast((record) => record.end <= end)
      sequence = last?.sequence ?? sequence
      tail = content.isTorn || end < content.end ? bytes.subarray(end) : undefined
      journal = { generation, end, length: content.length }
    }
    if (tail !== undefined && journal !== undefined) this.#tellOfTail(journal.generation)
    return { sequence, journal, tail }
  }

  /** The journal if it goes on exactly where the state stands; else it is put aside, or goes where it is empty. */
  #continues(
    generation: number,
    content: JournalContent,
    sequence: number,
    tail: Buffer | undefined,
  ): Read | undefined {
    if (content.state === 'newer') throw newerFormat()
    const name = journalName(generation)
    const isEmpty = content.state === 'headless' ? content.isEmpty : isWithoutContent(content)
    const isNext = content.state === 'read' && content.previous === sequence
    if (isNext && (tail === undefined || isEmpty))
      return tail === undefined ? content : this.#drop(name)
    if (isEmpty) return this.#drop(name)
    this.#putAside(
      name,
      'does not follow what is before it; the changes in it are not part of the store',
    )
    return undefined
  }

  #drop(name: string): undefined {
    this.#leftovers.push(name)
  }

  #putAside(name: string, why: string): void {
    this.#damaged.push(name)
    this.#notices.push(`${name} ${why}. It is kept in store/aside.`)
  }

  #tellOfTail(generation: number): void {
    this.#notices.push(
      `${journalName(generation)} ended in the middle of a change that was not yet confirmed, or is damaged there. ` +
        'The store stands at the last whole change; the rest is kept in store/aside.',
    )
  }
}

const isWithoutContent = (content: Read): boolean => content.records.length === 0 && !content.isTorn

/** Undefined where SQLite cannot read it although its checksum is right. */
async function openDatabase(snapshot: Snapshot, generation: number): Promise<Base | undefined> {
  let database: Database | undefined
  try {
    database = await Database.open(snapshot.bytes)
    refuseNewer(database.version)
    return { database, generation, sequence: snapshot.sequence }
  } catch (error) {
    database?.close()
    if (error instanceof AppError) throw error
    return undefined
  }
}

/** Applies records in order. Where SQLite refuses one: the place before it, in bytes. */
function apply(database: Database, records: readonly FoundRecord[]): number | undefined {
  let end: number | undefined
  for (const record of records) {
    try {
      database.transaction(() => runStatements(database, record.statements))
    } catch {
      return end ?? HEADER_BYTES
    }
    end = record.end
  }
  return undefined
}

export function runStatements(database: Database, statements: readonly Statement[]): void {
  for (const [sql, params] of statements) {
    if (params === null) database.script(sql)
    else database.run(sql, params)
  }
}

function refuseNewer(version: number): void {
  if (version > MIGRATIONS.length) throw newerFormat()
}

const newerFormat = (): AppError =>
  new AppError(
    'store.newer-format',
    'The store was written by a newer version of Hosting Desk. Nothing was changed; open it with that version.',
  )
