import { MariaDb } from '../services/mariadb/mariadb.ts'
import type { Step } from '../steps/step.ts'
import { findDiskUse, findSpace } from '../system/machine.ts'
import { ProvisionError } from '../system/provision-error.ts'
import type { Session } from './session.ts'
import type { SitePlace } from './site-place.ts'

/** What a site takes: its database as a dump has it, and its files. */
export interface Size {
  databaseBytes: number
  fileBytes: number
}

/** What a command puts on disk beside what is there. */
export interface Wanted {
  /** Packed first; the dump stands beside the archive until that is done. */
  packed?: Size | undefined
  /** Then unpacked or copied, and its dump loaded. */
  made?: Size | undefined
}

export interface Disk {
  folder: string
  freeBytes: number
}

/** `database`: where MariaDB has its data, where that is another disk. */
export interface Disks {
  home: Disk
  database?: Disk | undefined
}

/**
 * Looks, before anything is changed, whether there is room for what a command will put on disk: a backup of the site at
 * `place`, and what is then made of it or of something else. Throws PROVISION_NO_SPACE.
 */
export function roomStep(
  session: Session,
  place: SitePlace,
  { isPacked = true, made }: { isPacked?: boolean; made?: Size | 'what-is-packed' } = {},
): Step {
  const look = async (signal: AbortSignal): Promise<void> => {
    const packed = isPacked ? await measure(session, place, signal) : undefined
    const disks = await findDisks(session, place, signal)
    const wanted = { packed, made: made === 'what-is-packed' ? packed : made }
    if (disks !== undefined) refuseWithoutRoom(wanted, disks)
  }
  return {
    kind: 'look-for-room',
    title: 'Look for room',
    run: ({ signal }) => look(signal),
    async preview(signal) {
      await look(signal)
      return []
    },
  }
}

async function measure(
  { parts }: Session,
  { folder, ground }: SitePlace,
  signal: AbortSignal,
): Promise<Size> {
  const fileBytes = await findDiskUse(folder, signal)
  if (ground === undefined) return { databaseBytes: 0, fileBytes }
  const { socket, name } = ground.database
  const mariadb = new MariaDb(socket)
  // What is then told may be of some seconds ago.
  if (!parts.isPreview) await mariadb.countPages(name, signal).catch(() => undefined)
  return { databaseBytes: await mariadb.sizeOf(name, signal), fileBytes }
}

async function findDisks(
  { folders }: Session,
  { ground }: SitePlace,
  signal: AbortSignal,
): Promise<Disks | undefined> {
  const home = await findSpace(folders.home)
  if (home === undefined) return undefined
  const disks = { home: { folder: folders.home, freeBytes: home.freeBytes } }
  if (ground === undefined) return disks
  const folder = await new MariaDb(ground.database.socket).dataFolder(signal)
  // It may be closed to us: then whoever writes there finds out.
  const database = await findSpace(folder).catch(() => undefined)
  if (database === undefined || database.device === home.device) return disks
  return { ...disks, database: { folder, freeBytes: database.freeBytes } }
}

/** An archive is never larger than what is in it. */
export function refuseWithoutRoom({ packed = NONE, made = NONE }: Wanted, disks: Disks): void {
  const { home, database = home } = disks
  const kept = sum(packed)
  const loaded = database === home ? made.databaseBytes : 0
  const parts = [
    ...told('for a backup with', packed, ', as a dump and packed,'),
    ...told('to unpack', made, ''),
    ...(loaded > 0 ? [`to load that database ${inMegabytes(loaded)}`] : []),
  ]
  refuseMore(kept + Math.max(packed.databaseBytes, sum(made) + loaded), home, parts)
  const load = [`to load a database of ${inMegabytes(made.databaseBytes)}`]
  if (database !== home) refuseMore(made.databaseBytes, database, load)
}

const NONE: Size = { databaseBytes: 0, fileBytes: 0 }
const sum = ({ databaseBytes, fileBytes }: Size): number => databaseBytes + fileBytes

const told = (what: string, size: Size, how: string): string[] =>
  sum(size) === 0
    ? []
    : [
        `${what} ${size.databaseBytes === 0 ? '' : `a database of ${inMegabytes(size.databaseBytes)}${how} and `}files of ${inMegabytes(size.fileBytes)}`,
      ]

function refuseMore(needed: number, { folder, freeBytes }: Disk, parts: readonly string[]): void {
  if (needed <= freeBytes) return
  throw new ProvisionError(
    'PROVISION_NO_SPACE',
    `This may need ${inMegabytes(needed)} (${parts.join('; ')}), and only ${Math.floor(freeBytes / MB)} MB are free where ${folder} lies: delete old backups, or make the disk larger.`,
  )
}

const MB = 1_000_000
const inMegabytes = (bytes: number): string => `${Math.ceil(bytes / MB)} MB`
