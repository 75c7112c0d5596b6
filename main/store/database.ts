import { createRequire } from 'node:module'
import path from 'node:path'
import initSqlJs from 'sql.js'
import type { Database as SqlDatabase, SqlJsStatic, Statement } from 'sql.js'

export type SqlValue = string | number | null
export type SqlRow = Readonly<Record<string, unknown>>

/** Statements kept prepared at once; beyond that the one unused for longest goes. */
const MAX_PREPARED = 200

let loading: Promise<SqlJsStatic> | undefined

function loadSqlJs(): Promise<SqlJsStatic> {
  const folder = path.dirname(createRequire(import.meta.url).resolve('sql.js/dist/sql-wasm.wasm'))
  loading ??= initSqlJs({ locateFile: (file: string) => path.join(folder, file) })
  return loading
}

/**
 * SQLite in memory. sql.js's `export` closes and reopens the database, which frees every prepared statement and resets
 * every PRAGMA: this class is the one place that knows, and hands out no statement.
 */
export class Database {
  readonly #sql: SqlDatabase
  readonly #prepared = new Map<string, Statement>()

  /**
   * A database over these bytes, which are its own from now on; an empty one without them.
   * Throws where they are no SQLite file. The caller closes it.
   */
  static async open(bytes?: Uint8Array): Promise<Database> {
    const { Database: Sql } = await loadSqlJs()
    const sql = new Sql(bytes)
    try {
      return new Database(sql)
    } catch (error) {
      sql.close()
      throw error
    }
  }

  private constructor(sql: SqlDatabase) {
    this.#sql = sql
    this.#configure()
  }

  /** Nothing but this class writes to disk, so SQLite's own care for files is off; rollback still works. */
  #configure(): void {
    this.#sql.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; ' +
        'PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF',
    )
  }

  get version(): number {
    return Number(this.all('PRAGMA user_version')[0]?.['user_version'] ?? 0)
  }

  all(sql: string, params: readonly SqlValue[] = []): SqlRow[] {
    const statement = this.#prepare(sql)
    try {
      statement.bind([...params])
      const rows: SqlRow[] = []
      while (statement.step()) rows.push(statement.getAsObject())
      return rows
    } finally {
      statement.reset()
    }
  }

  run(sql: string, params: readonly SqlValue[]): void {
    const statement = this.#prepare(sql)
    try {
      statement.bind([...params])
      statement.step()
    } finally {
      statement.reset()
    }
  }

  /** Several statements at once, without parameters. */
  script(sql: string): void {
    this.#sql.exec(sql)
  }

  /** All of `work` or, where it throws, nothing of it. */
  transaction<Result>(work: () => Result): Result {
    this.run('BEGIN', [])
    try {
      const result = work()
      this.run('COMMIT', [])
      return result
    } catch (error) {
      this.run('ROLLBACK', [])
      throw error
    }
  }

  /** The database as the bytes of a file. No transaction may be open. */
  export(): Uint8Array {
    this.#prepared.clear()
    try {
      return this.#sql.export()
    } finally {
      this.#configure()
    }
  }

  close(): void {
    this.#prepared.clear()
    this.#sql.close()
  }

  #prepare(sql: string): Statement {
    const known = this.#prepared.get(sql)
    this.#prepared.delete(sql)
    const statement = known ?? this.#sql.prepare(sql)
    this.#prepared.set(sql, statement)
    if (this.#prepared.size > MAX_PREPARED) this.#freeOldest()
    return statement
  }

  #freeOldest(): void {
    for (const [sql, statement] of this.#prepared) {
      this.#prepared.delete(sql)
      statement.free()
      return
    }
  }
}
