import type { AppError } from '#shared/errors.ts'
import { connectionLost, type ExecChannels } from './exec-channels.ts'
import { RunChannel, type RunFrame } from './run-channel.ts'
import { parseRun } from './run-frames.ts'
import { checkRunId, isRunId } from './run-request.ts'
import { CANCEL_SCRIPT } from './run-folder.ts'
import type { RemoteRun, RunEvent, RunOffsets, RunRequest, Runs } from './run.ts'

export interface RemoteRunsParts {
  channels: ExecChannels
  host: string
  /** How long a claim may stand without a supervisor. */
  neverStartedMs?: number
}

const NEVER_STARTED_MS = 10_000
const ALIVE_MS = 4000
/** Far below the 4096 bytes that a pipe takes in one piece. */
const IDS_A_LINE = 40

/** The detached runs of one connection. Its channel is opened at the first need and again if only the channel ends. */
export class RemoteRuns implements Runs {
  readonly #parts: RemoteRunsParts
  #channel: RunChannel | undefined
  #opening: Promise<RunChannel> | undefined
  readonly #toRemove: string[] = []
  #removing: Promise<void> | undefined

  constructor(parts: RemoteRunsParts) {
    this.#parts = parts
  }

  get isBusy(): boolean {
    return this.#opening !== undefined || this.#channel?.isBusy === true
  }

  /** Channels of the connection that are held open here. */
  get openChannels(): number {
    return this.#channel?.isOpen === true ? 1 : 0
  }

  async start(
    request: RunRequest,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<'started' | 'already-claimed'> {
    checkRunId(request.id)
    signal?.throwIfAborted()
    const channel = await this.#open()
    signal?.throwIfAborted()
    return channel.start(request)
  }

  async *follow(
    id: string,
    offsets: RunOffsets,
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncGenerator<RunEvent, void> {
    checkRunId(id)
    signal?.throwIfAborted()
    const channel = await this.#open()
    signal?.throwIfAborted()
    const frames = channel.follow(id, signal)
    const position = new Position(offsets)
    const ask = (): void => channel.ask(id, position.stage, position.offsets())
    const aliveness = new Aliveness(this.#parts.neverStartedMs ?? NEVER_STARTED_MS)
    try {
      ask()
      for await (const frame of frames) {
        const event = toEvent(frame)
        if (event?.event === 'data') position.take(event)
        if (event !== undefined && aliveness.isNews(event)) yield event
        if (event?.event === 'ended') return
        if (frame.frame === 'more') ask()
        if (aliveness.isOverdue()) channel.giveUp(id)
      }
      signal?.throwIfAborted()
      throw lost(this.#parts.host)
    } finally {
      frames.close()
    }
  }

  async cancel(id: string, { graceMs }: { graceMs: number }): Promise<RemoteRun> {
    checkRunId(id)
    const { stdout } = await this.#parts.channels.exec({
      argv: [id, String(Math.ceil(graceMs / 1000))],
      script: CANCEL_SCRIPT,
    })
    const [, words] = /hd:state=(.*)/.exec(stdout.toString('utf8')) ?? []
    return parseRun((words ?? '').split(' '))
  }

  async list(): Promise<{ id: string; run: RemoteRun }[]> {
    const channel = await this.#open()
    return (await channel.list()).filter(({ id }) => isRunId(id))
  }

  /** What is asked for while a removal is under way goes together in the next one. */
  async remove(ids: readonly string[]): Promise<void> {
    ids.forEach(checkRunId)
    this.#toRemove.push(...ids)
    await (this.#removing ??= this.#removeAll())
  }

  async #removeAll(): Promise<void> {
    try {
      const channel = await this.#open()
      while (this.#toRemove.length > 0) await channel.remove(this.#toRemove.splice(0, IDS_A_LINE))
    } finally {
      // In one turn with the last look at the list, so that nobody waits for an end that has been.
      this.#toRemove.length = 0
      this.#removing = undefined
    }
  }

  /** Callers at once share one opening. */
  async #open(): Promise<RunChannel> {
    if (this.#channel?.isOpen === true) return this.#channel
    this.#opening ??= RunChannel.open(this.#parts.channels, this.#parts.host)
      .then((channel) => (this.#channel = channel))
      .finally(() => (this.#opening = undefined))
    return this.#opening
  }
}

const lost = (host: string): AppError => connectionLost(host)

function toEvent(frame: RunFrame): RunEvent | undefined {
  switch (frame.frame) {
    case 'data': {
      const { stage, stream, offset, bytes } = frame
      return { event: 'data', stage, stream, offset, bytes }
    }
    case 'waiting':
    case 'alive':
      return { event: 'alive', run: frame.run }
    case 'ended':
      return toEnded(frame.run)
    case 'more':
      return undefined
  }
}

function toEnded(run: RemoteRun): RunEvent | undefined {
  return run.state === 'starting' || run.state === 'running' ? undefined : { event: 'ended', run }
}

/** How far a run's streams were read: the stage that is being read, and the offsets of it and of later ones. */
class Position {
  stage: number
  readonly #taken = new Map<string, number>()

  constructor(offsets: RunOffsets) {
    for (const { stage, stream, offset } of offsets) this.#taken.set(`${stage} ${stream}`, offset)
    // An earlier stage may have bytes that nobody took; asking for them costs next to nothing.
    this.stage = Math.min(0, ...offsets.map(({ stage }) => stage))
  }

  take({ stage, stream, offset, bytes }: Extract<RunEvent, { event: 'data' }>): void {
    this.stage = stage
    this.#taken.set(`${stage} ${stream}`, offset + bytes.length)
  }

  offsets(): number[] {
    const stages = [...this.#taken.keys()].map((key) => Number(key.split(' ')[0]))
    const last = Math.max(this.stage, ...stages)
    return Array.from({ length: last - this.stage + 1 }, (_one, at) => this.stage + at).flatMap(
      (stage) => [this.#taken.get(`${stage} out`) ?? 0, this.#taken.get(`${stage} err`) ?? 0],
    )
  }
}

/** Which signs of life are told: a new state at once, the same one every few seconds. And when a start is overdue. */
class Aliveness {
  readonly #limitMs: number
  #state = ''
  #toldAt = 0
  #startingSince: number | undefined

  constructor(limitMs: number) {
    this.#limitMs = limitMs
  }

  isNews(event: RunEvent): boolean {
    if (event.event !== 'alive') return true
    const now = performance.now()
    this.#startingSince = event.run.state === 'starting' ? (this.#startingSince ?? now) : undefined
    if (event.run.state === this.#state && now - this.#toldAt < ALIVE_MS) return false
    this.#state = event.run.state
    this.#toldAt = now
    return true
  }

  isOverdue(): boolean {
    const since = this.#startingSince
    return since !== undefined && performance.now() - since > this.#limitMs
  }
}
