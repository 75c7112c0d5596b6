import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { HostKey } from '#shared/contract/backend.ts'
import { toHostKey, type PublicKey } from './host-key.ts'

export interface HostAndPort {
  host: string
  port: number
}

/** One line of a known_hosts file. `@cert-authority` lines are left out: certificates are not read. */
export interface KnownHost extends PublicKey {
  /** Comma-separated patterns, or one hashed name. */
  names: string
  isRevoked: boolean
}

const SYSTEM_FILE = '/etc/ssh/ssh_known_hosts'
const MARKERS = /^(?:(@revoked|@cert-authority)[ \t]+)?(\S+)[ \t]+(\S+)[ \t]+([A-Za-z0-9+/]+=*)/

/** The operator's list and the machine's, as OpenSSH reads them; never written. A file that is not there is empty. */
export async function readKnownHosts(sshFolder: string): Promise<KnownHost[]> {
  const files = [
    path.join(sshFolder, 'known_hosts'),
    path.join(sshFolder, 'known_hosts2'),
    SYSTEM_FILE,
  ]
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')))
  return texts.flatMap(parseKnownHosts)
}

/** The keys by which the files let in these hosts, each once. */
export async function knownHostKeys(
  sshFolder: string,
  hosts: readonly HostAndPort[],
): Promise<HostKey[]> {
  const lines = await readKnownHosts(sshFolder)
  const keys = hosts.flatMap(({ host, port }) =>
    findKnownKeys(lines, host, port).known.map((key) => toHostKey(host, port, key)),
  )
  const nameOf = ({ host, port, key }: HostKey): string => `${host} ${port} ${key}`
  return [...new Map(keys.map((key) => [nameOf(key), key])).values()]
}

/** A line that cannot be read is left out, as OpenSSH does. */
export function parseKnownHosts(text: string): KnownHost[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, marker, names, type, key] = MARKERS.exec(line.trim()) ?? []
    if (names === undefined || type === undefined || key === undefined) return []
    if (names.startsWith('#') || marker === '@cert-authority') return []
    return [{ names, type, key, isRevoked: marker === '@revoked' }]
  })
}

/** What the lines say of a host at a port. */
export function findKnownKeys(
  lines: readonly KnownHost[],
  host: string,
  port: number,
): { known: PublicKey[]; revoked: PublicKey[] } {
  const name = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`
  const matching = lines.filter(({ names }) => matchesNames(names, name))
  const keysOf = (isRevoked: boolean): PublicKey[] =>
    matching.filter((line) => line.isRevoked === isRevoked).map(({ type, key }) => ({ type, key }))
  return { known: keysOf(false), revoked: keysOf(true) }
}

function matchesNames(names: string, name: string): boolean {
  if (names.startsWith('|')) return matchesHash(names, name)
  const patterns = names.toLowerCase().split(',')
  const isRefused = patterns.some(
    (pattern) => pattern.startsWith('!') && matchesPattern(pattern.slice(1), name),
  )
  return !isRefused && patterns.some((pattern) => matchesPattern(pattern, name))
}

/** `|1|salt|HMAC-SHA1 of the name`, both in base64. */
function matchesHash(hashed: string, name: string): boolean {
  const [, version, salt = '', hash] = hashed.split('|')
  if (version !== '1') return false
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
}

/** `*` and `?` as in a shell's file names; a star goes back at most once a star, so no pattern takes long. */
export function matchesPattern(pattern: string, name: string): boolean {
  let at = 0
  let star = -1
  let from = 0
  let p = 0
  while (at < name.length) {
    if (
      p < pattern.length &&
      (pattern[p] === '?' || pattern[p] === name[at]) &&
      pattern[p] !== '*'
    ) {
      p++
      at++
    } else if (pattern[p] === '*') {
      star = p++
      from = at
    } else if (star >= 0) {
      p = star + 1
      at = ++from
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
