/** A longer line is output, not how a script of ours ended. */
const MAX_LINE = 256 * 1024

/**
 * Splits what a script prints into its output, handed on as it comes, and its last line, in which it says how it ended. The
 * line feed before that line is no output either.
 */
export class LastLine {
  readonly #onOutput: (bytes: Buffer) => Promise<void> | void
  #held: Buffer = Buffer.alloc(0)

  constructor(onOutput: (bytes: Buffer) => Promise<void> | void) {
    this.#onOutput = onOutput
  }

  /** The last line, once all has been taken. */
  get text(): string {
    const text = this.#held.toString('utf8').replace(/\n$/, '')
    return text.slice(text.lastIndexOf('\n') + 1)
  }

  readonly take = async (bytes: Buffer): Promise<void> => {
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    const from = startOfLastLine(all)
    this.#held = all.subarray(from)
    if (from > 0) await this.#onOutput(all.subarray(0, from))
  }
}

/** From the line feed on before the line that may be the last one; a line feed at the very end may end it. */
function startOfLastLine(bytes: Buffer): number {
  const feed = bytes.length < 2 ? -1 : bytes.lastIndexOf(10, bytes.length - 2)
  const from = feed === -1 ? 0 : feed
  return bytes.length - from > MAX_LINE ? bytes.length - 1 : from
}
