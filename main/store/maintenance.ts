import fs from 'node:fs/promises'
import path from 'node:path'
import { AppError, isAppError } from '#shared/errors.ts'
import { Database } from './database.ts'
import { realDisk } from './disk.ts'
import {
  asideFolder,
  draftName,
  parseGenerations,
  snapshotName,
  storeFolder,
} from './generations.ts'
import { MIGRATIONS } from './migrations.ts'
import { acquireOwnership } from './owner.ts'
import { recover } from './recovery.ts'
import { parseSnapshot, renderSnapshot } from './snapshot.ts'
import { parseRow, TABLES } from './tables.ts'
import type { Table } from './tables.ts'

export interface MaintenanceOptions {
  /** The data folder. */
  folder: string
  /** How long to wait for another owner of the data folder; then `store.locked` is thrown. */
  waitMs: number
  signal?: AbortSignal
}

export interface StoreCheck {
  /** What is wrong with the store as it stands; empty where all is well. */
  problems: string[]
  /** Rows of each table. */
  rows: Record<string, number>
}

/** Problems listed of one table; more say no more. */
const MAX_PROBLEMS = 20

/** Reads everything there is and changes nothing. Throws what opening the store would throw. */
export const checkStore = (options: MaintenanceOptions): Promise<StoreCheck> =>
  asOwner(options, async () => {
    const problems = await checkOlder(options.folder)
    const recovered = await recover(options.folder, realDisk)
    try {
      const found = checkDatabase(recovered.database)
      return { rows: found.rows, problems: [...recovered.notices, ...problems, ...found.problems] }
    } finally {
      recovered.database.close()
    }
  })

/** Writes the whole store as one plain SQLite file. Throws where there is a file of this name. */
export const exportStore = (options: MaintenanceOptions, file: string): Promise<void> =>
  asOwner(options, async () => {
    const { database } = await recover(options.folder, realDisk)
    try {
      await createFile(path.resolve(file), [database.export()])
    } finally {
      database.close()
    }
  })

/**
 * Makes an exported file the store. What was the store until then is kept as a file in `store/aside`, whose path is
 * returned (undefined where there was none or it could not be read: then its files stay where they are).
 */
export const restoreStore = (
  options: MaintenanceOptions & { now: () => number },
  file: string,
): Promise<{ keptAs: string | undefined }> =>
  asOwner(options, async () => {
    const bytes = await readFile(file)
    await checkExport(file, bytes)
    await realDisk.ensureFolder(storeFolder(options.folder))
    const before = await keepPresent(options)
    await install(options.folder, bytes, before.sequence + 1)
    return { keptAs: before.keptAs }
  })

async function asOwner<Result>(
  options: MaintenanceOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  const ownership = await acquireOwnership({ ...options, kind: 'one-shot' })
  try {
    await realDisk.ensureFolder(storeFolder(options.folder))
    return await work()
  } finally {
    await ownership.release()
  }
}

/** Snapshots that opening would only read if the newest failed. */
async function checkOlder(dataFolder: string): Promise<string[]> {
  const folder = storeFolder(dataFolder)
  const { snapshots } = parseGenerations(await realDisk.list(folder))
  const problems: string[] = []
  for (const name of snapshots.slice(0, -1).map(snapshotName)) {
    const { state } = parseSnapshot(await realDisk.read(path.join(folder, name)))
    if (state === 'damaged') problems.push(`${name}, an older snapshot, does not check out.`)
  }
  return problems
}

function checkDatabase(database: Database): StoreCheck {
  const integrity = database
    .all(`PRAGMA integrity_check(${MAX_PROBLEMS})`)
    .map((row) => String(row['integrity_check']))
    .filter((text) => text !== 'ok')
  const dangling = database
    .all('PRAGMA foreign_key_check')
    .slice(0, MAX_PROBLEMS)
    .map(
      (row) => `A ${String(row['table'])} refers to a ${String(row['parent'])} that is not there.`,
    )
  const rows: Record<string, number> = {}
  const unreadable = Object.values(TABLES).flatMap((table) => {
    const checked = checkTable(database, table as Table)
    rows[table.name] = checked.rows
    return checked.problems
  })
  return { problems: [...integrity, ...dangling, ...unreadable], rows }
}

