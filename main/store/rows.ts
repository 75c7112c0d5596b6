import { AppError, isAppError } from '#shared/errors.ts'
import type { Change, ChangeSet, Expectation } from './change-set.ts'
import type { Database, SqlRow, SqlValue } from './database.ts'
import type { Statement } from './journal.ts'
import { runStatements } from './recovery.ts'
import type { Table, TableName } from './tables.ts'
import { TABLES, toParams } from './tables.ts'

/** Which rows a commit touched. */
export type Touched = { table: TableName; ids: string[] }[]

/** A change set as it was applied in memory: what to journal, and the way back. */
export interface Applied {
  statements: Statement[]
  undo: Statement[]
  touched: Touched
}

/**
 * Applies a change set to memory, all of it or nothing. Throws `object.changed-meanwhile`, `object.name-taken` (a
 * unique name or number), `object.in-use` (something else still refers to it, or it refers to nothing).
 */
export function applyChanges(
  database: Database,
  { changes, expectations }: ChangeSet,
  revision: number,
): Applied {
  const applied: Applied = { statements: [], undo: [], touched: [] }
  try {
    database.transaction(() => {
      for (const expectation of expectations) check(database, expectation)
      for (const change of changes) applyOne(database, change, revision, applied)
    })
  } catch (error) {
    throw toAppError(error)
  }
  applied.undo.reverse()
  return applied
}

/** Takes applied changes back. They were whole before, so this cannot break a rule of the schema. */
export function undoChanges(database: Database, { undo }: Applied): void {
  database.transaction(() => runStatements(database, undo))
}

export const findRow = (database: Database, table: TableName, key: string): SqlRow | undefined =>
  database.all(TABLES[table].find, [key])[0]

function check(database: Database, { table, key, revision }: Expectation): void {
  const found = findRow(database, table, key)?.['revision'] ?? null
  if (found === revision) return
  throw new AppError(
    'object.changed-meanwhile',
    `The ${table} ${key} was changed by someone else in the meantime; look at it again.`,
    { data: { table, key } },
  )
}

function applyOne(database: Database, change: Change, revision: number, applied: Applied): void {
  const table = TABLES[change.table] as Table
  const statement: Statement =
    change.change === 'put'
      ? [table.upsert, toParams(table, change.row, revision)]
      : [table.remove, [change.key]]
  const key = String(statement[1]?.[0])
  applied.undo.push(wayBack(table, key, findRow(database, change.table, key)))
  runStatements(database, [statement])
  applied.statements.push(statement)
  touch(applied.touched, change.table, key)
}

const wayBack = (table: Table, key: string, before: SqlRow | undefined): Statement =>
  before === undefined
    ? [table.remove, [key]]
    : [table.upsert, table.written.map((column) => before[column] as SqlValue)]

function touch(touched: Touched, table: TableName, key: string): void {
  const known = touched.find((one) => one.table === table)
  if (known === undefined) touched.push({ table, ids: [key] })
  else if (!known.ids.includes(key)) known.ids.push(key)
}

/** All rows that these commits touched, each once. */
export function joinTouched(works: readonly Pick<Applied, 'touched'>[]): Touched {
  const joined = new Map<TableName, Set<string>>()
  for (const { table, ids } of works.flatMap(({ touched }) => touched)) {
    const known = joined.get(table) ?? new Set()
    for (const id of ids) known.add(id)
    joined.set(table, known)
  }
  return [...joined].map(([table, ids]) => ({ table, ids: [...ids] }))
}

function toAppError(error: unknown): unknown {
  if (isAppError(error) || !(error instanceof Error)) return error
  const unique = /UNIQUE constraint failed: (.+)/.exec(error.message)?.[1]
  if (unique !== undefined) {
    const data = { columns: unique }
    return new AppError('object.name-taken', `There is one already (${unique}).`, {
      data,
      cause: error,
    })
  }
  if (!error.message.includes('FOREIGN KEY constraint failed')) return error
  return new AppError(
    'object.in-use',
    'Something refers to an object that is not there, or is still used by others.',
    { cause: error },
  )
}
