import { setTimeout as delay } from 'node:timers/promises'
import type { Client, ClientChannel } from 'ssh2'
import { AppError } from '#shared/errors.ts'
import { sshError } from './ssh-error.ts'
import type { Connection, ExecResult } from './connection.ts'
import { commandLine } from './shell-quote.ts'

type Command = Parameters<Connection['exec']>[0]
type ExecOptions = NonNullable<Parameters<Connection['exec']>[1]>

/** OpenSSH allows 10 sessions a connection unless told otherwise; 8 leave room for a server that counts differently. */
export const MAX_CHANNELS = 8

/** Where nothing of ours runs that could make room, a refusal is believed after so many tries. */
const MAX_LONE_REFUSALS = 20
const LONE_REFUSAL_MS = 25

const DEFAULT_TIMEOUT_MS = 60_000
const DEFAULT_MAX_OUTPUT_BYTES = 4 * 1024 * 1024
const MAX_STDERR_BYTES = 64 * 1024

/**
 * The channels of one connection. At most {@link MAX_CHANNELS} are open; who comes above waits in turn. A server that
 * allows fewer is found out by its refusal: the limit sinks to what it allows, and what was refused waits again.
 */
export class ExecChannels {
  readonly #client: Client
  readonly #host: string
  #limit = MAX_CHANNELS
  #open = 0
  #lasting = 0
  readonly #waiting: (() => void)[] = []

  constructor(client: Client, host: string) {
    this.#client = client
    this.#host = host
    client.once('close', () => this.#wakeAll())
  }

  /** How many channels are open and how many wait, for checks and tests. */
  get load(): { open: number; waiting: number; limit: number } {
    return { open: this.#open, waiting: this.#waiting.length, limit: this.#limit }
  }

  async exec(command: Command, options: ExecOptions = {}): Promise<ExecResult> {
    const { used } = await this.#openChannel(
      commandLine(command.argv, command.script),
      (channel) => collect(channel, this.#host, command.stdin, options),
      options.signal,
    )
    return used.result
  }

  /** A channel that stays open as long as the connection is of use, handed to `use` as soon as it is there. */
  async openLasting<Used>(line: string, use: (channel: ClientChannel) => Used): Promise<Used> {
    const { used } = await this.#openChannel(line, (channel) => {
      this.#lasting += 1
      channel.once('close', () => (this.#lasting -= 1))
      return use(channel)
    })
    return used
  }

  /**
   * A channel that runs `line`; it counts until it closes. `use` is called in the same turn in which the channel is
   * there: a short command's output, exit and close may all come in the next one.
   */
  async #openChannel<Used>(
    line: string,
    use: (channel: ClientChannel) => Used,
    signal?: AbortSignal,
  ): Promise<{ used: Used }> {
    for (let refusals = 0; ; refusals++) {
      await this.#enter(signal)
      try {
        return await this.#request(line, use)
      } catch (error) {
        this.#leave()
        if (!isRefusal(error)) throw connectionLost(this.#host, error)
        const isAlone = this.#open <= this.#lasting
        if (isAlone && refusals >= MAX_LONE_REFUSALS) throw channelsRefused(this.#host, error)
        this.#limit = Math.max(1, Math.min(this.#limit, this.#open))
        // A server counts a session for a moment longer than we do.
        if (isAlone) await delay(LONE_REFUSAL_MS)
      }
    }
  }

  #request<Used>(line: string, use: (channel: ClientChannel) => Used): Promise<{ used: Used }> {
    return new Promise((resolve, reject) => {
      const onClose = (): void => reject(new Error('closed'))
      this.#client.once('close', onClose)
      try {
        this.#client.exec(line, (error, channel) => {
          this.#client.off('close', onClose)
          if (error !== undefined) return reject(error)
          channel.once('close', () => this.#leave())
          resolve({ used: use(channel) })
        })
      } catch (error) {
        this.#client.off('close', onClose)
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
  }

  async #enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    // One beside the lasting ones is always tried: none of those will make room.
    while (this.#open >= Math.max(this.#limit, this.#lasting + 1)) await this.#turn(signal)
    this.#open += 1
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(wake), 1)
        reject(toError(signal?.reason))
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(wake)
    })
  }

  #leave(): void {
    this.#open -= 1
    this.#waiting.shift()?.()
  }

  #wakeAll(): void {
    this.#limit = Infinity
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

const toError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error(String(reason))

/** ssh2 puts the server's reason, a number, on an error of opening a channel. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'reason' in error && error.reason !== undefined

export const connectionLost = (host: string, cause?: unknown): AppError =>
  new AppError('ssh.connection-lost', `The connection to ${host} is gone`, { cause })

const channelsRefused = (host: string, cause: unknown): AppError =>
  sshError(
    'ssh.channels-refused',
    `${host} lets us in and then refuses to run commands`,
    'Set MaxSessions in its sshd_config to 10, its default, and see that no ForceCommand stands there.',
    { cause },
  )

/** Reads a command's output to its end, bounded in size and time; on any error the channel is closed. */
function collect(
  channel: ClientChannel,
  host: string,
  stdin: Buffer | string | undefined,
  {
    signal,
    timeoutMs = DEFAULT_TIMEOUT_MS,
    maxOutputBytes = DEFAULT_MAX_OUTPUT_BYTES,
  }: ExecOptions,
): { result: Promise<ExecResult> } {
  const result = new Promise<ExecResult>((resolve, reject) => {
    const out: Buffer[] = []
    const err: Buffer[] = []
    let outBytes = 0
    let errBytes = 0
    let ended: { exitCode: number; signal: string | null } | undefined
    const stop = (error: Error): void => {
      end()
      channel.close()
      reject(error)
    }
    const onAbort = (): void => stop(toError(signal?.reason))
    const timer = setTimeout(() => stop(tooSlow(host, timeoutMs)), timeoutMs)
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    channel.on('data', (bytes: Buffer) => {
      outBytes += bytes.length
      if (outBytes > maxOutputBytes) stop(tooMuch(host, maxOutputBytes))
      else out.push(bytes)
    })
    channel.stderr.on('data', (bytes: Buffer) => {
      const kept = bytes.subarray(0, MAX_STDERR_BYTES - errBytes)
      errBytes += kept.length
      err.push(kept)
    })
    channel.on('exit', (code: number | null, name?: string) => {
      ended = { exitCode: code ?? 128, signal: name ?? null }
    })
    channel.once('close', () => {
      end()
      if (ended === undefined) return reject(connectionLost(host))
      resolve({ ...ended, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString('utf8') })
    })
    // What the far side did not want to read is not our error.
    channel.on('error', () => {})
    if (signal?.aborted === true) return onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    channel.end(stdin)
  })
  return { result }
}

const tooSlow = (host: string, timeoutMs: number): AppError =>
  new AppError('ssh.timeout', `A command on ${host} took longer than ${timeoutMs / 1000} s`)

const tooMuch = (host: string, bytes: number): AppError =>
  new AppError('backend.bad-output', `A command on ${host} printed more than ${bytes} bytes`)
