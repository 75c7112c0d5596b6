import type { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import type { Client } from 'ssh2'
import type { HostKey } from '#shared/contract/backend.ts'
import type { BackendAddress } from '#shared/domain/objects.ts'
import type { Connection, FarSide } from './connection.ts'
import { loadCredentials, loadJumpCredentials, type LoginSecrets } from './credentials.ts'
import { dial, resolveHost } from './dial.ts'
import { connectionLost, ExecChannels } from './exec-channels.ts'
import { parseFarSide, WHO_SCRIPT } from './far-side.ts'
import { handshake } from './handshake.ts'
import type { HostKeyVerdict, KnownKeys, PublicKey } from './host-key.ts'
import { findKnownKeys, readKnownHosts, type KnownHost } from './known-hosts.ts'
import { findRoute, type Jump, type Route } from './route.ts'
import { RemoteRuns } from './remote-runs.ts'
import { sshError } from './ssh-error.ts'
import { readSshConfig } from './ssh-config.ts'

export interface OpenParts {
  address: BackendAddress
  secrets: LoginSecrets
  /** The keys that the operator has accepted for a host; they win over known_hosts. */
  ownKeys: (host: string, port: number) => readonly PublicKey[]
  /** The operator's `~/.ssh`. */
  sshFolder: string
  now: () => number
  timeoutMs?: number
  signal?: AbortSignal | undefined
}

/** Told as each stage of opening ends, so that a check can show them; all optional. */
export interface OpenWatcher {
  resolved?(addresses: readonly string[], route: Route): void
  connected?(latencyMs: number): void
  hostKey?(shown: HostKey, verdict: HostKeyVerdict): void
  authenticated?(): void
}

export interface OpenConnection extends Connection {
  /** The time of one round trip, as the opening of the socket took it. */
  readonly latencyMs: number
  readonly channels: ExecChannels
  /** When bytes last came from the far side (epoch ms). */
  seenAt(): number
  /** A run is followed, or a command is under way. */
  isBusy(): boolean
  close(): void
}

const TIMEOUT_MS = 20_000
const WHO_TIMEOUT_MS = 30_000

/**
 * Opens a connection: host key first, then the login, then the question who we are there; root is refused. The caller
 * closes it. Nothing is stored, and nothing is retried.
 */
export async function openConnection(
  parts: OpenParts,
  watcher: OpenWatcher = {},
): Promise<OpenConnection> {
  const { client, way, host } = await logIn(parts, watcher)
  try {
    return await build(client, way, host, parts)
  } catch (error) {
    endWay(way)
    throw error
  }
}

/** What a login has made; `endWay` lets go of it, once the client was ended. */
export interface LoggedIn {
  client: Client
  way: Way
  host: string
}

/** Host key first, then the login; who we are there is not asked yet. */
export async function logIn(parts: OpenParts, watcher: OpenWatcher = {}): Promise<LoggedIn> {
  const { address, secrets, signal } = parts
  const route = findRoute(await readSshConfig(parts.sshFolder), address)
  const knownHosts = await readKnownHosts(parts.sshFolder)
  const way = await openWay(parts, route, knownHosts, watcher)
  try {
    const client = await handshake({
      ...way,
      host: route.host,
      port: route.port,
      user: address.user,
      credentials: () => loadCredentials(address, secrets),
      knownKeys: knownKeysOf(parts, knownHosts, route),
      onHostKey: watcher.hostKey?.bind(watcher),
      timeoutMs: parts.timeoutMs ?? TIMEOUT_MS,
      signal,
    })
    watcher.authenticated?.()
    return { client, way, host: route.host }
  } catch (error) {
    endWay(way)
    throw error
  }
}

export function endWay({ socket, jumps }: Way): void {
  socket.destroy()
  for (const jump of jumps) jump.end()
}

interface Way {
  socket: Socket | Duplex
  latencyMs: number
  /** The clients of jump hosts, which end with the connection. */
  jumps: Client[]
}

async function openWay(
  parts: OpenParts,
  route: Route,
  knownHosts: readonly KnownHost[],
  watcher: OpenWatcher,
): Promise<Way> {
  const first = route.jumps[0] ?? route
  const options = { timeoutMs: parts.timeoutMs ?? TIMEOUT_MS, signal: parts.signal }
  const addresses = await resolveHost(first.host)
  watcher.resolved?.(addresses, route)
  const { socket, latencyMs } = await dial(first.host, first.port, addresses, options)
  // Until a client takes it over, an error of the socket must end nothing but the socket.
  socket.on('error', () => {})
  const way: Way = { socket, latencyMs, jumps: [] }
  try {
    for (const [at, jump] of route.jumps.entries())
      await passJump(parts, way, jump, route.jumps[at + 1] ?? route, knownHosts)
  } catch (error) {
    endWay(way)
    throw error
  }
  watcher.connected?.(way.latencyMs)
  return way
}

/** Logs in to a jump host and goes on from there; its host key is checked like any other. */
async function passJump(
  parts: OpenParts,
  way: Way,
  jump: Jump,
  next: { host: string; port: number },
  knownHosts: readonly KnownHost[],
): Promise<void> {
  const client = await handshake({
    socket: way.socket,
    host: jump.host,
    port: jump.port,
    user: jump.user,
    credentials: () => loadJumpCredentials(jump, parts.address.login, parts.secrets),
    knownKeys: knownKeysOf(parts, knownHosts, jump),
    timeoutMs: parts.timeoutMs ?? TIMEOUT_MS,
    signal: parts.signal,
  })
  way.jumps.push(client)
  const startedAt = performance.now()
  way.socket = await forward(client, jump, next)
  way.latencyMs += performance.now() - startedAt
}

function forward(
  client: Client,
  jump: Jump,
  next: { host: string; port: number },
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    client.once('close', () => reject(connectionLost(jump.host)))
    client.forwardOut('127.0.0.1', 0, next.host, next.port, (error, channel) => {
      if (error === undefined) return resolve(channel)
      reject(
        sshError(
          'ssh.unreachable',
          `The jump host ${jump.host} cannot reach ${next.host}`,
          'Check the address, and whether the jump host may forward (AllowTcpForwarding).',
          {
            cause: error,
          },
        ),
      )
    })
  })
}

