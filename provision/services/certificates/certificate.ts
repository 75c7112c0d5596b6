import { ProvisionError } from '../../system/provision-error.ts'

/** A certificate with what follows it up to a root, and its private key: both as PEM. */
export interface KeyPair {
  chain: string
  key: string
}

/** What a certificate says of itself. */
export interface CertificateFacts {
  /** Host names in lower case; a wildcard as `*.example.com`. */
  names: readonly string[]
  startsAt: number
  expiresAt: number
  /** Who made it, for people: the organisation where it is named. */
  issuer: string
  isSelfSigned: boolean
}

const BLOCK = /-----BEGIN ([A-Z ]+)-----[A-Za-z0-9+/=\s]+-----END \1-----/g

/**
 * Reads a certificate and checks that the key is its own. Throws PROVISION_BAD_CERTIFICATE, which says what is wrong;
 * whether it is still valid and for which names the caller decides.
 */
export async function readPair({ chain, key }: KeyPair): Promise<CertificateFacts> {
  const { X509Certificate, createPrivateKey } = await import('node:crypto')
  const certificate = orBad('the certificate does not read', () => new X509Certificate(chain))
  const privateKey = orBad('the key does not read, or wants a passphrase', () =>
    createPrivateKey(key),
  )
  if (!certificate.checkPrivateKey(privateKey))
    throw badCertificate(
      'the key is another certificate’s (the site’s own certificate must come first in its file)',
    )
  const facts: CertificateFacts = {
    names: namesIn(certificate.subjectAltName ?? ''),
    startsAt: Date.parse(certificate.validFrom),
    expiresAt: Date.parse(certificate.validTo),
    issuer: toIssuer(certificate.issuer),
    isSelfSigned: certificate.issuer === certificate.subject,
  }
  if (Number.isNaN(facts.startsAt) || Number.isNaN(facts.expiresAt))
    throw badCertificate('its dates do not read')
  return facts
}

/** The names of `wanted` that a certificate does not stand for. */
export function findUncovered(
  { names }: Pick<CertificateFacts, 'names'>,
  wanted: readonly string[],
): string[] {
  const covered = new Set(names)
  return wanted.filter((name) => !covered.has(name) && !covered.has(name.replace(/^[^.]+/, '*')))
}

/** The one file that nginx reads both from: the certificate, what follows it, and the key. */
export const renderPair = (source: string, { chain, key }: KeyPair): string =>
  [`# ${source}`, ...blocksOf(chain, 'CERTIFICATE'), ...blocksOf(key, 'KEY'), ''].join('\n')

/** The parts of a file of ours, and where its certificate came from; undefined where it is none. */
export function parsePair(text: string): (KeyPair & { source: string }) | undefined {
  const [, source] = /^# (.+)\n/.exec(text) ?? []
  const chain = blocksOf(text, 'CERTIFICATE').join('\n')
  const [key] = blocksOf(text, 'KEY')
  return source === undefined || chain === '' || key === undefined
    ? undefined
    : { source, chain, key }
}

const blocksOf = (text: string, kind: 'CERTIFICATE' | 'KEY'): string[] =>
  [...text.matchAll(BLOCK)]
    .filter(([, label]) => (kind === 'KEY' ? label?.endsWith('PRIVATE KEY') : label === kind))
    .map(([block]) => block)

function namesIn(subjectAltName: string): string[] {
  return subjectAltName
    .split(', ')
    .flatMap((part) => /^DNS:([a-z0-9*._-]+)$/i.exec(part)?.[1]?.toLowerCase() ?? [])
}

/** One line, cleaned: an issuer's name is whatever its maker liked. */
function toIssuer(text: string): string {
  const fact = (key: string): string | undefined => new RegExp(`^${key}=(.+)$`, 'm').exec(text)?.[1]
  const said = fact('O') ?? fact('CN') ?? ''
  return said.replace(/[^\p{L}\p{N}\p{P} ]/gu, '').slice(0, 120) || 'unknown'
}

function orBad<Result>(why: string, make: () => Result): Result {
  try {
    return make()
  } catch (cause) {
    throw badCertificate(why, cause)
  }
}

export const badCertificate = (why: string, cause?: unknown): ProvisionError =>
  new ProvisionError('PROVISION_BAD_CERTIFICATE', `The certificate cannot be used: ${why}.`, {
    cause,
  })
