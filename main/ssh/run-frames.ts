import { isRunId } from './run-request.ts'
import type { RemoteRun, RunStream } from './run.ts'

/** What the far side says on a follow channel, see FOLLOW_SCRIPT. */
export type Frame =
  | { frame: 'ready' }
  | { frame: 'failed'; why: string }
  | { frame: 'data'; id: string; stage: number; stream: RunStream; offset: number; bytes: Buffer }
  | { frame: 'more'; id: string }
  | { frame: 'waiting' | 'alive' | 'ended'; id: string; run: RemoteRun }
  | { frame: 'start'; id: string; answer: 'started' | 'claimed' | 'failed'; why: string }
  | { frame: 'listed'; id: string; run: RemoteRun }
  | { frame: 'list-end' | 'polled' | 'removed' }

interface PendingData {
  id: string
  stage: number
  stream: RunStream
  offset: number
  left: number
}

const MAX_HEADER_BYTES = 8192
const MAX_NOISE_BYTES = 1024 * 1024

/** Reads frames of bytes as they come. A byte that does not belong there throws: the channel is then of no more use. */
export class FrameReader {
  readonly #mark: Buffer
  #rest: Buffer = Buffer.alloc(0)
  /** Where the bytes of the data frame that is being read belong, and how many are still to come. */
  #data: PendingData | undefined
  #isReady = false
  #noiseBytes = 0

  constructor(mark: string) {
    this.#mark = Buffer.from(`${mark} `)
  }

  read(bytes: Buffer): Frame[] {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const frames: Frame[] = []
    while (rest.length > 0) {
      if (this.#data !== undefined) {
        rest = this.#takeData(rest, frames)
        continue
      }
      const end = rest.indexOf(10)
      if (end < 0) break
      this.#takeLine(rest.subarray(0, end), frames)
      rest = rest.subarray(end + 1)
    }
    if (this.#data === undefined && rest.length > MAX_HEADER_BYTES) throw badFrame('a long line')
    this.#rest = Buffer.from(rest)
    return frames
  }

  #takeData(rest: Buffer, frames: Frame[]): Buffer {
    const data = this.#data
    if (data === undefined) return rest
    const { id, stage, stream, offset, left } = data
    const bytes = Buffer.from(rest.subarray(0, left))
    frames.push({ frame: 'data', id, stage, stream, offset, bytes })
    const stays = left - bytes.length
    this.#data = stays === 0 ? undefined : { ...data, offset: offset + bytes.length, left: stays }
    return rest.subarray(bytes.length)
  }

  #takeLine(line: Buffer, frames: Frame[]): void {
    if (!line.subarray(0, this.#mark.length).equals(this.#mark)) return this.#takeNoise(line)
    this.#isReady = true
    const words = line.subarray(this.#mark.length).toString('utf8').trim().split(' ')
    const [verb, id = '', ...others] = words
    if (verb === 'D') this.#data = parseData(id, others)
    else frames.push(parseFrame(verb ?? '', id, others))
  }

  /** A login script may print before our first line, never after it. */
  #takeNoise(line: Buffer): void {
    this.#noiseBytes += line.length + 1
    if (this.#isReady || this.#noiseBytes > MAX_NOISE_BYTES) throw badFrame('a stray line')
  }
}

function parseData(id: string, [stage, stream, offset, length]: string[]): PendingData {
  if (!isRunId(id) || (stream !== 'out' && stream !== 'err')) throw badFrame('data')
  return { id, stage: toCount(stage), stream, offset: toCount(offset), left: toCount(length) }
}

function parseFrame(verb: string, id: string, words: string[]): Frame {
  switch (verb) {
    case 'R':
      return { frame: 'ready' }
    case 'F':
      return { frame: 'failed', why: [id, ...words].join(' ') }
    case 'P':
      return { frame: 'polled' }
    case 'X':
      return { frame: 'removed' }
    case 'L':
      return id === '' ? { frame: 'list-end' } : { frame: 'listed', id, run: parseRun(words) }
    case 'M':
      return { frame: 'more', id }
    case 'W':
      return { frame: 'waiting', id, run: parseRun(words) }
    case 'A':
      return { frame: 'alive', id, run: parseRun(words) }
    case 'E':
      return { frame: 'ended', id, run: parseRun(words) }
    case 'S':
      return { frame: 'start', id, ...parseStart(words) }
    default:
      throw badFrame('an unknown word')
  }
}

function parseStart([answer, ...why]: string[]): {
  answer: 'started' | 'claimed' | 'failed'
  why: string
} {
  if (answer !== 'started' && answer !== 'claimed' && answer !== 'failed') throw badFrame('a start')
  return { answer, why: why.join(' ') }
}

/** A run's state as LOOK words it. */
export function parseRun([state, ...words]: string[]): RemoteRun {
  switch (state) {
    case 'starting':
    case 'lost':
    case 'never-started':
    case 'absent':
      return { state }
    case 'running':
      return { state, pid: toCount(words[0]) }
    case 'finished':
      return { state, exitCodes: words.map(toCount) }
    default:
      throw badFrame('a state')
  }
}

function toCount(word: string | undefined): number {
  if (word === undefined || !/^\d{1,15}$/.test(word)) throw badFrame('a number')
  return Number(word)
}

const badFrame = (what: string): Error =>
  new Error(`The far side of a follow channel sent ${what} that does not belong there`)
