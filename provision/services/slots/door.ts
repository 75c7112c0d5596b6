import path from 'node:path'
import { isRecord } from '#shared/protocol/wire.ts'
import type { Json, JsonRecord } from '#shared/domain/json.ts'
import { ownMark } from '../../system/children.ts'
import { callFastCgi } from '../../system/fastcgi.ts'
import type { MachineFile } from '../../system/machine-file.ts'
import { pause } from '../../system/process.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import { LastLine } from './last-line.ts'
import type { Slot } from './slot.ts'

/** A program to run in a slot. */
export interface SlotProgram {
  argv: readonly [string, ...string[]]
  /** What it reads, a file that the slot can read; where absent, nothing. */
  stdinFile?: string
  onOutput?: (bytes: Buffer) => Promise<void> | void
}

export interface SlotEnded {
  exitCode: number
  /** The end of what it complained of. */
  complaint: string
}

/** A scrub waits for processes to end; PHP of ours that is silent for so long has hung. */
const SHORT_MS = 120_000

/** Together some three seconds; a scrub lasts one. */
const MAX_TRIES = 8

/**
 * How this account does something as a slot's: scripts of root's, asked for over the slot's socket, to which nobody else can
 * connect. What comes out of them is the slot's word, and as such not to be trusted.
 */
export class SlotDoor {
  readonly slot: Slot
  readonly #folder: string
  readonly #account: string

  constructor(machine: MachineFile, slot: Slot) {
    this.slot = slot
    this.#folder = machine.doorFolder
    this.#account = machine.account
  }

  /** Opens to us what the site's code closed, below a folder, so that it can be packed and removed. */
  async normalise(folder: string, signal: AbortSignal): Promise<void> {
    await this.#ask('normalise.php', { path: folder }, signal)
  }

  /** Ends every process of the slot, and empties what it has outside of its gate. */
  async scrub(signal: AbortSignal): Promise<void> {
    const answer = await this.#ask('scrub.php', {}, signal)
    const { left, running } = answer
    if (Array.isArray(left) && left.length === 0 && running === 0) return
    throw new ProvisionError(
      'PROVISION_SLOT_NOT_EMPTY',
      `The slot ${this.slot.name} could not be emptied: ${cleaned(JSON.stringify(answer)).slice(0, 500)}`,
    )
  }

  /** Runs a program without a shell. Cancelled, the program is ended, and what came of it. */
  async run({ argv, stdinFile, onOutput }: SlotProgram, signal: AbortSignal): Promise<SlotEnded> {
    // One program at a time; and who finds us gone knows it, too.
    const label = await ownMark()
    const order = { argv: [...argv], label, ...(stdinFile === undefined ? {} : { stdinFile }) }
    const last = new LastLine(onOutput ?? (() => {}))
    try {
      await this.#call('run.php', { body: JSON.stringify(order), signal, onOutput: last.take })
    } catch (error) {
      if (signal.aborted) await this.stop(label)
      throw error
    }
    const { exitCode, stderr, error } = parseRecord(last.text)
    if (typeof exitCode === 'number')
      return { exitCode, complaint: typeof stderr === 'string' ? stderr.trim() : '' }
    throw new ProvisionError(
      'PROVISION_SLOT_FAILED',
      `${argv[0]} did not run in the slot ${this.slot.name}: ${textOf(error)}`,
    )
  }

  /** Ends the programs that were started in the slot by the process of this mark. */
  async stop(mark: string): Promise<void> {
    await this.#ask('stop.php', { label: mark }, NEVER)
  }

