import { createHash } from 'node:crypto'

/** The fingerprint of a public key (base64 of its wire form) as OpenSSH prints it. */
export const keyFingerprint = (key: string): string =>
  `SHA256:${createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '')}`
