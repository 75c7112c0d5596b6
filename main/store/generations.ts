import path from 'node:path'

/**
 * The store's files come in generations: the snapshot of generation n stands exactly where the journal of generation
 * n begins, and where the journal before it ends. Generation 0 begins with an empty database and has no snapshot.
 */
export interface Generations {
  /** Ascending. */
  snapshots: number[]
  journals: number[]
  /** Files that a cut checkpoint left behind. */
  leftovers: string[]
}

/** Snapshots that are kept beside the newest, each with its journals. */
const OLDER_SNAPSHOTS = 3

const NAME = /^(snapshot|journal)-(\d{6,15})\.(?:sqlite|log)$/

export const snapshotName = (generation: number): string => `snapshot-${pad(generation)}.sqlite`
export const journalName = (generation: number): string => `journal-${pad(generation)}.log`
export const draftName = (generation: number): string => `snapshot-${pad(generation)}.draft`
const pad = (generation: number): string => String(generation).padStart(6, '0')

export const storeFolder = (dataFolder: string): string => path.join(dataFolder, 'store')
/** Where files go that could not be read: nothing of ours is ever deleted unread. */
export const asideFolder = (dataFolder: string): string => path.join(dataFolder, 'store', 'aside')

export function parseGenerations(names: readonly string[]): Generations {
  const found: Generations = { snapshots: [], journals: [], leftovers: [] }
  for (const name of names) {
    const [, kind, generation] = NAME.exec(name) ?? []
    if (kind === 'snapshot') found.snapshots.push(Number(generation))
    else if (kind === 'journal') found.journals.push(Number(generation))
    else if (name.endsWith('.draft')) found.leftovers.push(name)
  }
  found.snapshots.sort((a, b) => a - b)
  found.journals.sort((a, b) => a - b)
  return found
}

/** The files that no kept snapshot needs: older snapshots, and journals from before the oldest kept one. */
export function staleFiles({ snapshots, journals }: Generations): string[] {
  const kept = snapshots.slice(-1 - OLDER_SNAPSHOTS)
  const [oldest] = kept
  if (oldest === undefined || kept.length <= OLDER_SNAPSHOTS) return []
  return [
    ...snapshots.filter((generation) => generation < oldest).map(snapshotName),
    ...journals.filter((generation) => generation < oldest).map(journalName),
  ]
}
