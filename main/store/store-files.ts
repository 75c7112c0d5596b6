import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { AppError } from '#shared/errors.ts'
import type { Disk } from './disk.ts'
import {
  asideFolder,
  draftName,
  journalName,
  parseGenerations,
  snapshotName,
  staleFiles,
  storeFolder,
} from './generations.ts'
import { Journal } from './journal.ts'
import type { Recovered } from './recovery.ts'
import type { Snapshot } from './snapshot.ts'
import { renderSnapshot } from './snapshot.ts'

/** Does the work; where it fails, cleans up after it and throws what it threw. */
export async function onFailure<Result>(
  cleanUp: () => void | Promise<void>,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    await (async () => cleanUp())().catch(() => undefined)
    throw error
  }
}

/** Nothing that could not be read is deleted: damaged files and a torn tail go to the folder `aside`. */
export async function keepAside(
  options: { folder: string; now: () => number },
  disk: Disk,
  recovered: Recovered,
): Promise<void> {
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

export async function openJournal(
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
export async function createJournal(
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

/** Puts a snapshot in place and removes what no kept snapshot needs. `folder` is the store's own. */
export async function saveSnapshot(
  folder: string,
  disk: Disk,
  { snapshot, generation }: { snapshot: Snapshot; generation: number },
): Promise<void> {
  const inFolder = (name: string): string => path.join(folder, name)
  const draft = inFolder(draftName(generation))
  try {
    await disk.create(draft, renderSnapshot(snapshot))
    await disk.rename(draft, inFolder(snapshotName(generation)))
    await disk.syncFolder(folder)
    const names = await disk.list(folder)
    for (const name of staleFiles(parseGenerations(names))) await disk.remove(inFolder(name))
  } catch (cause) {
    await disk.remove(draft).catch(() => undefined)
    throw new AppError('store.write-failed', 'A new snapshot could not be written.', { cause })
  }
}
