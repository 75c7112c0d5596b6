import { createInterface } from 'node:readline'
import { createInterface as createAsking } from 'node:readline/promises'
import { Writable } from 'node:stream'

interface Input extends NodeJS.ReadableStream {
  isTTY?: boolean
}

/** Secrets of a command: asked for at a terminal without being shown, or lines of what is piped in. */
export class SecretInput {
  readonly #input: Input
  readonly #warn: (text: string) => void
  #lines: AsyncIterator<string> | undefined

  constructor(input: Input, warn: (text: string) => void) {
    this.#input = input
    this.#warn = warn
  }

  /** What is typed, or undefined where nobody sits at the terminal. */
  async ask(label: string, signal: AbortSignal): Promise<string | undefined> {
    if (this.#input.isTTY !== true) return undefined
    this.#warn(`${label}: `)
    const unseen = new Writable({ write: (_text, _encoding, done) => done() })
    const asking = createAsking({ input: this.#input, output: unseen, terminal: true })
    const left = new AbortController()
    asking.once('SIGINT', () => left.abort())
    try {
      return await asking.question('', { signal: AbortSignal.any([signal, left.signal]) })
    } finally {
      asking.close()
      this.#warn('\n')
    }
  }

  /** The next line; undefined after the last. */
  async nextLine(): Promise<string | undefined> {
    this.#lines ??= createInterface({ input: this.#input })[Symbol.asyncIterator]()
    const line = await this.#lines.next()
    return line.done === true ? undefined : line.value
  }
}
