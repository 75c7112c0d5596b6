import { z } from 'zod'
import { Id, Instant, Json } from '#shared/domain/json.ts'
import { toShownName } from '#shared/domain/names.ts'
import { Backend, Backup, Client, Platform, Server, Site } from '#shared/domain/objects.ts'
import { QueueSettings } from '#shared/domain/queue.ts'
import { Attempt, Task } from '#shared/domain/task.ts'
import { AppError } from '#shared/errors.ts'
import type { SqlRow, SqlValue } from './database.ts'

/** A host key that the operator has compared and trusts. */
export const StoredHostKey = z.object({
  id: Id,
  host: z.string().min(1).max(300),
  port: z.number().int(),
  /** `ssh-ed25519`, … */
  type: z.string(),
  /** The public key, base64 of the wire form. */
  key: z.string(),
  /** `SHA256:…` */
  fingerprint: z.string(),
  trustedAt: Instant,
})
export type StoredHostKey = z.infer<typeof StoredHostKey>

export const StoredSetting = z.object({ name: z.string().min(1), value: Json })
export type StoredSetting = z.infer<typeof StoredSetting>

/** A secret as the shell's SecretBox sealed it; never in clear. */
export const StoredSecret = z.object({ name: z.string().min(1), sealed: z.string() })
export type StoredSecret = z.infer<typeof StoredSecret>

/** Every table with the type of its rows. A row's key is its `id`, or `name` where it has none. */
export interface Tables {
  backend: Backend
  server: Server
  platform: Platform
  site: Site
  client: Client
  backup: Backup
  task: Task
  attempt: Attempt
  queue: QueueSettings
  hostKey: StoredHostKey
  setting: StoredSetting
  secret: StoredSecret
}
export type TableName = keyof Tables

export interface Table<Row = unknown> {
  name: TableName
  key: 'id' | 'name'
  schema: z.ZodType<Row>
  /** Fields that are columns; what is filtered, sorted or unique. The rest lies in `data`. */
  columns: readonly string[]
  /** Text to search and sort by, folded; kept beside the row and no part of it. */
  searchText?: (row: Row) => string
  /** Every column in the order of `upsert`'s parameters. */
  written: readonly string[]
  /** The statements that write and remove a row; their parameters come from `toParams` and the key. */
  upsert: string
  remove: string
  find: string
}

type TablePart<Row> = Omit<Table<Row>, 'written' | 'upsert' | 'remove' | 'find'>

/** Describes a table once; how its rows are written follows from that. */
function defineTable<Row>(part: TablePart<Row>): Table<Row> {
  const written = [
    part.key,
    ...part.columns,
    ...(part.searchText === undefined ? [] : ['searchText']),
    'data',
    'revision',
  ]
  const changes = written.slice(1).map((column) => `${column} = excluded.${column}`)
  return {
    ...part,
    written,
    find: `SELECT * FROM ${part.name} WHERE ${part.key} = ?`,
    upsert:
      `INSERT INTO ${part.name} (${written.join(', ')}) VALUES (${written.map(() => '?').join(', ')}) ` +
      `ON CONFLICT (${part.key}) DO UPDATE SET ${changes.join(', ')}`,
    remove: `DELETE FROM ${part.name} WHERE ${part.key} = ?`,
  }
}

/**
 * Text as it is compared in a search: without case and accents, so that "Zürich" is found by "zurich". A list is
 * sorted by it too, so the field to sort by comes first.
 */
export const foldText = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{Mn}|\0/gu, '')
    .toLowerCase()

const textOf = (...parts: readonly string[]): string => foldText([...new Set(parts)].join('\n'))

