import path from 'node:path'
import { toHostName } from '#shared/domain/host-name.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import { isRecord } from '#shared/protocol/wire.ts'
import type { Slot } from '../services/slots/slot.ts'
import { willRemove } from '../services/slots/steps.ts'
import { removal } from '../steps/files.ts'
import type { Work } from '../steps/step.ts'
import { unpackArchive } from '../system/archive.ts'
import { ensureFolder, kindOf, remove } from '../system/files.ts'
import { findStrays } from '../system/links.ts'
import { findFreeBytes } from '../system/machine.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { type ArchiveEntry, readArchive } from '../system/tar-reader.ts'
import { refuseWithoutRoom, type Size } from './room.ts'
import type { Session } from './session.ts'
import { DUMP, MANIFEST, MANIFEST_FORMAT, MANIFEST_KIND } from './site-backup.ts'

/** An archive that was checked, and what it says of itself. */
export interface SiteArchive {
  file: string
  uri: string
  application: string
  /** The address that the site had; null where an older release made it. */
  url: string | null
  /** What its application kept about it. */
  facts: JsonRecord
  /** How large the dump of its database is; null where it has none. */
  dumpBytes: number | null
  /** What it takes once it is unpacked. */
  size: Size
}

/**
 * Reads an archive of a site from end to end: that our backup made it, that it has nothing but one site's folder, the dump
 * of its database and the manifest, that each file in it is what was packed, and that there is room for it (unless `hasRoom`
 * says that nobody unpacks it). Throws PROVISION_BAD_ARCHIVE, PROVISION_NO_SPACE.
 */
export async function checkSiteArchive(
  session: Session,
  file: string,
  signal: AbortSignal,
  { hasRoom = false }: { hasRoom?: boolean } = {},
): Promise<SiteArchive> {
  const { home: folder } = session.folders
  const freeBytes = hasRoom ? undefined : await findFreeBytes(folder)
  const roots = new Set<string>()
  const digests = new Map<string, string>()
  let dumpBytes: number | null = null
  const size = { databaseBytes: 0, fileBytes: 0 }
  const onEntry = (entry: ArchiveEntry): void => {
    if (isDump(entry)) dumpBytes = entry.sizeBytes
    size[isDump(entry) ? 'databaseBytes' : 'fileBytes'] += diskUseOf(entry)
    const root = rootOf(entry)
    if (root !== undefined) roots.add(root)
    // An archive may say that it holds more than anybody could read through.
    if (freeBytes !== undefined) refuseWithoutRoom({ made: size }, { home: { folder, freeBytes } })
  }
  const onDigest = (name: string, digest: string): void => void digests.set(name, digest)
  const text = await readArchive(file, `./${MANIFEST}`, { onEntry, onDigest, signal })
  const { files, ...manifest } = parseManifest(text)
  refuseChanged(files, digests)
  if (roots.size === 1 && roots.has(manifest.uri)) return { file, dumpBytes, size, ...manifest }
  throw notOurs(`it holds ${[...roots].slice(0, 3).join(', ') || 'no folder'}, not ${manifest.uri}`)
}

/** As file systems commonly have it: whole blocks, and at least one. */
const BLOCK_BYTES = 4096

const diskUseOf = ({ kind, sizeBytes }: ArchiveEntry): number =>
  BLOCK_BYTES * Math.max(1, Math.ceil(kind === 'file' ? sizeBytes / BLOCK_BYTES : 0))

const isDump = ({ name, kind }: ArchiveEntry): boolean => name === `./${DUMP}` && kind === 'file'

/** An archive of the first form says nothing of its files. */
function refuseChanged(
  files: Readonly<Record<string, unknown>> | null,
  digests: ReadonlyMap<string, string>,
): void {
  if (files === null) return
  const wanted = new Map(Object.entries(files))
  for (const [name, digest] of digests) {
    if (name !== `./${MANIFEST}` && wanted.get(name) !== digest)
      throw notOurs(`${JSON.stringify(name.slice(0, 200))} in it is not what was packed`)
    wanted.delete(name)
  }
  const [missing] = wanted.keys()
  if (missing !== undefined)
    throw notOurs(`${JSON.stringify(missing.slice(0, 200))} is missing in it`)
}

/** The top folder that a member lies in; undefined for the manifest and the dump. */
function rootOf(entry: ArchiveEntry): string | undefined {
  const { name, kind, target } = entry
  if ((name === `./${MANIFEST}` && kind === 'file') || isDump(entry)) return undefined
  const root = topOf(name)
  if (root === undefined || kind === 'other')
    throw notOurs(`it holds ${JSON.stringify(name.slice(0, 200))}`)
  if (kind === 'hard-link' && topOf(target) !== root)
    throw notOurs(`${JSON.stringify(name.slice(0, 200))} is a link to another file`)
  return root
}

function topOf(name: string): string | undefined {
  const parts = name.replace(/\/$/, '').split('/')
  const isGood = parts[0] === '.' && parts.slice(1).every((part) => !/^(\.{0,2})$/.test(part))
  return isGood && parts.length > 1 ? parts[1] : undefined
}

type Manifest = Pick<SiteArchive, 'uri' | 'application' | 'url' | 'facts'> & {
  files: Record<string, unknown> | null
}

function parseManifest(text: string | undefined): Manifest {
  const { format, kind, uri, folder, application, context, files } = parseRecord(text)
  if (typeof format === 'number' && format > MANIFEST_FORMAT)
    throw notOurs('a newer release made it: use that one')
  const isOurs = typeof format === 'number' && kind === MANIFEST_KIND && folder === uri
  if (
    !isOurs ||
    typeof uri !== 'string' ||
    toHostName(uri) !== uri ||
    typeof application !== 'string' ||
    (format > 1 && !isRecord(files))
  )
    throw notOurs('it has no manifest of ours')
  const options = isRecord(context) && isRecord(context['options']) ? context['options'] : {}
  const { url, application_facts: facts } = options
  return {
    uri,
    application,
    url: typeof url === 'string' ? url : null,
    facts: isRecord(facts) ? facts : {},
    files: isRecord(files) ? files : null,
  }
}

function parseRecord(text: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

const notOurs = (why: string): ProvisionError =>
  new ProvisionError('PROVISION_BAD_ARCHIVE', `This is no backup of a site: ${why}.`)

/**
 * Unpacks an archive that was checked into `staging`, which is not there yet, and takes out what leads out of the site or
 * is no plain file. Returns where the site's folder then is; it is to stand at `place`. The staging goes at the end.
 */
export async function unpackSite(
  session: Session,
  work: Work,
  { file, uri }: Pick<SiteArchive, 'file' | 'uri'>,
  { staging, place, slot }: { staging: string; place: string; slot?: Slot },
): Promise<string> {
  const { signal } = work
  await willRemove(work, slot, staging)
  await work.willDiscard(removal.of({ path: staging }))
  // What an archive says of rights is nobody's word: the slot comes in here once they are ours.
  await ensureFolder(staging, 0o700)
  await unpackArchive(file, staging, signal)
  const folder = path.join(staging, uri)
  if ((await kindOf(folder)) !== 'folder') throw notOurs('the site in it is no folder')
  for (const name of await findStrays(folder, place, { signal })) {
    await remove(path.join(folder, name))
    session.log('warning', `Left out, since it leads out of the site or is no file: ${name}`)
  }
  return folder
}
