import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { AppError } from '#shared/errors.ts'
import { Listeners } from '../lib/listeners.ts'
import { Sequence } from '../lib/sequence.ts'
import type { ChangeSet } from './change-set.ts'
import type { Database, SqlRow, SqlValue } from './database.ts'
import type { Disk } from './disk.ts'
import { realDisk } from './disk.ts'
import {
  asideFolder,
  draftName,
  journalName,
  parseGenerations,
  snapshotName,
  staleFiles,
  storeFolder,
} from './generations.ts'
import { GroupCommit } from './group-commit.ts'
import { Journal } from './journal.ts'
import { migrationsFrom } from './migrations.ts'
import type { Recovered } from './recovery.ts'
import { recover, runStatements } from './recovery.ts'
import type { Applied, Touched } from './rows.ts'
import { applyChanges, findRow, undoChanges } from './rows.ts'
import type { Snapshot } from './snapshot.ts'
import { renderSnapshot } from './snapshot.ts'
import type { Table, TableName, Tables } from './tables.ts'
import { parseRow, TABLES } from './tables.ts'

export { ChangeSet } from './change-set.ts'

export interface StoreOptions {
  /** The data folder; the store lies in its folder `store`. */
  folder: string
  /** Epoch ms. */
  now: () => number
  disk?: Disk
  /** A journal longer than this is folded into a new snapshot at once … */
  checkpointBytes?: number
  /** … and a shorter one after this long without a change. */
  idleMs?: number
}

/** Below this a journal is not worth a snapshot while the application idles or closes. */
const SMALL_JOURNAL_BYTES = 512 * 1024

/**
 * The application's data: SQLite in memory, every change in a journal on disk before its promise resolves.
 *
 * A commit is applied in memory at once, so whoever reads after calling `commit` sees it; where the disk then refuses,
 * it is taken back (with everything committed since), its promise rejects with `store.write-failed`, and `changed`
 * tells of the rows once more. The store stays usable.
 */
export class Store {
  /** What the operator must be told about how the store was found. */
  readonly notices: readonly string[]
  /** Rows that changed, once the change is durable. */
  readonly changed = new Listeners<Touched>()

  readonly #database: Database
  readonly #folder: string
  readonly #disk: Disk
  readonly #checkpointBytes: number
  readonly #commits: GroupCommit<Applied & { sequence: number }>
  readonly #checkpoints = new Sequence()
  readonly #idle: NodeJS.Timeout
  #journal: Journal
  #generation: number
  /** The last sequence given out; never given out again, also where its write failed. */
  #sequence: number
  /** The last that is in memory. */
  #applied: number
  #stored: number
  #state: 'open' | 'closing' | 'closed' = 'open'

  /** Opens or makes a store. Throws `store.newer-format` and `store.damaged`; the caller closes it. */
  static async open(options: StoreOptions): Promise<Store> {
    const disk = options.disk ?? realDisk
    await disk.ensureFolder(storeFolder(options.folder))
    const recovered = await recover(options.folder, disk)
    try {
      await keepAside(options, disk, recovered)
      const { journal, generation } = await openJournal(options.folder, disk, recovered)
      const store = new Store(options, disk, recovered, journal, generation)
      await store.#migrate()
      return store
    } catch (error) {
      recovered.database.close()
      throw error
    }
  }