function checkTable(database: Database, table: Table): { problems: string[]; rows: number } {
  const problems: string[] = []
  const rows = database.all(`SELECT * FROM ${table.name}`)
  for (const row of rows) {
    try {
      parseRow(table, row)
    } catch (error) {
      if (problems.length < MAX_PROBLEMS) problems.push(String((error as Error).message))
    }
  }
  return { problems, rows: rows.length }
}

async function readFile(file: string): Promise<Buffer> {
  try {
    return await fs.readFile(file)
  } catch (cause) {
    throw new AppError('input.invalid', `${file} cannot be read.`, { cause })
  }
}

/** A file that is no whole export of ours, or of a newer version, is refused before anything is changed. */
async function checkExport(file: string, bytes: Buffer): Promise<void> {
  const problems = await findProblems(file, bytes)
  if (problems.length === 0) return
  throw new AppError(
    'store.damaged',
    `${file} is no whole export of Hosting Desk (${problems[0] ?? ''}). Nothing was changed.`,
    { data: { problems } },
  )
}

async function findProblems(file: string, bytes: Buffer): Promise<string[]> {
  let database: Database | undefined
  try {
    // A copy: SQLite may write into the bytes that it is given.
    database = await Database.open(Buffer.from(bytes))
    const { version } = database
    if (version > MIGRATIONS.length)
      throw new AppError('store.newer-format', `${file} was written by a newer Hosting Desk.`)
    return version < 1 ? ['it holds no store'] : problemsOf(database, version)
  } catch (error) {
    if (isAppError(error)) throw error
    return [error instanceof Error ? error.message : String(error)]
  } finally {
    database?.close()
  }
}

/** Rows of an older version are read only after they were migrated, when the store is opened. */
const problemsOf = (database: Database, version: number): string[] =>
  version === MIGRATIONS.length
    ? checkDatabase(database).problems
    : database
        .all('PRAGMA integrity_check(1)')
        .map((row) => String(row['integrity_check']))
        .filter((text) => text !== 'ok')

async function keepPresent({ folder, now }: MaintenanceOptions & { now: () => number }): Promise<{
  keptAs: string | undefined
  sequence: number
}> {
  const recovered = await recoverIfPossible(folder)
  if (recovered === undefined) return { keptAs: undefined, sequence: 0 }
  const { database, sequence } = recovered
  try {
    if (database.version === 0) return { keptAs: undefined, sequence }
    const keptAs = path.join(asideFolder(folder), `${now()}-before-restore.sqlite`)
    await realDisk.ensureFolder(asideFolder(folder))
    await createFile(keptAs, [database.export()])
    return { keptAs, sequence }
  } finally {
    database.close()
  }
}

async function recoverIfPossible(
  dataFolder: string,
): Promise<Awaited<ReturnType<typeof recover>> | undefined> {
  try {
    return await recover(dataFolder, realDisk)
  } catch (error) {
    if (isAppError(error, 'store.damaged') || isAppError(error, 'store.newer-format'))
      return undefined
    throw error
  }
}

/** A new generation, above all that are there: one rename makes it the store, so a cut leaves one or the other. */
async function install(dataFolder: string, bytes: Buffer, sequence: number): Promise<void> {
  const folder = storeFolder(dataFolder)
  const { snapshots, journals, leftovers } = parseGenerations(await realDisk.list(folder))
  for (const name of leftovers) await realDisk.remove(path.join(folder, name))
  const generation = Math.max(0, ...snapshots, ...journals) + 1
  const draft = path.join(folder, draftName(generation))
  await realDisk.create(draft, renderSnapshot({ sequence, bytes }))
  await realDisk.rename(draft, path.join(folder, snapshotName(generation)))
  await realDisk.syncFolder(folder)
}

async function createFile(file: string, parts: readonly Uint8Array[]): Promise<void> {
  try {
    await realDisk.create(file, parts)
    await realDisk.syncFolder(path.dirname(file))
  } catch (cause) {
    throw new AppError('store.write-failed', `${file} could not be written.`, { cause })
  }
}
