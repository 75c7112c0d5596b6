import { randomBytes } from 'node:crypto'
import type { Id } from '#shared/domain/json.ts'

/** Makes UUIDv7 text that sorts by creation, also within one millisecond. */
export class IdMaker {
  readonly #now: () => number
  #lastMs = 0
  #sequence = 0

  constructor(now: () => number) {
    this.#now = now
  }

  next(): Id {
    const ms = Math.max(this.#now(), this.#lastMs)
    this.#sequence =
      ms === this.#lastMs ? this.#sequence + 1 : randomBytes(2).readUInt16BE() & 0x7ff
    this.#lastMs = ms
    if (this.#sequence > 0xfff) {
      this.#sequence = 0
      this.#lastMs += 1
    }
    const time = this.#lastMs.toString(16).padStart(12, '0')
    const random = randomBytes(8)
    random[0] = ((random[0] ?? 0) & 0x3f) | 0x80
    const tail = random.toString('hex')
    const sequence = this.#sequence.toString(16).padStart(3, '0')
    return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence}-${tail.slice(0, 4)}-${tail.slice(4)}`
  }
}