  private constructor(
    options: StoreOptions,
    disk: Disk,
    recovered: Recovered,
    journal: Journal,
    generation: number,
  ) {
    this.notices = recovered.notices
    this.#database = recovered.database
    this.#folder = storeFolder(options.folder)
    this.#disk = disk
    this.#checkpointBytes = options.checkpointBytes ?? 8 * 1024 * 1024
    this.#journal = journal
    this.#generation = generation
    this.#sequence = this.#applied = this.#stored = recovered.sequence
    this.#commits = new GroupCommit({
      append: (records) => this.#journal.append(records),
      stored: (works) => this.#onStored(works),
      refused: (works) => this.#onRefused(works),
    })
    this.#idle = setTimeout(() => this.#onIdle(), options.idleMs ?? 30_000)
    this.#idle.unref()
  }

  find<Name extends TableName>(table: Name, key: string): Tables[Name] | undefined {
    const row = findRow(this.#open(), table, key)
    return row === undefined ? undefined : parseRow(TABLES[table] as Table<Tables[Name]>, row)
  }

  /** As `find`; throws `object.not-found`. */
  get<Name extends TableName>(table: Name, key: string): Tables[Name] {
    const row = this.find(table, key)
    if (row !== undefined) return row
    throw new AppError('object.not-found', `There is no ${table} ${key}.`, { data: { table, key } })
  }

  /** The number of the commit that last wrote the row. */
  revisionOf(table: TableName, key: string): number | undefined {
    const revision = findRow(this.#open(), table, key)?.['revision']
    return revision === undefined ? undefined : Number(revision)
  }

  /** Whole rows of a table, parsed; `tail` is the SQL behind `FROM table`. */
  select<Name extends TableName>(
    table: Name,
    tail: string,
    params: readonly SqlValue[] = [],
  ): Tables[Name][] {
    const description = TABLES[table] as Table<Tables[Name]>
    return this.#open()
      .all(`SELECT ${table}.* FROM ${table} ${tail}`, params)
      .map((row) => parseRow(description, row))
  }

  /** Reads anything; what is returned was not parsed. For main/store/queries. */
  query<Row extends object = SqlRow>(sql: string, params: readonly SqlValue[] = []): Row[] {
    if (!/^\s*(?:select|with)\b/i.test(sql)) throw new Error(`A query only reads: ${sql}`)
    return this.#open().all(sql, params) as Row[]
  }

  /**
   * One transaction: in memory when this returns, on disk when it resolves. Rejects with `object.changed-meanwhile`,
   * `object.name-taken`, `object.in-use` or `store.write-failed`, and nothing of it is done.
   */
  async commit(change: ChangeSet): Promise<void> {
    if (this.#state !== 'open') throw closed()
    const sequence = this.#sequence + 1
    const applied = applyChanges(this.#database, change, sequence)
    if (applied.statements.length === 0) return
    this.#sequence = sequence
    await this.#journalled(applied)
  }

  /** Folds the journal into a new snapshot; commits go on meanwhile. Throws `store.write-failed`. */
  checkpoint(): Promise<void> {
    return this.#checkpoints.run('checkpoint', async () => {
      if (this.#state === 'closed') throw closed()
      const rotated = await this.#commits.exclusively(() => this.#rotate())
      await this.#save(rotated.snapshot, rotated.generation)
    })
  }

  /** A whole, consistent copy as the bytes of a plain SQLite file. */
  exportBytes(): Promise<Uint8Array> {
    return this.#commits.exclusively(() => Promise.resolve(this.#open().export()))
  }

  /** Waits for what is being written. Commits made from now on are refused. */
  async close(): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    clearTimeout(this.#idle)
    await this.#commits.idle()
    if (this.#journal.sizeBytes > SMALL_JOURNAL_BYTES)
      await this.checkpoint().catch(() => undefined)
    await this.#checkpoints.run('checkpoint', () => Promise.resolve())
    await this.#commits.idle()
    this.#state = 'closed'
    await this.#journal.close()
    this.#database.close()
  }

  #open(): Database {
    if (this.#state === 'closed') throw closed()
    return this.#database
  }

  #journalled(applied: Applied): Promise<void> {
    const record = {
      sequence: this.#sequence,
      previous: this.#applied,
      statements: applied.statements,
    }
    this.#applied = this.#sequence
    return this.#commits.add(record, { ...applied, sequence: this.#sequence })
  }

  #onStored(works: readonly (Applied & { sequence: number })[]): void {
    this.#stored = works.at(-1)?.sequence ?? this.#stored
    this.#idle.refresh()
    this.#tell(works)
    if (this.#journal.sizeBytes > this.#checkpointBytes) this.#checkpointSoon()
  }

  #onRefused(works: readonly Applied[]): void {
    for (const applied of works) undoChanges(this.#database, applied)
    this.#applied = this.#stored
    this.#tell(works)
  }

  /** A listener's mistake is no reason to call a stored commit failed; it surfaces where the shell catches it. */
  #tell(works: readonly Applied[]): void {
    try {
      this.changed.emit(joinTouched(works))
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }

  #onIdle(): void {
    if (this.#journal.sizeBytes > SMALL_JOURNAL_BYTES) this.#checkpointSoon()
  }

  /** One that fails costs nothing but the time the next start takes; the next commit or idle time tries again. */
  #checkpointSoon(): void {
    if (this.#state === 'open' && !this.#isCheckpointing) {
      this.#isCheckpointing = true
      void this.checkpoint()
        .catch(() => undefined)
        .finally(() => (this.#isCheckpointing = false))
    }
  }
  #isCheckpointing = false

  async #migrate(): Promise<void> {
    for (const { version, sql } of migrationsFrom(this.#database.version)) {
      const statements = [[`${sql};\nPRAGMA user_version = ${version}`, null]] as const
      this.#database.transaction(() => runStatements(this.#database, statements))
      this.#sequence += 1
      await this.#journalled({ statements: [...statements], undo: [], touched: [] })
    }
  }

  /** From here on commits go to a new journal; returned is the state at which it begins. */
  async #rotate(): Promise<{ snapshot: Snapshot; generation: number }> {
    const snapshot = { sequence: this.#stored, bytes: this.#database.export() }
    const generation = this.#generation + 1
    try {
      await this.#journal.settle()
      const next = await createJournal(this.#folder, this.#disk, generation, snapshot.sequence)
      const before = this.#journal
      this.#journal = next
      await before.close()
    } catch (cause) {
      throw new AppError('store.write-failed', 'A new journal could not be begun.', { cause })
    } finally {
      this.#generation = generation
    }
    return { snapshot, generation }
  }

  async #save(snapshot: Snapshot, generation: number): Promise<void> {
    const inFolder = (name: string): string => path.join(this.#folder, name)
    const draft = inFolder(draftName(generation))
    try {
      await this.#disk.create(draft, renderSnapshot(snapshot))
      await this.#disk.rename(draft, inFolder(snapshotName(generation)))
      await this.#disk.syncFolder(this.#folder)
      const names = await this.#disk.list(this.#folder)
      for (const name of staleFiles(parseGenerations(names)))
        await this.#disk.remove(inFolder(name))
    } catch (cause) {
      await this.#disk.remove(draft).catch(() => undefined)
      throw new AppError('store.write-failed', 'A new snapshot could not be written.', { cause })
    }
  }
}

const closed = (): Error => new Error('The store is closed.')

function joinTouched(works: readonly Applied[]): Touched {
  const joined = new Map<TableName, Set<string>>()
  for (const { table, ids } of works.flatMap(({ touched }) => touched)) {
    const known = joined.get(table) ?? new Set()
    for (const id of ids) known.add(id)
    joined.set(table, known)
  }
  return [...joined].map(([table, ids]) => ({ table, ids: [...ids] }))
}

/** Nothing that could not be read is deleted: damaged files and a torn tail go to the folder `aside`. */
async function keepAside(options: StoreOptions, disk: Disk, recovered: Recovered): Promise<void> {
  const folder = storeFolder(options.folder)
  const aside = asideFolder(options.folder)
  const { tail, journal, damaged, leftovers } = recovered
  for (const name of leftovers) await disk.remove(path.join(folder, name))
  if (tail === undefined && damaged.length === 0) return
  await disk.ensureFolder(aside)
  const stamp = `${options.now()}-${randomUUID().slice(0, 8)}`
  const asideName = (name: string): string => path.join(aside, `${stamp}-${name}`)
  for (const name of damaged) await disk.rename(path.join(folder, name), asideName(name))
  if (tail !== undefined && journal !== undefined)
    await disk.create(asideName(`${journalName(journal.generation)}-tail`), [tail])
  await disk.syncFolder(aside)
  await disk.syncFolder(folder)
}

async function openJournal(
  dataFolder: string,
  disk: Disk,
  { journal, newest, tail, sequence }: Recovered,
): Promise<{ journal: Journal; generation: number }> {
  const folder = storeFolder(dataFolder)
  if (journal === undefined) {
    const created = await createJournal(folder, disk, newest + 1, sequence)
    return { journal: created, generation: newest + 1 }
  }
  const file = path.join(folder, journalName(journal.generation))
  const opened = await Journal.open(disk, file, journal)
  if (tail !== undefined) await opened.cut()
  return { journal: opened, generation: newest }
}

/** The journal's name is lasting before the first commit goes into it; on failure nothing of it stays. */
async function createJournal(
  folder: string,
  disk: Disk,
  generation: number,
  previous: number,
): Promise<Journal> {
  const file = path.join(folder, journalName(generation))
  let journal: Journal | undefined
  try {
    journal = await Journal.create(disk, file, previous)
    await disk.syncFolder(folder)
    return journal
  } catch (error) {
    await journal?.close().catch(() => undefined)
    await disk.remove(file).catch(() => undefined)
    throw error
  }
}
