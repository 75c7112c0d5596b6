import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import ssh2, { type ParsedKey } from 'ssh2'
import { writeFileWhole } from './state-file.ts'

export interface DemoKey {
  /** The private key's file, 0600. */
  file: string
  text: string
  parsed: ParsedKey
  /** The public key in its wire form. */
  publicKey: Buffer
}

/** The wire form of an ed25519 public key: two lengths, the name, 32 bytes. */
const ED25519_BYTES = 4 + 'ssh-ed25519'.length + 4 + 32

/** The key of this name in the folder; made on first use, and anew where the file does not hold one. */
export async function ensureKey(folder: string, name: string): Promise<DemoKey> {
  const file = path.join(folder, name)
  const stored = await readFile(file, 'utf8').catch(() => '')
  const found = parseKey(file, stored)
  if (found !== undefined) return found
  const made = makeKey(file, name)
  await writeFileWhole(file, made.text)
  return made
}

function parseKey(file: string, text: string): DemoKey | undefined {
  const parsed = ssh2.utils.parseKey(text)
  if (parsed instanceof Error || !parsed.isPrivateKey()) return undefined
  const publicKey = parsed.getPublicSSH()
  return publicKey.length === ED25519_BYTES ? { file, text, parsed, publicKey } : undefined
}

function makeKey(file: string, comment: string): DemoKey {
  // ssh2 drops leading zero bytes of the public half, which spoils one key in 256; the length tells.
  for (let tries = 0; tries < 20; tries += 1) {
    const { private: text } = ssh2.utils.generateKeyPairSync('ed25519', { comment })
    const key = parseKey(file, text)
    if (key !== undefined) return key
  }
  throw new Error('No usable ed25519 key came of twenty tries')
}

/** As OpenSSH writes it. */
export const fingerprintOf = (publicKey: Buffer): string =>
  `SHA256:${createHash('sha256').update(publicKey).digest('base64').replace(/=+$/, '')}`
