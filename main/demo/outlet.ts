import type { Writable } from 'node:stream'
import type { ServerChannel } from 'ssh2'

/** Fields of ssh2's channel in which it keeps what did not fit the reader's window. */
interface Leftovers {
  _chunk?: Buffer
  _chunkcb?: () => void
  _chunkErr?: Buffer
  _chunkcbErr?: () => void
}

/**
 * Writes to a channel, output and errors in turn, each piece until it was sent whole. ssh2 1.17 keeps a piece that had
 * to wait for the window after it was sent, and sends it again when the other stream waits; so only one of them ever
 * waits, and what is left over is forgotten.
 */
export class Outlet {
  readonly #channel: ServerChannel
  #last: Promise<void> = Promise.resolve()
  #isClosed = false
  #goOn = (): void => {}

  constructor(channel: ServerChannel) {
    this.#channel = channel
    this.onClose(() => {
      this.#isClosed = true
      this.#goOn() // a closed channel of ssh2 never calls back
    })
  }

  onClose(listener: () => void): void {
    this.#channel.on('close', listener)
  }

  /** `sink` is the channel or its `stderr`. Resolves too where the channel is gone. */
  send(sink: Writable, bytes: Buffer): Promise<void> {
    this.#last = this.#last.then(() => this.#write(sink, bytes))
    return this.#last
  }

  async #write(sink: Writable, bytes: Buffer): Promise<void> {
    if (this.#isClosed) return
    await new Promise<void>((resolve) => {
      this.#goOn = resolve
      sink.write(bytes, () => resolve())
    })
    const leftovers = this.#channel as Leftovers
    leftovers._chunk = leftovers._chunkcb = leftovers._chunkErr = leftovers._chunkcbErr = undefined
  }
}