function knownKeysOf(
  { ownKeys }: OpenParts,
  knownHosts: readonly KnownHost[],
  { host, port }: { host: string; port: number },
): KnownKeys {
  return { own: ownKeys(host, port), ...findKnownKeys(knownHosts, host, port) }
}

async function build(
  client: Client,
  { socket, latencyMs, jumps }: Way,
  host: string,
  { now, signal }: OpenParts,
): Promise<OpenConnection> {
  let seenAt = now()
  socket.on('data', () => (seenAt = now()))
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  const close = (): void => {
    client.end()
    // A far side that is gone does not answer the goodbye.
    socket.destroy()
  }
  void closed.then(() => jumps.forEach((jump) => jump.end()))
  const channels = new ExecChannels(client, host)
  try {
    let far = await askFarSide(channels, host, now, signal)
    const askAgain = async (): Promise<void> => {
      far = await askFarSide(channels, host, now, undefined)
    }
    const runs = new RemoteRuns({ channels, host })
    const exec = channels.exec.bind(channels)
    const isBusy = (): boolean => runs.isBusy || channels.load.open > runs.openChannels
    return {
      get far() {
        return far
      },
      askAgain,
      runs,
      exec,
      closed,
      latencyMs,
      channels,
      close,
      isBusy,
      seenAt: () => seenAt,
    }
  } catch (error) {
    close()
    throw error
  }
}

async function askFarSide(
  channels: ExecChannels,
  host: string,
  now: () => number,
  signal: AbortSignal | undefined,
): Promise<FarSide> {
  const askedAt = now()
  const { stdout } = await channels.exec(
    { argv: [], script: WHO_SCRIPT },
    { timeoutMs: WHO_TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) },
  )
  return parseFarSide(stdout.toString('utf8'), { host, askedAt, answeredAt: now() })
}
