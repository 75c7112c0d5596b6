import { randomUUID } from 'node:crypto'
import type { ClientChannel } from 'ssh2'
import { AppError } from '#shared/errors.ts'
import { cleanText, shorten } from '#shared/text.ts'
import { LineSplitter } from '../lib/lines.ts'
import type { Secret } from '../lib/secret.ts'
import { connectionLost } from './exec-channels.ts'
import { endWay, logIn, type OpenParts } from './open-connection.ts'
import { commandLine } from './shell-quote.ts'

export interface RootScript {
  /** POSIX shell text; it comes to the far side on standard input, and lies there in no file. */
  text: string
  args: readonly string[]
  /** What sudo asks for, where the login is not root. */
  sudoPassword?: Secret | undefined
}

export interface RootOutput {
  stream: 'out' | 'err'
  line: string
}

const MAX_LINE_BYTES = 8192
/** A script says some hundred lines; a far side that never ends is not read for ever. */
const MAX_BYTES = 8 * 1024 * 1024

/**
 * Runs one script as root, over a connection of its own that ends with it: the only place where anything of ours is
 * root on a server. The login is root's, or an account's that may become root by sudo. Returns the exit code.
 */
export async function runAsRoot(
  parts: OpenParts,
  script: RootScript,
  onOutput: (output: RootOutput) => void,
): Promise<number> {
  const { client, way, host } = await logIn(parts)
  const who = { user: parts.address.user, host }
  const onAbort = (): void => void way.socket.destroy()
  parts.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await new Promise<number>((resolve, reject) => {
      client.once('close', () => reject(connectionLost(host)))
      const shell = new RootShell(who, script, onOutput)
      client.exec(shell.commandLine, (error, channel) => {
        if (error === undefined) shell.run(channel).then(resolve, reject)
        else reject(connectionLost(host, error))
      })
    })
  } catch (error) {
    parts.signal?.throwIfAborted()
    throw error
  } finally {
    parts.signal?.removeEventListener('abort', onAbort)
    client.end()
    endWay(way)
  }
}

/**
 * `starting`: sudo may ask for the password, which it gets once and only where it asks. `running`: a shell of root's has
 * said that it is there, and has got the script. Root's own login is `running` from the beginning.
 */
class RootShell {
  readonly commandLine: string
  readonly #who: { user: string; host: string }
  readonly #script: RootScript
  readonly #onOutput: (output: RootOutput) => void
  readonly #ready = `hosting-desk-${randomUUID()}`
  readonly #prompt = `password-${randomUUID()}:`
  #state: 'starting' | 'running' = 'starting'
  #beginning = ''
  #hasAnswered = false
  #refusal: AppError | undefined
  #bytes = 0

  constructor(
    who: { user: string; host: string },
    script: RootScript,
    onOutput: (output: RootOutput) => void,
  ) {
    this.#who = who
    this.#script = script
    this.#onOutput = onOutput
    const begin = `echo ${this.#ready}; exec sh -s -- "$@"`
    const shell = ['sh', '-c', begin, 'sh', ...script.args]
    const sudo = ['sudo', '-S', '-p', this.#prompt]
    this.commandLine = commandLine(who.user === 'root' ? shell : [...sudo, ...shell])
  }

  run(channel: ClientChannel): Promise<number> {
    const out = new LineSplitter(MAX_LINE_BYTES)
    const err = new LineSplitter(MAX_LINE_BYTES)
    channel.on('data', (bytes: Buffer) => this.#take('out', out, bytes, channel))
    channel.stderr.on('data', (bytes: Buffer) => {
      if (this.#state === 'starting') this.#hearSudo(bytes, channel)
      else this.#take('err', err, bytes, channel)
    })
    // What the far side did not want to read is not our error.
    channel.on('error', () => {})
    return new Promise((resolve, reject) => {
      let exitCode: number | undefined
      channel.on('exit', (code: number | null) => (exitCode = code ?? 128))
      channel.once('close', () => {
        for (const [stream, lines] of [
          ['out', out],
          ['err', err],
        ] as const) {
          const rest = lines.end()
          if (rest !== undefined) this.#tell(stream, rest.text)
        }
        if (this.#state === 'starting') reject(this.#refusal ?? this.#notRoot())
        else if (exitCode === undefined) reject(connectionLost(this.#who.host))
        else resolve(exitCode)
      })
    })
  }

  #take(stream: RootOutput['stream'], lines: LineSplitter, bytes: Buffer, channel: ClientChannel) {
    this.#bytes += bytes.length
    if (this.#bytes > MAX_BYTES) return channel.close()
    for (const { text } of lines.feed(bytes)) {
      if (this.#state === 'running') this.#tell(stream, text)
      else if (text === this.#ready) {
        this.#state = 'running'
        channel.end(this.#script.text)
      }
    }
  }

  #tell(stream: RootOutput['stream'], text: string): void {
    this.#onOutput({ stream, line: shorten(cleanText(text), MAX_LINE_BYTES) })
  }

  #hearSudo(bytes: Buffer, channel: ClientChannel): void {
    this.#beginning = (this.#beginning + bytes.toString('utf8')).slice(-MAX_LINE_BYTES)
    if (!this.#beginning.includes(this.#prompt)) return
    this.#beginning = this.#beginning.replaceAll(this.#prompt, '')
    const { sudoPassword } = this.#script
    if (sudoPassword !== undefined && !this.#hasAnswered) {
      this.#hasAnswered = true
      channel.write(`${sudoPassword.reveal()}\n`)
      return
    }
    this.#refusal ??= this.#hasAnswered ? this.#passwordWrong() : this.#passwordNeeded()
    channel.close()
  }

  #passwordNeeded(): AppError {
    const { user, host } = this.#who
    return new AppError(
      'bootstrap.password-needed',
      `sudo on ${host} asks for the password of ${user}. It is used once and forgotten.`,
    )
  }

  #passwordWrong(): AppError {
    const { user, host } = this.#who
    return new AppError(
      'bootstrap.password-wrong',
      `${host} does not take this password for ${user}.`,
    )
  }

  #notRoot(): AppError {
    const { user, host } = this.#who
    const said = shorten(cleanText(this.#beginning.trim().split('\n').pop() ?? ''), 300)
    return new AppError(
      'bootstrap.not-root',
      `${user} does not become root on ${host}${said === '' ? '' : `: ${said}`}. Log in as root, or run the script there yourself.`,
    )
  }
}
