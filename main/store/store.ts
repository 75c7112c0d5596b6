import { AppError, isAppError } from '#shared/errors.ts'
import { Listeners } from '../lib/listeners.ts'
import { Sequence } from '../lib/sequence.ts'
import type { ChangeSet } from './change-set.ts'
import type { Database, SqlRow, SqlValue } from './database.ts'
import type { Disk } from './disk.ts'
import { realDisk } from './disk.ts'
import { storeFolder } from './generations.ts'
import { GroupCommit } from './group-commit.ts'
import type { Journal } from './journal.ts'
import { migrationsFrom } from './migrations.ts'
import type { Recovered } from './recovery.ts'
import { recover, runStatements } from './recovery.ts'
import type { Applied, Touched } from './rows.ts'
import { applyChanges, findRow, joinTouched, undoChanges } from './rows.ts'
import type { Snapshot } from './snapshot.ts'
import { createJournal, keepAside, onFailure, openJournal, saveSnapshot } from './store-files.ts'
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

  /**
   * Opens or makes a store; the caller owns the data folder (owner.ts) and closes it. Throws `store.newer-format`,
   * `store.damaged`, and `store.write-failed` where the disk refuses.
   */
  static async open(options: StoreOptions): Promise<Store> {
    const disk = options.disk ?? realDisk
    try {
      await disk.ensureFolder(storeFolder(options.folder))
      const recovered = await recover(options.folder, disk)
      return await onFailure(
        () => recovered.database.close(),
        () => Store.#openRecovered(options, disk, recovered),
      )
    } catch (error) {
      throw toOpenError(options.folder, error)
    }
  }

  static async #openRecovered(
    options: StoreOptions,
    disk: Disk,
    recovered: Recovered,
  ): Promise<Store> {
    await keepAside(options, disk, recovered)
    const { journal, generation } = await openJournal(options.folder, disk, recovered)
    return onFailure(
      () => journal.close(),
      async () => {
        const store = new Store(options, disk, recovered, journal, generation)
        await store.#migrate()
        return store
      },
    )
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
      await saveSnapshot(this.#folder, this.#disk, rotated)
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
}

/** What the system says of a file is no bug of ours: a full disk, a folder of another account. */
function toOpenError(folder: string, error: unknown): unknown {
  if (isAppError(error) || !(error instanceof Error) || !('code' in error)) return error
  return new AppError(
    'store.write-failed',
    `The store in ${folder} cannot be used: ${error.message}`,
    { cause: error },
  )
}

const closed = (): Error => new Error('The store is closed.')
