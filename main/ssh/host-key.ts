import { createHash } from 'node:crypto'
import type { HostKey } from '#shared/contract/backend.ts'
import type { AppError } from '#shared/errors.ts'
import { sshError } from './ssh-error.ts'

/** A public key of a host: its type (`ssh-ed25519`) and its wire form in base64. */
export interface PublicKey {
  type: string
  key: string
}

/** What is known of a host before it shows its key. `own` is our own list, the others come from known_hosts. */
export interface KnownKeys {
  own: readonly PublicKey[]
  known: readonly PublicKey[]
  revoked: readonly PublicKey[]
}

export type HostKeyVerdict = 'known' | 'unknown' | 'changed' | 'revoked'

/** Our own list wins over known_hosts; a key that is revoked there stays revoked. */
export function judgeHostKey(shown: PublicKey, { own, known, revoked }: KnownKeys): HostKeyVerdict {
  const isShown = ({ key }: PublicKey): boolean => key === shown.key
  if (revoked.some(isShown)) return 'revoked'
  const trusted = own.length > 0 ? own : known
  if (trusted.length === 0) return 'unknown'
  return trusted.some(isShown) ? 'known' : 'changed'
}

const ALGORITHMS: readonly { type: string; algorithms: readonly HostKeyAlgorithm[] }[] = [
  { type: 'ssh-ed25519', algorithms: ['ssh-ed25519'] },
  { type: 'ecdsa-sha2-nistp256', algorithms: ['ecdsa-sha2-nistp256'] },
  { type: 'ecdsa-sha2-nistp384', algorithms: ['ecdsa-sha2-nistp384'] },
  { type: 'ecdsa-sha2-nistp521', algorithms: ['ecdsa-sha2-nistp521'] },
  { type: 'ssh-rsa', algorithms: ['rsa-sha2-512', 'rsa-sha2-256'] },
]
type HostKeyAlgorithm =
  | 'ssh-ed25519'
  | 'ecdsa-sha2-nistp256'
  | 'ecdsa-sha2-nistp384'
  | 'ecdsa-sha2-nistp521'
  | 'rsa-sha2-512'
  | 'rsa-sha2-256'

/** Types that are known for the host come first, so that a host with several keys shows the one we know. */
export function preferredAlgorithms({ own, known }: KnownKeys): HostKeyAlgorithm[] {
  const types = new Set((own.length > 0 ? own : known).map(({ type }) => type))
  const isKnown = ({ type }: { type: string }): boolean => types.has(type)
  return [...ALGORITHMS.filter(isKnown), ...ALGORITHMS.filter((one) => !isKnown(one))].flatMap(
    ({ algorithms }) => algorithms,
  )
}

/** The wire form names its own type in front. */
export function toPublicKey(wire: Buffer): PublicKey {
  const length = wire.length >= 4 ? wire.readUInt32BE(0) : 0
  const type = wire.subarray(4, 4 + Math.min(length, 64)).toString('latin1')
  return { type: type.replace(/[^\x21-\x7e]/g, ''), key: wire.toString('base64') }
}

export function toHostKey(host: string, port: number, { type, key }: PublicKey): HostKey {
  const digest = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64')
  return { host, port, type, key, fingerprint: `SHA256:${digest.replace(/=+$/, '')}` }
}

/** Why a key that is not known stops the connection. `data` holds what was shown and what was known. */
export function hostKeyError(
  verdict: Exclude<HostKeyVerdict, 'known'>,
  shown: HostKey,
  known: readonly HostKey[],
): AppError {
  const where = shown.port === 22 ? shown.host : `${shown.host}, port ${shown.port}`
  const [what, remedy] = {
    unknown: [
      `${where} is not known yet`,
      `Compare its fingerprint ${shown.fingerprint} with the server's own, then accept it.`,
    ],
    changed: [
      `${where} shows a key that we do not know (${shown.fingerprint})`,
      'Either the server was set up anew or somebody is in between: nothing is sent to it until you have settled which.',
    ],
    revoked: [
      `${where} shows a key that known_hosts marks as revoked`,
      'Do not use it: give the server a new host key.',
    ],
  }[verdict] as [string, string]
  const codes = {
    unknown: 'ssh.host-key-unknown',
    changed: 'ssh.host-key-changed',
    revoked: 'ssh.host-key-revoked',
  } as const
  return sshError(codes[verdict], what, remedy, { data: { shown, known } })
}
