import path from 'node:path'
import { ensureFolder, remove, setMode, writeAtomically } from '../../system/files.ts'
import { ask } from '../../system/net.ts'
import { findAddresses, isOwnAddress } from '../../system/resolve.ts'
import { uniqueName } from '../../system/unique.ts'

const CHALLENGE_PATH = '/.well-known/acme-challenge'

/** An authority asks on this port, whatever the site's own is. */
const AUTHORITY_PORT = 80

/**
 * Why an authority would not find this server under a name; undefined where it should. Each address of the name must be
 * this machine's own, or lead here (as behind a router): then a file that we lay out answers there.
 */
export async function findUnreachable(
  name: string,
  { challenges, signal }: { challenges: string; signal: AbortSignal },
): Promise<string | undefined> {
  const addresses = await findAddresses(name)
  if (addresses.length === 0) return `${name} has no address: it does not resolve`
  const foreign = addresses.filter((address) => !isOwnAddress(address)).slice(0, 8)
  if (foreign.length === 0) return undefined
  const token = `desk-${uniqueName()}`
  const file = path.join(challenges, CHALLENGE_PATH, token)
  await ensureFolder(path.dirname(file), 0o755)
  try {
    await writeAtomically(file, token)
    await setMode(file, 0o644)
    const isHere = await Promise.all(
      foreign.map((address) => leadsHere(name, address, token, signal)),
    )
    const elsewhere = foreign.filter((_, index) => isHere[index] === false)
    return elsewhere.length === 0
      ? undefined
      : `${name} resolves to ${elsewhere.join(', ')}, where port ${AUTHORITY_PORT} does not lead to this server`
  } finally {
    await remove(file)
  }
}

async function leadsHere(
  host: string,
  address: string,
  token: string,
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await ask({
    address,
    host,
    port: AUTHORITY_PORT,
    target: `${CHALLENGE_PATH}/${token}`,
    maxBodyBytes: 256,
    timeoutMs: 8000,
    signal,
  })
  return answer?.status === 200 && answer.body.includes(token)
}
