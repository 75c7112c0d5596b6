import { open } from 'node:fs/promises'
import { cancelled, ProvisionError } from './provision-error.ts'

export type HashName = 'sha1' | 'sha256' | 'sha512'

export interface Checksum {
  hash: HashName
  hex: string
}

/** How long nothing may come. */
const SILENCE_MS = 60_000

/**
 * Fetches an address into a file that is not there yet, while it is no longer than `maxBytes`, and compares what came
 * with its checksum. What is then in the file where it fails is the caller's to remove. Throws PROVISION_DOWNLOAD_FAILED,
 * PROVISION_NO_SPACE, PROVISION_CHECKSUM.
 */
export async function download(
  address: string,
  file: string,
  { checksum, maxBytes, signal }: { checksum: Checksum; maxBytes: number; signal: AbortSignal },
): Promise<void> {
  const { createHash } = await import('node:crypto')
  let isSilent = false
  const stop = new AbortController()
  const stopNow = (): void => stop.abort()
  const timer = setTimeout(() => {
    isSilent = true
    stopNow()
  }, SILENCE_MS)
  signal.addEventListener('abort', stopNow, { once: true })
  const hash = createHash(checksum.hash)
  let bytes = 0
  const handle = await open(file, 'wx', 0o600)
  try {
    for await (const part of await request(address, stop.signal)) {
      timer.refresh()
      bytes += part.length
      if (bytes > maxBytes) throw tooLarge(address, maxBytes)
      hash.update(part)
      await handle.writeFile(part)
    }
  } catch (error) {
    if (signal.aborted) throw cancelled()
    if (isSilent) throw failed(address, 'nothing came for a minute', error)
    throw error instanceof ProvisionError || !isNetwork(error)
      ? error
      : failed(address, reasonOf(error), error)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stopNow)
    await handle.close()
  }
  const found = hash.digest('hex')
  if (found !== checksum.hex.toLowerCase())
    throw new ProvisionError(
      'PROVISION_CHECKSUM',
      `What came from ${address} is not what was expected: its ${checksum.hash} is ${found}.`,
    )
}

async function request(address: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const response = await fetch(address, { signal, redirect: 'follow' })
  if (!response.ok || response.body === null)
    throw failed(address, `the server answers with ${response.status}`)
  return response.body
}

/** What fetch and its streams throw where the network fails, as against a disk. */
const isNetwork = (error: unknown): boolean => error instanceof TypeError

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && cause.message !== '' ? cause.message : String(error)
}

const failed = (address: string, why: string, cause?: unknown): ProvisionError =>
  new ProvisionError('PROVISION_DOWNLOAD_FAILED', `${address} could not be fetched: ${why}.`, {
    cause,
  })

const tooLarge = (address: string, maxBytes: number): ProvisionError =>
  new ProvisionError(
    'PROVISION_NO_SPACE',
    `What ${address} sends does not fit: more than the ${maxBytes} bytes that are free.`,
  )
