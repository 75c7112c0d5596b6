import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { BootstrapEvent, BootstrapParameters } from '#shared/contract/bootstrap.ts'
import type { BackendAddress } from '#shared/domain/objects.ts'
import { AppError } from '#shared/errors.ts'
import { Channel } from '../lib/listeners.ts'
import type { Secret } from '../lib/secret.ts'
import type { LoginSecrets } from '../ssh/credentials.ts'
import type { OpenParts } from '../ssh/open-connection.ts'
import { runAsRoot } from '../ssh/root-script.ts'
import { renderBootstrap } from './script.ts'

export interface BootstrapParts extends Pick<OpenParts, 'ownKeys' | 'sshFolder' | 'now'> {
  /** The script as it ships. */
  scriptFile: string
}

export interface BootstrapRun {
  address: BackendAddress
  secrets: LoginSecrets
  sudoPassword?: Secret | undefined
  parameters: BootstrapParameters
  /** Of the text that was shown. */
  sha256: string
}

/** Shows the script that prepares a server, and runs it there as root. Nothing of it is stored. */
export class Bootstrap {
  readonly #parts: BootstrapParts

  constructor(parts: BootstrapParts) {
    this.#parts = parts
  }

  script(parameters: BootstrapParameters): { text: string; sha256: string } {
    const text = renderBootstrap(readFileSync(this.#parts.scriptFile, 'utf8'), parameters)
    return { text, sha256: createHash('sha256').update(text).digest('hex') }
  }

  /** Ends the script where nobody reads any more; it can be run again. Throws where it does not begin. */
  async *run(run: BootstrapRun, signal?: AbortSignal): AsyncGenerator<BootstrapEvent, void> {
    const { text, sha256 } = this.script(run.parameters)
    if (sha256 !== run.sha256)
      throw new AppError(
        'bootstrap.script-changed',
        'The script is another than the one shown. Read it anew.',
      )
    const left = new AbortController()
    const events = new Channel<BootstrapEvent>()
    const work = this.#carryOut(run, text, events, {
      signal: signal ? AbortSignal.any([signal, left.signal]) : left.signal,
    }).finally(() => events.close())
    // Its error is thrown below, once all events were read.
    work.catch(() => {})
    try {
      yield* events
      await work
    } finally {
      left.abort(new Error('The script is not watched any more'))
      await work.catch(() => {})
    }
  }

  async #carryOut(
    { address, secrets, sudoPassword, parameters }: BootstrapRun,
    text: string,
    events: Channel<BootstrapEvent>,
    { signal }: { signal: AbortSignal },
  ): Promise<void> {
    const said: string[] = []
    const { ownKeys, sshFolder, now } = this.#parts
    const exitCode = await runAsRoot(
      { address, secrets, ownKeys, sshFolder, now, signal },
      { text, args: [], sudoPassword },
      ({ stream, line }) => {
        said.push(line)
        events.push({ event: 'line', stream, text: line })
      },
    )
    events.push({ event: 'ended', exitCode, ...readEnd(said, exitCode, parameters) })
  }
}

/** The script's last line says what the server is now, and a refusal why it did not begin. */
export function readEnd(
  said: readonly string[],
  exitCode: number,
  { account }: Pick<BootstrapParameters, 'account'>,
): Pick<Extract<BootstrapEvent, { event: 'ended' }>, 'refusal' | 'ready'> {
  const refused = said.findLast((line) => line.startsWith(REFUSED))
  const [, slots, http, https] = said.map((line) => READY.exec(line)).findLast(Boolean) ?? []
  const isReady = exitCode === 0 && slots !== undefined
  return {
    refusal: exitCode !== 0 && refused !== undefined ? refused.slice(REFUSED.length) : null,
    ready: isReady
      ? { account, slots: Number(slots), httpPort: Number(http), httpsPort: Number(https) }
      : null,
  }
}

const REFUSED = 'Refused: '
const READY = /^Ready: [a-z]+, (\d+) slots, PHP [\d.]+, ports (\d+) and (\d+)\.$/
