import { AppError } from '#shared/errors.ts'
import type { Secret } from '../lib/secret.ts'
import { packDesk, unpackDesk } from './desk-export.ts'
import { importDesk, type ImportOutcome, type ImportParts } from './desk-import.ts'
import { openFile, sealFile } from './sealed-file.ts'

const CHUNK_BYTES = 1024 * 1024
/** An uploaded file lies in memory until it is imported. */
const MAX_UPLOAD_BYTES = 1024 * 1024 * 1024

/** Export and import of everything, in pieces that any way to a page can carry. */
export class Transfer {
  readonly #parts: ImportParts & {
    application: string
    newId: () => string
    onImported: () => void
  }
  /** One at a time: a second one takes the place of the first. */
  #upload: { id: string; pieces: Buffer[]; bytes: number } | undefined

  constructor(
    parts: ImportParts & { application: string; newId: () => string; onImported: () => void },
  ) {
    this.#parts = parts
  }

  /** The sealed file, piece by piece; `secretsLeft` counts secrets that cannot be read here and are not in it. */
  async *export(passphrase: Secret): AsyncGenerator<{ bytes: Buffer; secretsLeft: number }> {
    const { store, secretBox, now, application } = this.#parts
    const { content, left } = await packDesk(store, secretBox, { now: now(), application })
    const file = await sealFile(content, passphrase)
    for (let at = 0; at < file.length; at += CHUNK_BYTES)
      yield { bytes: file.subarray(at, at + CHUNK_BYTES), secretsLeft: left }
  }

  /** Takes the next piece of a file; without an id the first one of another. */
  upload(id: string | null, piece: Buffer): string {
    if (id === null) this.#upload = { id: this.#parts.newId(), pieces: [], bytes: 0 }
    const upload = this.#upload
    if (upload === undefined || (id !== null && upload.id !== id)) throw goneUpload()
    upload.bytes += piece.length
    if (upload.bytes > MAX_UPLOAD_BYTES) {
      this.#upload = undefined
      throw new AppError('export.unreadable', 'This file is larger than any export.')
    }
    upload.pieces.push(piece)
    return upload.id
  }

  /** Imports what was uploaded. It stays until it was imported, so that a mistyped passphrase costs nothing. */
  async import(
    id: string,
    passphrase: Secret,
    options: { isReplacing: boolean },
  ): Promise<ImportOutcome> {
    const upload = this.#upload
    if (upload?.id !== id) throw goneUpload()
    const content = await openFile(Buffer.concat(upload.pieces), passphrase)
    const outcome = await importDesk(this.#parts, unpackDesk(content), options)
    this.#upload = undefined
    this.#parts.onImported()
    return outcome
  }
}

const goneUpload = (): AppError =>
  new AppError('export.unreadable', 'This file is no longer at hand. Choose it again.')
