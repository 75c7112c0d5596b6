import path from 'node:path'
import { toHostName } from '#shared/domain/host-name.ts'
import { isRecord } from '#shared/protocol/wire.ts'
import { removal } from '../steps/files.ts'
import type { Work } from '../steps/step.ts'
import { unpackArchive } from '../system/archive.ts'
import { ensureFolder, kindOf, remove } from '../system/files.ts'
import { findStrays } from '../system/links.ts'
import { findFreeBytes } from '../system/machine.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { type ArchiveEntry, readArchive } from '../system/tar-reader.ts'
import type { Session } from './session.ts'
import { MANIFEST, MANIFEST_FORMAT, MANIFEST_KIND } from './site-backup.ts'

/** An archive that was checked, and what it says of itself. */
export interface SiteArchive {
  file: string
  uri: string
  application: string
}

/**
 * Reads an archive of a site from end to end: that our backup made it, that it has nothing but one site's folder and the
 * manifest, and that there is room for it. Throws PROVISION_BAD_ARCHIVE, PROVISION_NO_SPACE.
 */
export async function checkSiteArchive(
  session: Session,
  file: string,
  signal: AbortSignal,
): Promise<SiteArchive> {
  const freeBytes = await findFreeBytes(session.folders.home)
  const roots = new Set<string>()
  let sizeBytes = 0
  const onEntry = (entry: ArchiveEntry): void => {
    const root = rootOf(entry)
    if (root !== undefined) roots.add(root)
    if (entry.kind === 'file') sizeBytes += entry.sizeBytes
    if (freeBytes !== undefined && sizeBytes > freeBytes)
      throw new ProvisionError(
        'PROVISION_NO_SPACE',
        `What the archive holds does not fit: more than the ${freeBytes} bytes that are free.`,
      )
  }
  const manifest = parseManifest(await readArchive(file, `./${MANIFEST}`, { onEntry, signal }))
  if (roots.size === 1 && roots.has(manifest.uri)) return { file, ...manifest }
  throw notOurs(`it holds ${[...roots].slice(0, 3).join(', ') || 'no folder'}, not ${manifest.uri}`)
}

/** The top folder that a member lies in; undefined for the manifest. */
function rootOf({ name, kind, target }: ArchiveEntry): string | undefined {
  if (name === `./${MANIFEST}` && kind === 'file') return undefined
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

function parseManifest(text: string | undefined): { uri: string; application: string } {
  const { format, kind, uri, folder, application } = parseRecord(text)
  if (typeof format === 'number' && format > MANIFEST_FORMAT)
    throw notOurs('a newer release made it: use that one')
  const isOurs = format === MANIFEST_FORMAT && kind === MANIFEST_KIND && folder === uri
  if (
    isOurs &&
    typeof uri === 'string' &&
    toHostName(uri) === uri &&
    typeof application === 'string'
  )
    return { uri, application }
  throw notOurs('it has no manifest of ours')
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
  { staging, place }: { staging: string; place: string },
): Promise<string> {
  const { signal } = work
  await work.willUndo(removal.of({ path: staging }))
  await work.willDiscard(removal.of({ path: staging }))
  await ensureFolder(staging)
  await unpackArchive(file, staging, signal)
  const folder = path.join(staging, uri)
  if ((await kindOf(folder)) !== 'folder') throw notOurs('the site in it is no folder')
  for (const name of await findStrays(folder, place, { signal })) {
    await remove(path.join(folder, name))
    session.log('warning', `Left out, since it leads out of the site or is no file: ${name}`)
  }
  return folder
}
