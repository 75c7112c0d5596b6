import { AppError, isAppError } from '#shared/errors.ts'
import { Database } from './database.ts'
import { MIGRATIONS, migrationsFrom } from './migrations.ts'
import { parseRow, TABLES, type Table, type TableName, type Tables } from './tables.ts'

/** Every row of a store, by table. */
export type StoreRows = { [Name in TableName]: Tables[Name][] }

/**
 * The rows of an exported store, brought up to date where an older version wrote it. Throws `store.newer-format` and
 * `store.damaged`.
 */
export async function readExport(bytes: Uint8Array): Promise<StoreRows> {
  let database: Database | undefined
  try {
    // A copy: SQLite may write into the bytes that it is given.
    database = await Database.open(Buffer.from(bytes))
    if (database.version > MIGRATIONS.length)
      throw new AppError('store.newer-format', 'This was exported by a newer Hosting Desk.')
    if (database.version < 1) throw new Error('It holds no store.')
    refuseDamaged(database)
    for (const { version, sql } of migrationsFrom(database.version))
      database.script(`${sql};\nPRAGMA user_version = ${version}`)
    return readRows(database)
  } catch (cause) {
    if (isAppError(cause)) throw cause
    throw new AppError('store.damaged', 'The store in this export is damaged.', { cause })
  } finally {
    database?.close()
  }
}

function refuseDamaged(database: Database): void {
  const [first] = database.all('PRAGMA integrity_check(1)')
  const dangling = database.all('PRAGMA foreign_key_check')
  if (first?.['integrity_check'] !== 'ok' || dangling.length > 0)
    throw new Error('It is not whole.')
}

function readRows(database: Database): StoreRows {
  const rowsOf = (table: Table): unknown[] =>
    database
      .all(`SELECT * FROM ${table.name} ORDER BY ${table.key}`)
      .map((row) => parseRow(table, row))
  const tables = Object.values(TABLES).map((table) => [table.name, rowsOf(table as Table)])
  // Each was parsed by the schema of its own table.
  return Object.fromEntries(tables) as StoreRows
}
