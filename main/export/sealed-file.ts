import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { gunzip, gzip } from 'node:zlib'
import { promisify } from 'node:util'
import { z } from 'zod'
import { AppError } from '#shared/errors.ts'
import type { Secret } from '../lib/secret.ts'

/**
 * The file of an export, as docs/store.md describes it: one line of JSON that says how it was sealed, then the sealed
 * content, then the tag of AES-256-GCM, which covers the line too. Without the passphrase nothing in it can be read, and
 * nothing can be changed unseen.
 */
const FORMAT = 'hosting-desk-export'
const MAGIC = Buffer.from(`{"format":"${FORMAT}"`)
const TAG_BYTES = 16
/** 64 MB of memory and some tenths of a second for each guess. */
const COST = { N: 65_536, r: 8, p: 1 }
/** What a file may ask for: enough for later versions, not enough to fill this computer. */
const MAX_MEMORY = 512 * 1024 * 1024

const Head = z.object({
  format: z.literal(FORMAT),
  version: z.number().int().min(1),
  cipher: z.literal('aes-256-gcm'),
  kdf: z.object({
    name: z.literal('scrypt'),
    N: z.number().int().min(1024).max(4_194_304),
    r: z.number().int().min(1).max(32),
    p: z.number().int().min(1).max(16),
    salt: z.base64(),
  }),
  iv: z.base64(),
})
type Head = z.infer<typeof Head>
const VERSION = 1

export async function sealFile(content: Uint8Array, passphrase: Secret): Promise<Buffer> {
  const salt = randomBytes(16)
  const iv = randomBytes(12)
  const head: Head = {
    format: FORMAT,
    version: VERSION,
    cipher: 'aes-256-gcm',
    kdf: { name: 'scrypt', ...COST, salt: salt.toString('base64') },
    iv: iv.toString('base64'),
  }
  const line = Buffer.from(`${JSON.stringify(head)}\n`)
  const cipher = createCipheriv('aes-256-gcm', await deriveKey(passphrase, head), iv)
  cipher.setAAD(line)
  const packed = await promisify(gzip)(content)
  return Buffer.concat([line, cipher.update(packed), cipher.final(), cipher.getAuthTag()])
}

/** Throws `export.unreadable` for what is no export, and `export.wrong-passphrase` where it does not open. */
export async function openFile(file: Buffer, passphrase: Secret): Promise<Buffer> {
  const end = file.indexOf(10)
  const head = parseHead(file, end)
  const line = file.subarray(0, end + 1)
  const sealed = file.subarray(end + 1, file.length - TAG_BYTES)
  const key = await deriveKey(passphrase, head)
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(head.iv, 'base64'))
  decipher.setAAD(line)
  decipher.setAuthTag(file.subarray(file.length - TAG_BYTES))
  try {
    return await promisify(gunzip)(Buffer.concat([decipher.update(sealed), decipher.final()]))
  } catch (cause) {
    throw new AppError(
      'export.wrong-passphrase',
      'This passphrase does not open the file, or the file is damaged.',
      { cause },
    )
  }
}

function parseHead(file: Buffer, end: number): Head {
  const isOurs = file.subarray(0, MAGIC.length).equals(MAGIC) && end > 0 && end < 4096
  if (!isOurs || file.length < end + 1 + TAG_BYTES)
    throw new AppError('export.unreadable', 'This file is no export of Hosting Desk.')
  let head: unknown
  try {
    head = JSON.parse(file.toString('utf8', 0, end))
  } catch (cause) {
    throw new AppError('export.unreadable', 'This export is damaged.', { cause })
  }
  const { version } = z.object({ version: z.number().catch(0) }).parse(head)
  if (version > VERSION)
    throw new AppError('store.newer-format', 'This file was exported by a newer Hosting Desk.')
  const parsed = Head.safeParse(head)
  if (parsed.success) return parsed.data
  throw new AppError('export.unreadable', 'This export is damaged.', { cause: parsed.error })
}

/** A cost that no version of ours wrote is refused by Node at once, or for the memory that it asks for. */
async function deriveKey(passphrase: Secret, { kdf: { salt, N, r, p } }: Head): Promise<Buffer> {
  const text = passphrase.reveal().normalize('NFC')
  const options = { N, r, p, maxmem: MAX_MEMORY }
  try {
    return await new Promise<Buffer>((resolve, reject) =>
      scrypt(text, Buffer.from(salt, 'base64'), 32, options, (error, key) => {
        if (error === null) resolve(key)
        else reject(error)
      }),
    )
  } catch (cause) {
    throw new AppError('export.unreadable', 'This export is damaged.', { cause })
  }
}
