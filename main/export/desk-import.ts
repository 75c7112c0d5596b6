import fs from 'node:fs/promises'
import path from 'node:path'
import { isEnded, type TaskStatus } from '#shared/domain/task.ts'
import { AppError, type ErrorCode } from '#shared/errors.ts'
import type { SecretBox } from '../settings/secret-box.ts'
import { readExport, type StoreRows } from '../store/read-export.ts'
import { ChangeSet, type Store } from '../store/store.ts'
import { TABLES, type TableName } from '../store/tables.ts'
import { taskOfSecret } from '../task/task-secrets.ts'
import type { unpackDesk } from './desk-export.ts'

export interface ImportParts {
  store: Store
  secretBox: SecretBox | null
  /** The data folder, in which a copy of what was here is kept. */
  folder: string
  now: () => number
}

export interface ImportOutcome {
  servers: number
  platforms: number
  sites: number
  tasks: number
  /** Secrets that this shell cannot keep: they are asked for when they are needed. */
  secretsLeft: number
  /** Where what was here before is kept; null where there was nothing. */
  keptAs: string | null
}

/** What belongs to this computer alone: an import neither brings nor takes it. */
const OWN_SETTINGS = ['desk.id', 'application.isSeen', 'start.isAtLogin']
/** Secrets are sealed anew, and so are no part of the rows that are taken as they are. */
const TABLE_NAMES = (Object.keys(TABLES) as TableName[]).filter((name) => name !== 'secret')

/**
 * Puts the content of an export in the place of everything here, in one commit: all of it or nothing. Throws
 * `export.not-empty` where there is something and `isReplacing` is not said, and `object.in-use` while a task runs.
 */
export async function importDesk(
  { store, secretBox, folder, now }: ImportParts,
  { facts, bytes }: ReturnType<typeof unpackDesk>,
  { isReplacing }: { isReplacing: boolean },
): Promise<ImportOutcome> {
  const at = now()
  const rows = withTasksEnded(withoutDemo(await readExport(bytes)), at)
  const secrets = facts.secrets.filter(({ name }) => taskOfSecret(name) === undefined)
  refuseRunning(store)
  const isEmpty = store.select('backend', '').every(({ isDemo }) => isDemo)
  if (!isEmpty && !isReplacing) {
    throw new AppError(
      'export.not-empty',
      'There are servers here already. An import puts what was exported in the place of everything.',
    )
  }
  const keptAs = isEmpty ? null : await keepCopy(store, folder, at)
  const change = new ChangeSet()
  removeAll(store, change)
  putAll(rows, change)
  const kept = putSecrets(secrets, secretBox, change)
  await store.commit(change)
  return {
    servers: rows.server.length,
    platforms: rows.platform.length,
    sites: rows.site.length,
    tasks: rows.task.length,
    secretsLeft: secrets.length - kept,
    keptAs,
  }
}

/** A demo server lies on the computer that made it; nothing of it would be found elsewhere. */
function withoutDemo(rows: StoreRows): StoreRows {
  const demo = new Set(rows.backend.filter(({ isDemo }) => isDemo).map(({ id }) => id))
  const isElsewhere = ({ backendId }: { backendId: string }): boolean => !demo.has(backendId)
  const task = rows.task.filter(isElsewhere)
  const tasks = new Set(task.map(({ id }) => id))
  return {
    ...rows,
    backend: rows.backend.filter(({ id }) => !demo.has(id)),
    server: rows.server.filter(isElsewhere),
    platform: rows.platform.filter(isElsewhere),
    site: rows.site.filter(isElsewhere),
    backup: rows.backup.filter(isElsewhere),
    task,
    attempt: rows.attempt.filter(({ taskId }) => tasks.has(taskId)),
    setting: rows.setting.filter(({ name }) => !OWN_SETTINGS.includes(name)),
  }
}

/**
 * The desk that was exported may have gone on with its tasks since. Done again from here, an old restore would put an old
 * backup in the place of what came after it. Their secrets are left out: no task that has ended needs one.
 */
function withTasksEnded(rows: StoreRows, at: number): StoreRows {
  const errorCode: ErrorCode = 'run.lost'
  const errorMessage =
    'It had not ended when this was exported. Verify the object, then ask for it anew.'
  const ended = <Row extends { status: TaskStatus }>(row: Row): Row =>
    isEnded(row.status)
      ? row
      : { ...row, status: 'cancelled', endedAt: at, errorCode, errorMessage }
  return { ...rows, task: rows.task.map(ended), attempt: rows.attempt.map(ended) }
}

function refuseRunning(store: Store): void {
  const [running] = store.query<{ count: number }>(
    "SELECT count(*) AS count FROM task WHERE status = 'processing'",
  )
  if ((running?.count ?? 0) === 0) return
  throw new AppError('object.in-use', 'A task is running here. Import when nothing runs any more.')
}

async function keepCopy(store: Store, folder: string, now: number): Promise<string> {
  const aside = path.join(folder, 'store', 'aside')
  const file = path.join(aside, `${now}-before-import.sqlite`)
  try {
    await fs.mkdir(aside, { recursive: true, mode: 0o700 })
    await fs.writeFile(file, await store.exportBytes(), { mode: 0o600, flag: 'wx', flush: true })
    return file
  } catch (cause) {
    throw new AppError(
      'store.write-failed',
      `A copy of what is here could not be kept as ${file}. Nothing was imported.`,
      { cause },
    )
  }
}

function removeAll(store: Store, change: ChangeSet): void {
  for (const { name, key: column } of Object.values(TABLES)) {
    const keys = store.query<{ key: string }>(`SELECT ${column} AS key FROM ${name}`)
    for (const { key } of keys) if (!OWN_SETTINGS.includes(key)) change.remove(name, key)
  }
}

function putAll(rows: StoreRows, change: ChangeSet): void {
  for (const table of TABLE_NAMES) for (const row of rows[table]) change.put(table, row)
}

/** How many this shell can keep. */
function putSecrets(
  secrets: ReturnType<typeof unpackDesk>['facts']['secrets'],
  secretBox: SecretBox | null,
  change: ChangeSet,
): number {
  if (secretBox === null) return 0
  for (const { name, secret } of secrets)
    change.put('secret', { name, sealed: secretBox.seal(secret.reveal()) })
  return secrets.length
}
