import type { ImportOutcome } from '#shared/contract/data.ts'
import { saveBlob } from '../lib/save-blob.ts'
import { rpc } from '../rpc/client.ts'

const CHUNK_BYTES = 1024 * 1024

/** Everything as one encrypted file among the person's downloads. Returns how many secrets are not in it. */
export async function exportDesk(passphrase: string): Promise<number> {
  const pieces: Blob[] = []
  let left = 0
  for await (const { base64, secretsLeft } of await rpc.data.export({ passphrase })) {
    pieces.push(new Blob([toBytes(base64)]))
    left = secretsLeft
  }
  const day = new Date().toISOString().slice(0, 10)
  saveBlob(new Blob(pieces), `hosting-desk-${day}.export`)
  return left
}

/** Hands a file over for an import; what is returned names it. */
export async function uploadExport(file: File): Promise<string> {
  let id: string | null = null
  for (let at = 0; at < file.size || id === null; at += CHUNK_BYTES) {
    const bytes = new Uint8Array(await file.slice(at, at + CHUNK_BYTES).arrayBuffer())
    id = (await rpc.data.upload({ id, base64: toBase64(bytes) })).id
  }
  return id
}

export const importDesk = (
  id: string,
  passphrase: string,
  isReplacing: boolean,
): Promise<ImportOutcome> => rpc.data.import({ id, passphrase, isReplacing })

const toBytes = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))

function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}
