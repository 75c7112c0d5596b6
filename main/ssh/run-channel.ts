import { randomBytes } from 'node:crypto'
import type { ClientChannel } from 'ssh2'
import { AppError } from '#shared/errors.ts'
import { cleanText, shorten } from '#shared/text.ts'
import { Channel } from '../lib/listeners.ts'
import { connectionLost, type ExecChannels } from './exec-channels.ts'
import { FrameReader, type Frame } from './run-frames.ts'
import { checksumOf, renderRequest } from './run-request.ts'
import { SUPERVISOR_SCRIPT } from './supervisor-script.ts'
import { FOLLOW_SCRIPT } from './follow-script.ts'
import type { RemoteRun, RunRequest } from './run.ts'
import { commandLine } from './shell-quote.ts'

/** At most so many bytes of one stream come in one answer; the next ones are asked for when these were taken. */
const MAX_CHUNK_BYTES = 256 * 1024

/** How often running runs are looked after for new output; their end is told at once. */
const POLL_MS = 250

/** Every so many polls, each run's state is asked for too, so that "seen alive" is never older than 5 s. */
const POLLS_A_ROUND = 16

/** Where an answer is due and not a byte has come for so long, the far side of the channel is taken for dead. */
const SILENCE_MS = 30_000

/** Of one run, to whoever follows it. */
export type RunFrame = Extract<
  Frame,
  { id: string; frame: 'data' | 'more' | 'waiting' | 'alive' | 'ended' }
>