export const TABLES: { readonly [Name in TableName]: Table<Tables[Name]> } = {
  backend: defineTable({
    name: 'backend',
    key: 'id',
    schema: Backend,
    columns: ['title', 'host', 'port', 'user'],
  }),
  server: defineTable({
    name: 'server',
    key: 'id',
    schema: Server,
    columns: ['name', 'title', 'backendId', 'status'],
    searchText: ({ title, name, remoteHost }) => textOf(title, name, remoteHost),
  }),
  platform: defineTable({
    name: 'platform',
    key: 'id',
    schema: Platform,
    columns: ['name', 'title', 'backendId', 'serverId', 'status'],
    searchText: ({ title, name }) => textOf(title, name),
  }),
  site: defineTable({
    name: 'site',
    key: 'id',
    schema: Site,
    columns: [
      'name',
      'title',
      'backendId',
      'platformId',
      'clientId',
      'status',
      'lastCronAt',
      'backupEverySeconds',
      'https',
      'certificateExpiresAt',
    ],
    searchText: ({ name, title, aliases }) =>
      textOf(toShownName(name), name, title, ...aliases, ...aliases.map(toShownName)),
  }),
  client: defineTable({
    name: 'client',
    key: 'id',
    schema: Client,
    columns: ['title'],
    searchText: ({ title, email }) => textOf(title, email ?? ''),
  }),
  backup: defineTable({
    name: 'backup',
    key: 'id',
    schema: Backup,
    columns: ['siteId', 'backendId', 'createdAt'],
  }),
  task: defineTable({
    name: 'task',
    key: 'id',
    schema: Task,
    columns: [
      'number',
      'type',
      'objectKind',
      'objectId',
      'objectName',
      'backendId',
      'status',
      'startedAt',
      'endedAt',
      'batchId',
    ],
  }),
  attempt: defineTable({
    name: 'attempt',
    key: 'id',
    schema: Attempt,
    columns: ['taskId', 'number'],
  }),
  queue: defineTable({ name: 'queue', key: 'name', schema: QueueSettings, columns: [] }),
  hostKey: defineTable({
    name: 'hostKey',
    key: 'id',
    schema: StoredHostKey,
    columns: ['host', 'port'],
  }),
  setting: defineTable({ name: 'setting', key: 'name', schema: StoredSetting, columns: [] }),
  secret: defineTable({ name: 'secret', key: 'name', schema: StoredSecret, columns: [] }),
}

/** A row's parameters for `upsert`. Parsed first, so that nothing enters that could not be read again. */
export function toParams<Row>(table: Table<Row>, row: Row, revision: number): SqlValue[] {
  const parsed = z.parse(table.schema, row)
  const fields = new Map(Object.entries(parsed as Record<string, Json>))
  const inColumns = [table.key, ...table.columns].map((column) => {
    const value = toColumn(table.name, column, fields.get(column))
    fields.delete(column)
    return value
  })
  const search = table.searchText === undefined ? [] : [table.searchText(parsed)]
  return [...inColumns, ...search, JSON.stringify(Object.fromEntries(fields)), revision]
}

/** Throws `input.invalid` for what could not be stored, so that whoever made the row hears of it and not who commits it. */
export function checkRow<Name extends TableName>(name: Name, row: Tables[Name]): void {
  const { schema } = TABLES[name] as Table<Tables[Name]>
  const [issue] = schema.safeParse(row).error?.issues ?? []
  if (issue === undefined) return
  throw new AppError(
    'input.invalid',
    `This ${name} cannot be stored: ${issue.path.join('.')}: ${issue.message}`,
  )
}

/** A text with a NUL would come back cut, so it never enters. */
function toColumn(table: string, column: string, value: Json | undefined): SqlValue {
  if (value === undefined || value === null) return null
  if (typeof value === 'number') return value
  if (typeof value === 'string' && !value.includes('\0')) return value
  throw new AppError('input.invalid', `${table}.${column} is no text or number that can be stored.`)
}

/** A stored row as its type; throws `store.damaged` where it does not fit its schema. */
export function parseRow<Row>(table: Table<Row>, stored: SqlRow): Row {
  const key = stored[table.key]
  try {
    const row = JSON.parse(String(stored['data'])) as Record<string, unknown>
    for (const column of [table.key, ...table.columns]) row[column] = stored[column]
    return table.schema.parse(row)
  } catch (cause) {
    throw new AppError(
      'store.damaged',
      `The ${table.name} ${String(key)} in the store cannot be read; run “hosting-desk store check”.`,
      { data: { table: table.name, key }, cause },
    )
  }
}
