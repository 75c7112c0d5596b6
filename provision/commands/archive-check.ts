import { toHostName } from '#shared/domain/host-name.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import { isRecord } from '#shared/protocol/wire.ts'
import { parseChecksums } from '../system/checksums.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { type ArchiveEntry, Digests, type TarPart, WantedText } from '../system/tar-reader.ts'
import type { Size } from './room.ts'

export const MANIFEST = 'manifest.json'
export const DUMP = 'database.sql'
export const CHECKSUMS = 'SHA256SUMS'
export const MANIFEST_KIND = 'site-backup'
/** The first form had no checksums and no dump; the second had its manifest last, with the checksums in it. */
export const MANIFEST_FORMAT = 3

/** What an archive of a site says of itself. */
export interface SiteManifest {
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
 * An archive of a site as it goes by: a member that has no place in it ends the reading, and at its end each file is what
 * was packed. Throws PROVISION_BAD_ARCHIVE.
 */
export class SiteCheck {
  readonly #manifest = new WantedText(`./${MANIFEST}`)
  readonly #checksums = new WantedText(`./${CHECKSUMS}`)
  readonly #roots = new Set<string>()
  readonly #size = { databaseBytes: 0, fileBytes: 0 }
  readonly #found: Map<string, string>
  readonly #digests: Digests
  readonly #refuseLarge: (size: Size) => void
  #dumpBytes: number | null = null

  private constructor(
    found: Map<string, string>,
    digests: Digests,
    refuseLarge: (size: Size) => void,
  ) {
    this.#found = found
    this.#digests = digests
    this.#refuseLarge = refuseLarge
  }

  /** An archive may hold more than anybody could read through: `refuseLarge` is told what has gone by, and may throw. */
  static async open(refuseLarge: (size: Size) => void): Promise<SiteCheck> {
    const found = new Map<string, string>()
    const digests = await Digests.open((name, digest) => found.set(name, digest))
    return new SiteCheck(found, digests, refuseLarge)
  }

  take(part: TarPart): void {
    if (part.kind === 'entry') this.#look(part.entry)
    this.#digests.take(part)
    this.#manifest.take(part)
    this.#checksums.take(part)
  }

  #look(entry: ArchiveEntry): void {
    if (isDump(entry)) this.#dumpBytes = entry.sizeBytes
    this.#size[isDump(entry) ? 'databaseBytes' : 'fileBytes'] += diskUseOf(entry)
    const root = rootOf(entry)
    if (root !== undefined) this.#roots.add(root)
    this.#refuseLarge(this.#size)
  }

