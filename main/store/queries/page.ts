import type { SqlValue } from '../database.ts'
import type { Store } from '../store.ts'
import type { TableName, Tables } from '../tables.ts'
import { foldText } from '../tables.ts'

/** A page of a list. `offset` and `limit` count rows. */
export interface PageOptions {
  search?: string | undefined
  offset: number
  limit: number
}
export interface Paged<Item> {
  items: Item[]
  /** All that match, on whatever page. */
  total: number
}

/** An order that a person chose. */
export interface Sort<By extends string> {
  by: By
  isDescending: boolean
}

/** `ORDER BY` for what was chosen, what is equal in the usual order; the usual one where nothing was. */
export function orderOf<By extends string>(
  columns: Readonly<Record<By, string>>,
  sort: Sort<By> | undefined,
  usual: string,
): string {
  if (sort === undefined) return usual
  return `${columns[sort.by]} ${sort.isDescending ? 'DESC' : 'ASC'}, ${usual}`
}

/** Conditions joined by AND, with their parameters; a filter without a value is left out. */
export class Where {
  readonly #conditions: string[] = []
  readonly params: SqlValue[] = []

  equal(column: string, value: SqlValue | undefined): this {
    return value === undefined ? this : this.add(`${column} = ?`, value)
  }

  /** Rows of this status; deleted ones are shown only where asked for. */
  status(status: string | undefined): this {
    return status === undefined ? this.add("status <> 'deleted'") : this.equal('status', status)
  }

  /** Rows of objects that have this tag. */
  tag(tag: string | undefined): this {
    if (tag === undefined) return this
    return this.add(
      "EXISTS (SELECT 1 FROM json_each(data, '$.tags') WHERE json_each.value = ?)",
      tag,
    )
  }

  add(condition: string, ...params: readonly SqlValue[]): this {
    this.#conditions.push(condition)
    this.params.push(...params)
    return this
  }

  /** Every word stands somewhere in the row's text, whatever its case and accents. */
  text(column: string, search: string | undefined): this {
    for (const word of foldText(search ?? '')
      .split(/\s+/)
      .filter(Boolean))
      this.add(`instr(${column}, ?) > 0`, word)
    return this
  }

  toString(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`
  }
}

/** One page of a table in this order, and how many rows match. */
export function listPage<Name extends TableName>(
  store: Store,
  table: Name,
  where: Where,
  order: string,
  { offset, limit }: PageOptions,
): Paged<Tables[Name]> {
  const items = store.select(table, `${where.toString()} ORDER BY ${order} LIMIT ? OFFSET ?`, [
    ...where.params,
    limit,
    offset,
  ])
  // Where the page has room left, it is the last one: the rows need not be gone through once more to count them.
  const isLast = items.length < limit && (items.length > 0 || offset === 0)
  return { items, total: isLast ? offset + items.length : countRows(store, table, where) }
}

export function countRows(store: Store, table: TableName, where: Where): number {
  const sql = `SELECT count(*) AS total FROM ${table} ${where.toString()}`
  return store.query<{ total: number }>(sql, where.params)[0]?.total ?? 0
}
