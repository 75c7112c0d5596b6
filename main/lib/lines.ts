/** A whole line, and the offset in bytes just behind its newline. */
export interface Line {
  text: string
  end: number
  /** The line was longer than the limit, and `text` is its beginning. */
  isCut: boolean
}

/** Cuts a stream of bytes into lines, knowing where in the stream each one ends. */
export class LineSplitter {
  readonly #maxBytes: number
  #rest: Buffer[] = []
  #restBytes = 0
  #offset: number
  #isCut = false

  /** `offset`: where in the stream the first byte fed will stand; it must be the beginning of a line. */
  constructor(maxBytes: number, offset = 0) {
    this.#maxBytes = maxBytes
    this.#offset = offset
  }

  feed(bytes: Buffer): Line[] {
    const lines: Line[] = []
    let from = 0
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      this.#keep(bytes.subarray(from, at))
      this.#offset += at - from + 1
      lines.push(this.#take())
      from = at + 1
    }
    this.#keep(bytes.subarray(from))
    this.#offset += bytes.length - from
    return lines
  }

  /** What stands behind the last newline, once the stream is known to have ended. */
  end(): Line | undefined {
    return this.#restBytes > 0 ? this.#take() : undefined
  }

  #keep(part: Buffer): void {
    const room = this.#maxBytes - this.#restBytes
    if (part.length > room) this.#isCut = true
    const kept = part.length > room ? part.subarray(0, room) : part
    if (kept.length === 0) return
    this.#rest.push(Buffer.from(kept))
    this.#restBytes += kept.length
  }

  #take(): Line {
    const line = {
      text: Buffer.concat(this.#rest).toString('utf8'),
      end: this.#offset,
      isCut: this.#isCut,
    }
    this.#rest = []
    this.#restBytes = 0
    this.#isCut = false
    return line
  }
}
