import type { BackendAddress } from '#shared/domain/objects.ts'
import { ConnectionPool, type PoolParts } from '../../main/ssh/pool.ts'
import {
  openConnection,
  type OpenConnection,
  type OpenParts,
} from '../../main/ssh/open-connection.ts'
import type { RunEvent } from '../../main/ssh/run.ts'
import { ensureSandboxAccount, type SandboxAccount, type Sshd } from './sshd.ts'

export const sandboxAddress = (
  { port }: Pick<Sshd, 'port'>,
  { user, keyFile }: SandboxAccount = ensureSandboxAccount(),
): BackendAddress => ({ host: '127.0.0.1', port, user, login: { method: 'key', keyFile } })

/** What opens a connection to a test's server, its host key accepted; `changed` wins. */
export const openParts = (
  sshd: Pick<Sshd, 'port' | 'hostKey'>,
  changed: Partial<OpenParts> = {},
): OpenParts => ({
  address: sandboxAddress(sshd),
  secrets: {},
  ownKeys: () => [sshd.hostKey],
  sshFolder: '/nowhere/.ssh',
  now: Date.now,
  ...changed,
})

export const openTo = (
  sshd: Pick<Sshd, 'port' | 'hostKey'>,
  changed: Partial<OpenParts> = {},
): Promise<OpenConnection> => openConnection(openParts(sshd, changed))

/** A pool whose every backend is the sandbox account; the caller closes it. */
export const poolTo = (
  sshd: Pick<Sshd, 'port' | 'hostKey'>,
  changed: Partial<PoolParts> = {},
): ConnectionPool =>
  new ConnectionPool({
    address: () => sandboxAddress(sshd),
    secrets: () => ({}),
    ownKeys: () => [sshd.hostKey],
    sshFolder: '/nowhere/.ssh',
    now: Date.now,
    ...changed,
  })

export async function collectEvents(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const all: RunEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

/** What a stage printed, as the events say; a gap or an overlap between them is an error. */
export function textOf(
  events: readonly RunEvent[],
  stage = 0,
  stream: 'out' | 'err' = 'out',
): string {
  let end: number | undefined
  const parts = events.flatMap((event) => {
    if (event.event !== 'data' || event.stage !== stage || event.stream !== stream) return []
    if (end !== undefined && event.offset !== end)
      throw new Error(`Bytes from ${event.offset} follow bytes up to ${end}`)
    end = event.offset + event.bytes.length
    return [event.bytes]
  })
  return Buffer.concat(parts).toString('utf8')
}

/** Collects errors by code: what a promise was refused with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code)
    throw error
  }
  throw new Error('It was expected to fail')
}
