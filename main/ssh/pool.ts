import type { BackendAddress, BackendState } from '#shared/domain/objects.ts'
import type { Id } from '#shared/domain/json.ts'
import { AppError, isAppError } from '#shared/errors.ts'
import { Listeners } from '../lib/listeners.ts'
import type { Connection } from './connection.ts'
import type { LoginSecrets } from './credentials.ts'
import type { PublicKey } from './host-key.ts'
import { openConnection, type OpenConnection } from './open-connection.ts'

export interface PoolParts {
  /** Throws `object.not-found` for a backend that is not there. */
  address: (backendId: Id) => BackendAddress
  ownKeys: (host: string, port: number) => readonly PublicKey[]
  secrets: (backendId: Id) => LoginSecrets | Promise<LoginSecrets>
  /** The operator's `~/.ssh`. */
  sshFolder: string
  now: () => number
  /** Unused for so long, a connection is closed. */
  idleMs?: number
}

type Problem = BackendState['problem']
type Entry =
  | { connection: 'closed' }
  | { connection: 'connecting'; opening: Promise<OpenConnection>; abort: AbortController }
  | { connection: 'open'; open: OpenConnection; idleTimer: NodeJS.Timeout | undefined }
  | { connection: 'failed'; error: AppError; since: number }

const IDLE_MS = 5 * 60_000

/**
 * One connection a backend, shared by all who use it.
 *
 * closed → connecting: somebody calls `use`. connecting → open: logged in, and not as root; → failed otherwise.
 * open → closed: idle, closed by us, or lost (who was using it gets `ssh.connection-lost` from what they called).
 * failed → connecting: the next `use`; waiting between tries is the caller's. A host key that is unknown, changed or
 * revoked fails every `use` before anything is sent, until `ownKeys` or known_hosts names the key.
 */
export class ConnectionPool {
  /** Told whenever a backend's state has changed. */
  readonly changed = new Listeners<BackendState>()
  readonly #parts: PoolParts
  readonly #entries = new Map<Id, Entry>()
  #isClosed = false

  constructor(parts: PoolParts) {
    this.#parts = parts
  }

  /** The backend's connection, opened where it is not. Callers at once share one attempt. */
  async use(backendId: Id, signal?: AbortSignal): Promise<Connection> {
    signal?.throwIfAborted()
    if (this.#isClosed) throw new AppError('ssh.connection-lost', 'The application is closing')
    const entry = this.#entries.get(backendId)
    if (entry?.connection === 'open') {
      this.#wait(backendId, entry)
      return entry.open
    }
    const opening = entry?.connection === 'connecting' ? entry.opening : this.#open(backendId)
    return unlessAborted(opening, signal)
  }

  state(backendId: Id): BackendState {
    const entry = this.#entries.get(backendId) ?? { connection: 'closed' as const }
    const open = entry.connection === 'open' ? entry.open : undefined
    return {
      backendId,
      connection: entry.connection,
      seenAt: open?.seenAt() ?? this.#lastSeenAt.get(backendId) ?? null,
      latencyMs: open === undefined ? null : Math.round(open.latencyMs * 10) / 10,
      clockOffsetMs: open?.far.clockOffsetMs ?? null,
      problem: entry.connection === 'failed' ? problemOf(entry.error, entry.since) : null,
      needsSecret: entry.connection === 'failed' ? neededSecret(entry.error) : null,
    }
  }

  /** Closes the connection; the next `use` opens it again. */
  async close(backendId: Id): Promise<void> {
    const entry = this.#entries.get(backendId)
    if (entry?.connection === 'connecting') {
      entry.abort.abort(new AppError('ssh.connection-lost', 'The connection was closed here'))
      await entry.opening.catch(() => undefined)
    }
    if (entry?.connection === 'open') {
      entry.open.close()
      await entry.open.closed
    }
    if (entry?.connection === 'failed') this.#set(backendId, { connection: 'closed' })
  }

  /** Closes the connection and keeps nothing of the backend. */
  async forget(backendId: Id): Promise<void> {
    await this.close(backendId)
    this.#entries.delete(backendId)
    this.#lastSeenAt.delete(backendId)
  }

  /** For the end of the application: what is under way is given up, and nothing opens any more. */
  async closeAll(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#entries.keys()].map((backendId) => this.close(backendId)))
  }

  readonly #lastSeenAt = new Map<Id, number>()

  #open(backendId: Id): Promise<OpenConnection> {
    const abort = new AbortController()
    const opening = this.#tryToOpen(backendId, abort.signal)
    // Those who wait hear of a failure; where nobody waits any more, the state says it.
    opening.catch(() => {})
    this.#set(backendId, { connection: 'connecting', opening, abort })
    return opening
  }

  async #tryToOpen(backendId: Id, signal: AbortSignal): Promise<OpenConnection> {
    // The entry of this attempt is set before its outcome can be.
    await Promise.resolve()
    try {
      const { address, secrets, ownKeys, sshFolder, now } = this.#parts
      const open = await openConnection({
        address: address(backendId),
        secrets: await secrets(backendId),
        ownKeys,
        sshFolder,
        now,
        signal,
      })
      this.#keep(backendId, open)
      return open
    } catch (error) {
      const failure = toAppError(error)
      this.#set(
        backendId,
        signal.aborted
          ? { connection: 'closed' }
          : { connection: 'failed', error: failure, since: this.#parts.now() },
      )
      throw failure
    }
  }

  #keep(backendId: Id, open: OpenConnection): void {
    const entry: Entry = { connection: 'open', open, idleTimer: undefined }
    this.#wait(backendId, entry)
    this.#set(backendId, entry)
    void open.closed.then(() => {
      clearTimeout(entry.idleTimer)
      this.#lastSeenAt.set(backendId, open.seenAt())
      if (this.#entries.get(backendId) === entry) this.#set(backendId, { connection: 'closed' })
    })
  }

  /** (Re)starts the time after which an unused connection is closed. */
  #wait(backendId: Id, entry: Extract<Entry, { connection: 'open' }>): void {
    clearTimeout(entry.idleTimer)
    entry.idleTimer = setTimeout(() => {
      if (entry.open.isBusy()) this.#wait(backendId, entry)
      else entry.open.close()
    }, this.#parts.idleMs ?? IDLE_MS)
    entry.idleTimer.unref()
  }

  #set(backendId: Id, entry: Entry): void {
    this.#entries.set(backendId, entry)
    this.changed.emit(this.state(backendId))
  }
}

const problemOf = (error: AppError, since: number): Problem => ({
  code: error.code,
  message: error.message,
  since,
  retryAt: null,
})

function neededSecret({ code }: AppError): BackendState['needsSecret'] {
  if (code === 'ssh.password-needed') return 'password'
  if (code === 'ssh.passphrase-needed' || code === 'ssh.passphrase-wrong') return 'passphrase'
  return null
}

const toAppError = (error: unknown): AppError =>
  isAppError(error)
    ? error
    : new AppError('ssh.connection-lost', 'The connection could not be opened', { cause: error })

/** The shared attempt goes on when one of those who wait for it gives up. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const onAbort = (): void =>
      reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)))
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
