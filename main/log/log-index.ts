import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { LogLevel } from '#shared/domain/task.ts'
import type { LineStart, LogSource } from './log-line.ts'

/** Every so many entries the place in the file is remembered. */
export const BLOCK = 256
/** So many lines that begin something are remembered; a server cannot fill the memory with steps. */
const MAX_LANDMARKS = 1000
const FIRST_LEVELS = 1024
const LEVELS = LogLevel.options

const Head = z.object({
  format: z.literal(1),
  bytes: z.number().int().min(0),
  count: z.number().int().min(0),
  blocks: z.array(z.number().int().min(0)),
  offsets: z.array(
    z.object({ stage: z.number().int(), stream: z.enum(['out', 'err']), end: z.number().int() }),
  ),
  landmarks: z.array(z.number().int().min(0)),
  lastStage: z.number().int().nullable(),
  lastProgress: z.number().int().nullable(),
  crc32: z.number().int(),
})

export type LevelCounts = Record<LogLevel, number>

/**
 * What is known of a log's lines without reading them: where every 256th begins, the level of each (one byte), how far
 * each stream of the run was read, and which lines begin a stage or a step.
 */
export class LogIndex {
  readonly #blocks: number[]
  readonly #offsets: Map<string, LogSource>
  readonly #landmarks: number[]
  readonly #counts: number[] = LEVELS.map(() => 0)
  #levels: Uint8Array
  #count: number
  #bytes: number
  #lastStage: number | null
  #lastProgress: number | null

  constructor(stored?: { head: z.infer<typeof Head>; levels: Uint8Array }) {
    const head = stored?.head
    this.#blocks = head?.blocks ?? []
    this.#offsets = new Map(head?.offsets.map((source) => [keyOf(source), source]))
    this.#landmarks = head?.landmarks ?? []
    this.#levels = stored?.levels ?? new Uint8Array(FIRST_LEVELS)
    this.#count = head?.count ?? 0
    this.#bytes = head?.bytes ?? 0
    this.#lastStage = head?.lastStage ?? null
    this.#lastProgress = head?.lastProgress ?? null
    for (let index = 0; index < this.#count; index++) this.#countLevel(this.#levels[index] ?? 0)
  }

  get count(): number {
    return this.#count
  }

  /** Of the lines that were added. */
  get bytes(): number {
    return this.#bytes
  }

  get offsets(): readonly LogSource[] {
    return [...this.#offsets.values()]
  }

  get counts(): LevelCounts {
    const pairs = LEVELS.map((level, at) => [level, this.#counts[at] ?? 0])
    return Object.fromEntries(pairs) as LevelCounts
  }

  /** Lines that begin a stage or a step: the first thousand, and the newest progress. */
  get landmarks(): readonly number[] {
    const last = this.#lastProgress
    const isKnown = last === null || last <= (this.#landmarks.at(-1) ?? -1)
    return isKnown ? this.#landmarks : [...this.#landmarks, last]
  }

  /** Where in the file the block begins that holds the line. */
  blockStart(index: number): number {
    return this.#blocks[Math.floor(index / BLOCK)] ?? 0
  }

  /** Notes how far a stream was read, also for a line that is not kept. */
  noteSource({ source }: LineStart): void {
    if (source !== null) this.#offsets.set(keyOf(source), source)
  }

  /** The next line, of so many bytes with its end. */
  add(start: LineStart, bytes: number): void {
    if (this.#count % BLOCK === 0) this.#blocks.push(this.#bytes)
    this.noteSource(start)
    if (this.#isLandmark(start) && this.#landmarks.length < MAX_LANDMARKS)
      this.#landmarks.push(this.#count)
    if (start.isProgress) this.#lastProgress = this.#count
    if (start.source !== null) this.#lastStage = start.source.stage
    this.#addLevel(LEVELS.indexOf(start.level))
    this.#bytes += bytes
  }

  /** How many lines are of these levels. */
  countOf(levels: readonly LogLevel[] | undefined): number {
    if (levels === undefined) return this.#count
    return levels.reduce((sum, level) => sum + (this.#counts[LEVELS.indexOf(level)] ?? 0), 0)
  }

  levelAt(index: number): LogLevel | undefined {
    return index < this.#count ? LEVELS[this.#levels[index] ?? -1] : undefined
  }

  /** The lines of these levels from the one at `place` among them on, at most `limit`. */
  linesFrom(place: number, limit: number, levels: readonly LogLevel[]): number[] {
    const wanted = toMask(levels)
    const found: number[] = []
    let skip = place
    for (let index = 0; index < this.#count && found.length < limit; index++) {
      if (wanted[this.#levels[index] ?? -1] !== true) continue
      if (skip > 0) skip -= 1
      else found.push(index)
    }
    return found
  }

  /** How many lines of these levels stand before the line: its place among them. */
  placeOf(index: number, levels: readonly LogLevel[]): number {
    const wanted = toMask(levels)
    let place = 0
    for (let one = 0; one < Math.min(index, this.#count); one++)
      if (wanted[this.#levels[one] ?? -1] === true) place += 1
    return place
  }

  /** The next line of these levels after `from`, or before it, round the end; undefined where there is none. */
  findNext(levels: readonly LogLevel[], from: number, step: 1 | -1): number | undefined {
    const wanted = toMask(levels)
    const begin = from < 0 && step === -1 ? this.#count : from
    for (let tried = 1; tried <= this.#count; tried++) {
      const index = (begin + step * tried + 2 * this.#count) % this.#count
      if (wanted[this.#levels[index] ?? -1] === true) return index
    }
    return undefined
  }

  /** As it is kept beside the log, for whoever opens that next. */
  toBytes(): Buffer {
    const levels = Buffer.from(this.#levels.subarray(0, this.#count))
    const head: z.infer<typeof Head> = {
      format: 1,
      bytes: this.#bytes,
      count: this.#count,
      blocks: this.#blocks,
      offsets: [...this.#offsets.values()],
      landmarks: this.#landmarks,
      lastStage: this.#lastStage,
      lastProgress: this.#lastProgress,
      crc32: crc32(levels),
    }
    return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), levels])
  }

  /** What was kept; undefined where it is damaged, or is of more than the log has. */
  static parse(kept: Buffer, logBytes: number): LogIndex | undefined {
    const end = kept.indexOf(10)
    try {
      const head = Head.parse(JSON.parse(kept.toString('utf8', 0, Math.max(0, end))))
      const levels = kept.subarray(end + 1)
      const isWhole = levels.length === head.count && crc32(levels) === head.crc32
      return isWhole && head.bytes <= logBytes ? new LogIndex({ head, levels }) : undefined
    } catch {
      return undefined
    }
  }

  #isLandmark({ isProgress, source }: LineStart): boolean {
    return isProgress || this.#count === 0 || (source?.stage ?? this.#lastStage) !== this.#lastStage
  }

  #addLevel(level: number): void {
    if (this.#count === this.#levels.length) {
      const larger = new Uint8Array(Math.max(FIRST_LEVELS, this.#levels.length * 2))
      larger.set(this.#levels)
      this.#levels = larger
    }
    this.#levels[this.#count++] = level
    this.#countLevel(level)
  }

  #countLevel(level: number): void {
    this.#counts[level] = (this.#counts[level] ?? 0) + 1
  }
}

const keyOf = ({ stage, stream }: LogSource): string => `${stage} ${stream}`

const toMask = (levels: readonly LogLevel[]): boolean[] =>
  LEVELS.map((level) => levels.includes(level))
