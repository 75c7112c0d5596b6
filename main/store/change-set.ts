import type { TableName, Tables } from './tables.ts'

export type Change = {
  [Name in TableName]:
    | { change: 'put'; table: Name; row: Tables[Name] }
    | { change: 'remove'; table: Name; key: string }
}[TableName]

export interface Expectation {
  table: TableName
  key: string
  /** The revision that the row must still have; null where there must be none. */
  revision: number | null
}

/** What one commit is to change, collected. Nothing happens before it is committed. */
export class ChangeSet {
  readonly changes: Change[] = []
  readonly expectations: Expectation[] = []

  /** Adds the row, or replaces the one of its key. */
  put<Name extends TableName>(table: Name, row: Tables[Name]): this {
    this.changes.push({ change: 'put', table, row } as Change)
    return this
  }

  /** Nothing happens where there is no such row. */
  remove(table: TableName, key: string): this {
    this.changes.push({ change: 'remove', table, key })
    return this
  }

  /** The commit fails with `object.changed-meanwhile` unless the row is as it was read; null: unless it is absent. */
  expect(table: TableName, key: string, revision: number | null): this {
    this.expectations.push({ table, key, revision })
    return this
  }
}
