import { constants, type Stats } from 'node:fs'
import { open, readdir, readFile, realpath, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'

/** Where the account's program puts what is served. All of it is the account's to write, so none of it is trusted. */
export interface DemoSites {
  /** `<home>/web/sites.d`: one JSON file a site. */
  listFolder: string
  /** `<home>/sites`: nothing outside is served. */
  sitesFolder: string
  /** Only files of this owner are read or served: a link leads to nothing that the account could not give away. */
  uid: number
}

const DemoSite = z.object({
  uri: z.string().min(1).max(253),
  root: z.string().min(1).max(4096),
  aliases: z.array(z.string().max(253)).max(200).default([]),
  /** One of its names, to which all others lead. */
  redirection: z
    .string()
    .regex(/^[a-z0-9.-]{1,253}$/)
    .nullable()
    .default(null),
  isEnabled: z.boolean().default(true),
})
export type DemoSite = z.infer<typeof DemoSite>

const MAX_LISTED = 2000
const MAX_LIST_BYTES = 64 * 1024

/** The site that answers to this host name (without port), or undefined. Read anew each time: it is the truth. */
export async function findSite(sites: DemoSites, host: string): Promise<DemoSite | undefined> {
  const name = host.toLowerCase().replace(/\.$/, '')
  if (!/^[a-z0-9.-]+$/.test(name) || name.includes('..')) return undefined
  const direct = [name, name.replace(/\.localhost$/, '')]
  for (const uri of new Set(direct)) {
    const site = await readSite(sites, `${uri}.json`)
    if (site !== undefined && isNamed(site.uri, name)) return site
  }
  return findByAlias(sites, name)
}

async function findByAlias(sites: DemoSites, name: string): Promise<DemoSite | undefined> {
  const files = await readdir(sites.listFolder).catch(() => [])
  let best: { site: DemoSite; length: number } | undefined
  for (const file of files.sort().slice(0, MAX_LISTED)) {
    const site = file.endsWith('.json') ? await readSite(sites, file) : undefined
    if (site?.aliases.some((alias) => isNamed(alias, name))) return site
    for (const { length } of site?.aliases.filter((alias) => isBelow(alias, name)) ?? [])
      if (site !== undefined && length > (best?.length ?? 0)) best = { site, length }
  }
  return best?.site
}

/** Whether `*.example.com` covers this host; as in nginx the name itself comes first, then the longest of these. */
const isBelow = (alias: string, host: string): boolean =>
  alias.startsWith('*.') && host.endsWith(toLocalName(alias.slice(1)))

/** `www.example.com` answers as `www.example.com.localhost`; a name that ends in `.localhost` answers as itself. */
const isNamed = (uri: string, host: string): boolean => host === toLocalName(uri)

const toLocalName = (uri: string): string =>
  uri === 'localhost' || uri.endsWith('.localhost') ? uri : `${uri}.localhost`

/** The name to which a request for `host` is led; undefined where the site itself answers. */
export function findRedirection({ redirection }: DemoSite, host: string): string | undefined {
  if (redirection === null || isNamed(redirection, host.toLowerCase().replace(/\.$/, '')))
    return undefined
  return toLocalName(redirection)
}

async function readSite(sites: DemoSites, name: string): Promise<DemoSite | undefined> {
  const file = await openOwned(path.join(sites.listFolder, name), sites.uid).catch(() => undefined)
  if (file === undefined) return undefined
  try {
    if (file.info.size > MAX_LIST_BYTES) return undefined
    const parsed = DemoSite.safeParse(JSON.parse(await readFile(file.handle, 'utf8')))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined // it is being written, or is none of ours
  } finally {
    await file.handle.close()
  }
}

export interface OpenFile {
  handle: FileHandle
  info: Stats
  /** Where it really lies. */
  file: string
}

/**
 * Opens what a path of the site names, for reading; undefined where there is nothing to serve. Hidden files, what lies
 * outside of the site's root (by `..` or by link) and what is not the account's own are nothing to serve.
 */
export async function openServed(
  sites: DemoSites,
  site: DemoSite,
  segments: readonly string[],
): Promise<OpenFile | 'folder' | undefined> {
  if (!segments.every(isServable)) return undefined
  try {
    const root = await realpath(site.root)
    if (!isInside(await realpath(sites.sitesFolder), root)) return undefined
    const file = await realpath(path.join(root, ...segments))
    if (file !== root && !isInside(root, file)) return undefined
    if (!path.relative(root, file).split(path.sep).every(isServable)) return undefined
    return await openOwned(file, sites.uid)
  } catch (error) {
    return isFolderError(error) ? 'folder' : undefined
  }
}

const isServable = (segment: string): boolean =>
  segment === '.well-known' || !(segment.startsWith('.') || /[/\\\0]/.test(segment))

const isInside = (folder: string, file: string): boolean => file.startsWith(`${folder}${path.sep}`)

class FolderError extends Error {}
const isFolderError = (error: unknown): boolean => error instanceof FolderError

/** The owner is asked of what was opened, not of the path: no exchange in between can matter. */
async function openOwned(file: string, uid: number): Promise<OpenFile> {
  // Without NONBLOCK, opening a pipe would wait for its writer for ever.
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const info = await handle.stat()
    if (info.isDirectory()) throw new FolderError(file)
    if (!info.isFile() || info.uid !== uid) throw new Error(`${file} is not a file of the account`)
    return { handle, info, file }
  } catch (error) {
    await handle.close()
    throw error
  }
}
