import path from 'node:path'
import type { Slot } from '../services/slots/slot.ts'
import { willRemove } from '../services/slots/steps.ts'
import { removal } from '../steps/files.ts'
import type { Work } from '../steps/step.ts'
import { unpackArchive } from '../system/archive.ts'
import { ensureFolder, kindOf, remove } from '../system/files.ts'
import { findStrays } from '../system/links.ts'
import { findFreeBytes } from '../system/machine.ts'
import { readArchive, type TarPart } from '../system/tar-reader.ts'
import { notOurs, readManifest, SiteCheck, type SiteManifest } from './archive-check.ts'
import { refuseWithoutRoom } from './room.ts'
import type { Session } from './session.ts'

/** An archive of a site, and what it says of itself. */
export interface SiteArchive extends SiteManifest {
  file: string
}

/**
 * Reads an archive of a site from end to end: that our backup made it, that it has nothing but one site's folder, the dump
 * of its database and what says so, that each file in it is what was packed, and that there is room for it (unless `hasRoom`
 * says that nobody unpacks it). Throws PROVISION_BAD_ARCHIVE, PROVISION_NO_SPACE.
 */
export async function checkSiteArchive(
  session: Session,
  file: string,
  signal: AbortSignal,
  { hasRoom = false }: { hasRoom?: boolean } = {},
): Promise<SiteArchive> {
  const check = await openCheck(session, { hasRoom })
  for await (const part of readArchive(file, signal)) check.take(part)
  return { file, ...check.end() }
}

/**
 * What an archive says of itself, for what is made anew out of it: whether it is so comes out while it is unpacked, and
 * what was made until then is taken back. In a preview, which unpacks nothing, all of it is read. Throws as
 * `checkSiteArchive` does.
 */
export async function openSiteArchive(session: Session, file: string): Promise<SiteArchive> {
  const { isPreview, signal } = session.parts
  const manifest = isPreview ? undefined : await readManifest(readArchive(file, signal))
  return manifest === undefined ? checkSiteArchive(session, file, signal) : { file, ...manifest }
}

async function openCheck(
  { folders: { home: folder } }: Session,
  { hasRoom = false } = {},
): Promise<SiteCheck> {
  const freeBytes = hasRoom ? undefined : await findFreeBytes(folder)
  return SiteCheck.open((made) => {
    if (freeBytes !== undefined) refuseWithoutRoom({ made }, { home: { folder, freeBytes } })
  })
}

/**
 * Unpacks an archive into `staging`, which is not there yet, checks it meanwhile, and takes out what leads out of the site
 * or is no plain file. Returns where the site's folder then is; it is to stand at `place`. The staging goes at the end.
 * Throws as `checkSiteArchive` does.
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
  await unpackArchive(
    checked(readArchive(file, signal), await openCheck(session), uri),
    staging,
    signal,
  )
  const folder = path.join(staging, uri)
  if ((await kindOf(folder)) !== 'folder') throw notOurs('the site in it is no folder')
  for (const name of await findStrays(folder, place, { signal })) {
    await remove(path.join(folder, name))
    session.log('warning', `Left out, since it leads out of the site or is no file: ${name}`)
  }
  return folder
}

async function* checked(
  parts: AsyncIterable<TarPart>,
  check: SiteCheck,
  uri: string,
): AsyncGenerator<TarPart> {
  for await (const part of parts) {
    check.take(part)
    yield part
  }
  const manifest = check.end()
  if (manifest.uri !== uri) throw notOurs(`it is now of ${manifest.uri}`)
}