  /** What the archive says of itself, and is. */
  end(): SiteManifest {
    this.#digests.end()
    const { format, dumpBytes, files, ...manifest } = parseManifest(this.#manifest.found)
    const isNew = format >= FORMAT_WITH_CHECKSUMS
    const wanted = isNew ? parseChecksums(this.#checksums.found ?? '') : files
    this.#found.delete(`./${isNew ? CHECKSUMS : MANIFEST}`)
    // The first form says nothing of its files.
    if (wanted !== null) refuseChanged(this.#found, wanted ?? new Map())
    if (isNew && dumpBytes !== this.#dumpBytes) throw notOurs('its database is another one')
    const roots = [...this.#roots]
    if (roots.length !== 1 || roots[0] !== manifest.uri)
      throw notOurs(`it holds ${roots.slice(0, 3).join(', ') || 'no folder'}, not ${manifest.uri}`)
    return { ...manifest, dumpBytes: this.#dumpBytes, size: this.#size }
  }
}

/**
 * What an archive says of itself in its first member, before anybody knows whether it is so; undefined of an older one, which
 * says it in its last. Throws PROVISION_BAD_ARCHIVE.
 */
export async function readManifest(
  parts: AsyncIterable<TarPart>,
): Promise<SiteManifest | undefined> {
  const text = await readFirst(parts)
  if (text === undefined) return undefined
  const { format, fileBytes, files: _none, ...manifest } = parseManifest(text)
  if (format < FORMAT_WITH_CHECKSUMS) return undefined
  return { ...manifest, size: { databaseBytes: manifest.dumpBytes ?? 0, fileBytes } }
}

const FORMAT_WITH_CHECKSUMS = 3

async function readFirst(parts: AsyncIterable<TarPart>): Promise<string | undefined> {
  const wanted = new WantedText(`./${MANIFEST}`)
  for await (const part of parts) {
    if (part.kind === 'entry' && part.entry.name !== `./${MANIFEST}`) return undefined
    wanted.take(part)
    if (wanted.found !== undefined) return wanted.found
  }
  return undefined
}

/** As file systems commonly have it: whole blocks, and at least one. */
const BLOCK_BYTES = 4096

const diskUseOf = ({ kind, sizeBytes }: ArchiveEntry): number =>
  BLOCK_BYTES * Math.max(1, Math.ceil(kind === 'file' ? sizeBytes / BLOCK_BYTES : 0))

const isDump = ({ name, kind }: ArchiveEntry): boolean => name === `./${DUMP}` && kind === 'file'

function refuseChanged(
  found: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, unknown>,
): void {
  for (const [name, digest] of found)
    if (wanted.get(name) !== digest) throw notOurs(`${shown(name)} in it is not what was packed`)
  for (const name of wanted.keys())
    if (!found.has(name)) throw notOurs(`${shown(name)} is missing in it`)
}

const shown = (name: string): string => JSON.stringify(name.slice(0, 200))

/** The top folder that a member lies in; undefined for what says what the archive is, and the dump. */
function rootOf(entry: ArchiveEntry): string | undefined {
  const { name, kind, target } = entry
  const isWord = kind === 'file' && (name === `./${MANIFEST}` || name === `./${CHECKSUMS}`)
  if (isWord || isDump(entry)) return undefined
  const root = topOf(name)
  if (root === undefined || kind === 'other') throw notOurs(`it holds ${shown(name)}`)
  if (kind === 'hard-link' && topOf(target) !== root)
    throw notOurs(`${shown(name)} is a link to another file`)
  return root
}

function topOf(name: string): string | undefined {
  const parts = name.replace(/\/$/, '').split('/')
  const isGood = parts[0] === '.' && parts.slice(1).every((part) => !/^(\.{0,2})$/.test(part))
  return isGood && parts.length > 1 ? parts[1] : undefined
}

type Manifest = Omit<SiteManifest, 'size'> & {
  format: number
  fileBytes: number
  /** In the second form, the digests; null in the first. */
  files: ReadonlyMap<string, unknown> | null
}

function parseManifest(text: string | undefined): Manifest {
  const { format, kind, uri, folder, application, context, files, ...sizes } = parseRecord(text)
  if (typeof format === 'number' && format > MANIFEST_FORMAT)
    throw notOurs('a newer release made it: use that one')
  const isOurs = typeof format === 'number' && kind === MANIFEST_KIND && folder === uri
  const { dumpBytes = null, fileBytes = 0 } = sizes
  if (
    !isOurs ||
    typeof uri !== 'string' ||
    toHostName(uri) !== uri ||
    typeof application !== 'string' ||
    (format === 2 && !isRecord(files)) ||
    !isSize(fileBytes) ||
    !(dumpBytes === null || isSize(dumpBytes))
  )
    throw notOurs('it has no manifest of ours')
  const options = isRecord(context) && isRecord(context['options']) ? context['options'] : {}
  const { url, application_facts: facts } = options
  return {
    format,
    uri,
    application,
    url: typeof url === 'string' ? url : null,
    facts: isRecord(facts) ? facts : {},
    dumpBytes,
    fileBytes,
    files: isRecord(files) ? new Map(Object.entries(files)) : null,
  }
}

const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0

function parseRecord(text: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

export const notOurs = (why: string): ProvisionError =>
  new ProvisionError('PROVISION_BAD_ARCHIVE', `This is no backup of a site: ${why}.`)