  /**
   * Runs PHP of ours, which may boot the site's application; returns what it returned. Cancelled, it is ended. Throws
   * PROVISION_SITE_CODE_FAILED with what the site's code said.
   */
  async evaluate(source: string, input: JsonRecord, signal: AbortSignal): Promise<Json> {
    let pid: number | undefined
    const last = new LastLine(() => {})
    const onOutput = (bytes: Buffer): Promise<void> => {
      // The first line tells which process it is; the site's code can then only print behind it.
      pid ??= pidOf(bytes)
      return last.take(bytes)
    }
    try {
      const params = { HD_INPUT: JSON.stringify(input) }
      await this.#call('eval.php', { body: source, params, signal, onOutput })
    } catch (error) {
      if (signal.aborted && pid !== undefined)
        await this.run({ argv: ['/bin/kill', '-9', `${pid}`] }, NEVER)
      throw error
    }
    const { answer, error, printed } = parseRecord(last.text)
    if (answer !== undefined) return answer
    const more = typeof printed === 'string' && printed.trim() !== '' ? `; it said: ${printed}` : ''
    throw new ProvisionError('PROVISION_SITE_CODE_FAILED', cleaned(`${textOf(error)}${more}`))
  }

  /**
   * All that is asked so may be asked again: where a scrub of a command that was killed still goes on, it ends whoever else
   * works in the slot, and so us.
   */
  async #ask(door: string, order: JsonRecord, signal: AbortSignal): Promise<JsonRecord> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#askOnce(door, order, signal)
      } catch (error) {
        const isCutOff = error instanceof ProvisionError && error.code === 'PROVISION_PHP_FAILED'
        if (!isCutOff || tries === MAX_TRIES) throw error
        await pause(tries * 100)
      }
    }
  }

  async #askOnce(door: string, order: JsonRecord, signal: AbortSignal): Promise<JsonRecord> {
    const last = new LastLine(() => {})
    const body = JSON.stringify(order)
    await this.#call(door, { body, signal, onOutput: last.take, silenceMs: SHORT_MS })
    const answer = parseRecord(last.text)
    if (answer['error'] === undefined) return answer
    throw new ProvisionError(
      'PROVISION_SLOT_FAILED',
      `${door} of the slot ${this.slot.name} failed: ${textOf(answer['error'])}`,
    )
  }

  async #call(
    door: string,
    call: {
      body: string
      params?: Readonly<Record<string, string>>
      signal: AbortSignal
      silenceMs?: number
      onOutput: (bytes: Buffer) => Promise<void> | void
    },
  ): Promise<void> {
    const script = path.join(this.#folder, door)
    const { status, errors } = await callFastCgi({
      ...call,
      socket: this.slot.socket,
      params: {
        ...call.params,
        GATEWAY_INTERFACE: 'CGI/1.1',
        REQUEST_METHOD: 'POST',
        CONTENT_TYPE: 'application/octet-stream',
        CONTENT_LENGTH: `${Buffer.byteLength(call.body)}`,
        SCRIPT_FILENAME: script,
        SCRIPT_NAME: `/${door}`,
        REQUEST_URI: `/${door}`,
        QUERY_STRING: '',
        SERVER_PROTOCOL: 'HTTP/1.1',
        REMOTE_ADDR: '127.0.0.1',
      },
    }).catch((error: unknown) => this.#explain(error))
    if (status < 400) return
    throw new ProvisionError(
      'PROVISION_SLOT_FAILED',
      `${script} answered ${status} in the slot ${this.slot.name}: ${cleaned(errors) || 'run the bootstrap script of this server again'}`,
    )
  }

  #explain(error: unknown): never {
    if (!(error instanceof ProvisionError) || error.code !== 'PROVISION_PHP_STOPPED') throw error
    throw new ProvisionError(
      error.code,
      `PHP-FPM does not run: nothing answers on ${this.slot.socket}. As root: systemctl start ${this.#account}-php; then do this again.`,
      { cause: error },
    )
  }
}

/** What ends something is not cancelled. */
const NEVER = new AbortController().signal

const pidOf = (bytes: Buffer): number | undefined => {
  const pid = /"pid":(\d{1,10})/.exec(bytes.toString('latin1', 0, 64))?.[1]
  return pid === undefined ? undefined : Number(pid)
}

function parseRecord(line: string): JsonRecord {
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

const textOf = (error: Json | undefined): string =>
  typeof error === 'string' ? cleaned(error) : 'it gave no answer'

const cleaned = (text: string): string =>
  text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, 2000)
