import path from 'node:path'
import { unpackArchive } from '../system/archive.ts'
import { download } from '../system/download.ts'
import { ensureFolder, findOnlyFolder, readHead, remove, rename } from '../system/files.ts'
import { findFreeBytes } from '../system/machine.ts'
import { asCode, ProvisionError } from '../system/provision-error.ts'
import { type ArchiveEntry, lookingAt, readArchive } from '../system/tar-reader.ts'
import { listZip, unpackZip } from '../system/zip.ts'
import type { Fetched } from './git.ts'
import type { Source } from './source.ts'

/** What stays free on the disk, whatever an archive holds. */
const RESERVE_BYTES = 64 * 1024 * 1024

/** No code has more members. */
const MAX_MEMBERS = 500_000

/**
 * Fetches an archive (.tar.gz or .zip), compares its checksum, and unpacks it, each member looked at before, into a folder
 * that is not there. Where all of it lies in one folder, that one's content is taken.
 */
export async function fetchArchive(
  { url, checksum }: Extract<Source, { type: 'archive' }>,
  folder: string,
  signal: AbortSignal,
): Promise<Fetched> {
  const file = `${folder}.archive`
  const unpacked = `${folder}.unpacked`
  try {
    await download(url, file, { checksum, maxBytes: await roomIn(path.dirname(folder)), signal })
    await ensureFolder(unpacked)
    await unpack(file, unpacked, await roomIn(path.dirname(folder)), signal)
    await rename((await findOnlyFolder(unpacked)) ?? unpacked, folder)
  } finally {
    await remove(file)
    await remove(unpacked)
  }
  return { revision: null, warnings: [] }
}

/** Bytes that may be filled where a folder lies. */
async function roomIn(folder: string): Promise<number> {
  const free = await findFreeBytes(folder)
  return free === undefined ? Number.MAX_SAFE_INTEGER : Math.max(0, free - RESERVE_BYTES)
}

async function unpack(
  file: string,
  folder: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const check = new MemberCheck(maxBytes)
  const head = await readHead(file, 2)
  if (head.toString('latin1') === 'PK') {
    const entries = await listZip(file)
    for (const entry of entries) check.take({ ...entry, target: '' })
    return unpackZip(file, entries, folder, signal)
  }
  if (head[0] !== 0x1f || head[1] !== 0x8b) throw refused('it is neither .tar.gz nor .zip')
  const parts = lookingAt(readArchive(file, signal), (entry) => check.take(entry))
  await asCode('PROVISION_BAD_ARCHIVE', ['PROVISION_BACKUP_EXTRACTION_FAILED'], () =>
    unpackArchive(parts, folder, signal),
  )
}

/** Looks at the members of an archive, each before it is unpacked. */
export class MemberCheck {
  readonly #maxBytes: number
  #bytes = 0
  #members = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Throws PROVISION_BAD_ARCHIVE, PROVISION_NO_SPACE. */
  take({ name, kind, target, sizeBytes }: ArchiveEntry): void {
    const shown = JSON.stringify(name.slice(0, 200))
    if (!staysInside(name)) throw refused(`the name ${shown} leads out of it`)
    if (kind === 'link' && !staysInside(path.posix.join(path.posix.dirname(name), target), target))
      throw refused(`the link ${shown} leads out of it`)
    if (kind === 'hard-link' && !staysInside(target))
      throw refused(`the link ${shown} leads out of it`)
    if (kind === 'pipe' || kind === 'other') throw refused(`${shown} is no plain file`)
    this.#members += 1
    if (this.#members > MAX_MEMBERS) throw refused(`it has more than ${MAX_MEMBERS} members`)
    if (kind === 'file') this.#bytes += sizeBytes
    if (this.#bytes > this.#maxBytes)
      throw new ProvisionError(
        'PROVISION_NO_SPACE',
        `What the archive holds does not fit: more than the ${this.#maxBytes} bytes that are free.`,
      )
  }
}

/** Whether a name, and what it was made of, is relative and has no way up that leads out. */
function staysInside(name: string, written = name): boolean {
  if (name === '' || path.posix.isAbsolute(written) || /[\0\\]/.test(written)) return false
  // A name with a way up may lead through a link of the archive; a link's own text may go up within it.
  if (written === name && name.split('/').includes('..')) return false
  const way = path.posix.normalize(name)
  return way !== '..' && !way.startsWith('../')
}

const refused = (why: string): ProvisionError =>
  new ProvisionError('PROVISION_BAD_ARCHIVE', `The archive is not taken: ${why}.`)