interface Waiter<Result> {
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/**
 * The one channel that carries all runs of a connection.
 *
 * opening → ready: the far script says so. ready → closed: the connection went, the far shell ended, or it sent what
 * we cannot read; everything that waits then fails with `ssh.connection-lost`, and a new channel may be opened.
 */
export class RunChannel {
  readonly closed: Promise<void>
  #isClosed = false
  readonly #host: string
  readonly #channel: ClientChannel
  readonly #reader: FrameReader
  readonly #followed = new Map<string, Channel<RunFrame>>()
  /** Runs of which there is nothing new; the far side tells when there is. */
  readonly #waiting = new Map<string, RemoteRun['state']>()
  readonly #starts = new Map<string, Waiter<'started' | 'already-claimed'>>()
  readonly #lists: (Waiter<{ id: string; run: RemoteRun }[]> & {
    runs: { id: string; run: RemoteRun }[]
  })[] = []
  readonly #removals: Waiter<void>[] = []
  #timer: NodeJS.Timeout | undefined
  #watchdog: NodeJS.Timeout | undefined
  #polls = 0
  #failure: AppError | undefined

  /** Opens the channel; its far side is known to work once it answers. */
  static open(channels: ExecChannels, host: string): Promise<RunChannel> {
    const mark = randomBytes(8).toString('hex')
    const words = [mark, SUPERVISOR_SCRIPT, String(MAX_CHUNK_BYTES)]
    return channels.openLasting(
      commandLine(words, FOLLOW_SCRIPT),
      (channel) => new RunChannel(channel, host, mark),
    )
  }

  private constructor(channel: ClientChannel, host: string, mark: string) {
    this.#channel = channel
    this.#host = host
    this.#reader = new FrameReader(mark)
    this.closed = new Promise((resolve) => {
      channel.once('close', () => {
        this.#end()
        resolve()
      })
    })
    channel.on('data', (bytes: Buffer) => this.#receive(bytes))
    channel.stderr.resume()
    channel.on('error', () => {})
    this.#watch()
  }

  get isOpen(): boolean {
    return !this.#isClosed
  }

  get isBusy(): boolean {
    return this.#followed.size + this.#starts.size + this.#removals.length > 0
  }

  close(): void {
    this.#channel.close()
  }

  start(request: RunRequest): Promise<'started' | 'already-claimed'> {
    const bytes = renderRequest(request)
    const { id, claim, stages } = request
    if (this.#starts.has(id)) throw new Error(`Run ${id} is being started already`)
    return this.#ask((waiter) => {
      this.#starts.set(id, waiter)
      const line = `s ${id} ${claim} ${bytes.length} ${checksumOf(bytes)} ${stages.length}\n`
      this.#channel.write(Buffer.concat([Buffer.from(line), bytes]))
    })
  }

  list(): Promise<{ id: string; run: RemoteRun }[]> {
    return this.#ask((waiter) => {
      this.#lists.push({ ...waiter, runs: [] })
      this.#channel.write('l\n')
    })
  }

  remove(ids: readonly string[]): Promise<void> {
    return this.#ask((waiter) => {
      this.#removals.push(waiter)
      this.#channel.write(`x ${ids.join(' ')}\n`)
    })
  }

  /** The frames of one run; the reader asks for them with `ask`, and leaves by ending the iteration. */
  follow(id: string, signal?: AbortSignal): Channel<RunFrame> {
    if (this.#followed.has(id)) throw new Error(`Run ${id} is followed already`)
    const frames = new Channel<RunFrame>({
      onClose: () => this.#leave(id),
      ...(signal === undefined ? {} : { signal }),
    })
    this.#followed.set(id, frames)
    if (this.#isClosed) frames.close()
    return frames
  }

  /** `offsets`: of this stage's streams and then of later ones. */
  ask(id: string, stage: number, [out, err, ...later]: readonly number[]): void {
    const words = ['f', id, stage, out ?? 0, err ?? 0, later.length > 0 ? later.join('/') : '-']
    if (this.#isClosed) return
    this.#channel.write(`${words.join(' ')}\n`)
    if (this.#watchdog === undefined) this.#watch()
  }

  /** The claim has stood without a supervisor for too long: it is made sure that none comes any more. */
  giveUp(id: string): void {
    if (!this.#isClosed) this.#channel.write(`v ${id}\n`)
  }

  #ask<Result>(send: (waiter: Waiter<Result>) => void): Promise<Result> {
    if (this.#isClosed) return Promise.reject(this.#lost())
    return new Promise((resolve, reject) => {
      send({ resolve, reject })
      if (this.#watchdog === undefined) this.#watch()
    })
  }

  /** Runs while anything is under way; what waits is polled, so there is always an answer due. */
  #watch(): void {
    clearTimeout(this.#watchdog)
    this.#watchdog = setTimeout(() => this.close(), SILENCE_MS)
    this.#watchdog.unref()
  }

  #unwatch(): void {
    clearTimeout(this.#watchdog)
    this.#watchdog = undefined
  }

  #leave(id: string): void {
    this.#followed.delete(id)
    if (this.#waiting.delete(id) && !this.#isClosed) this.#channel.write(`u ${id}\n`)
  }

  #receive(bytes: Buffer): void {
    if (this.#isClosed) return
    this.#watch()
    try {
      for (const frame of this.#reader.read(bytes)) this.#handle(frame)
    } catch (error) {
      this.#failure ??= connectionLost(this.#host, error)
      this.close()
    }
    if (!this.isBusy && this.#lists.length === 0) this.#unwatch()
  }

  #handle(frame: Frame): void {
    switch (frame.frame) {
      case 'ready':
        return
      case 'failed':
        this.#failure = startError(this.#host, frame.why)
        return
      case 'start':
        return this.#endStart(frame)
      case 'listed':
        this.#lists[0]?.runs.push({ id: frame.id, run: frame.run })
        return
      case 'list-end': {
        const list = this.#lists.shift()
        return list?.resolve(list.runs)
      }
      case 'removed':
        return this.#removals.shift()?.resolve()
      case 'polled':
        this.#timer = undefined
        return this.#pollLater()
      case 'waiting':
        this.#waiting.set(frame.id, frame.run.state)
        this.#pollLater()
        break
      case 'more':
      case 'ended':
        this.#waiting.delete(frame.id)
        break
      case 'alive':
        this.#waiting.set(frame.id, frame.run.state)
        break
      case 'data':
    }
    this.#followed.get(frame.id)?.push(frame)
  }

  #endStart({ id, answer, why }: Extract<Frame, { frame: 'start' }>): void {
    const waiter = this.#starts.get(id)
    this.#starts.delete(id)
    if (answer === 'failed') waiter?.reject(startError(this.#host, why))
    else waiter?.resolve(answer === 'started' ? 'started' : 'already-claimed')
  }

  /** One poll is under way at a time, and none where nothing waits. */
  #pollLater(): void {
    if (this.#timer !== undefined || this.#waiting.size === 0 || this.#isClosed) return
    this.#timer = setTimeout(() => {
      this.#polls += 1
      const isStarting = [...this.#waiting.values()].includes('starting')
      this.#channel.write(`p ${isStarting || this.#polls % POLLS_A_ROUND === 0 ? 1 : 0}\n`)
    }, POLL_MS)
    this.#timer.unref()
  }

  #end(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#unwatch()
    const error = this.#lost()
    const waiters = [...this.#starts.values(), ...this.#lists, ...this.#removals]
    this.#starts.clear()
    for (const waiter of waiters) waiter.reject(error)
    for (const frames of [...this.#followed.values()]) frames.close()
  }

  #lost(): AppError {
    return this.#failure ?? connectionLost(this.#host)
  }
}

/** Why a start failed, from the words of the far side's own tools. */
function startError(host: string, why: string): AppError {
  const text = shorten(cleanText(why).trim(), 300)
  if (/no space left|quota exceeded|disk full/i.test(text))
    return new AppError(
      'backend.home-full',
      `The home folder of the account on ${host} is full: nothing can be started before there is space`,
      { data: { text } },
    )
  return new AppError('run.start-failed', `A run could not be started on ${host}: ${text}`, {
    data: { text },
  })
}
