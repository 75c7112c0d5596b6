import { LogEntry, LogLevel } from '#shared/domain/task.ts'
import { shorten } from '#shared/text.ts'

/** Where a line came from: a stream of a stage of the run, and the offset in bytes behind it over there. */
export interface LogSource {
  stage: number
  stream: 'out' | 'err'
  end: number
}

/** An entry as it is appended; its index is its place in the log. */
export interface NewLogEntry extends Omit<LogEntry, 'index'> {
  /** Null for what was not said by the far side. */
  source: LogSource | null
}

/** A longer text is cut; so much of one line no one reads, and no screen bears. */
export const MAX_TEXT = 16 * 1024
const MAX_TITLE = 500

const StoredEntry = LogEntry.omit({ index: true })
const SOURCE = Buffer.from('{"source":')
const LEVEL = ',"level":"'
const KIND = '","kind":"'

/** One line of a log's file. Source and level come first, so that they can be read without parsing the line. */
export function renderLine(entry: NewLogEntry): string {
  const { kind, level, text, serverAt, arrivedAt, stage, progress, source } = entry
  const place = source === null ? null : [source.stage, source.stream, source.end]
  const rest = JSON.stringify({
    level,
    kind,
    text: cutText(text),
    serverAt,
    arrivedAt,
    stage: stage === null ? null : shorten(stage, MAX_TITLE),
    progress: progress === null ? null : { ...progress, title: shorten(progress.title, MAX_TITLE) },
  })
  return `{"source":${JSON.stringify(place)},${rest.slice(1)}\n`
}

const cutText = (text: string): string =>
  text.length <= MAX_TEXT
    ? text
    : `${text.slice(0, MAX_TEXT)}… (cut here; the whole text has ${text.length} characters)`

/** An entry of a log's file; one that cannot be read says so, since a damaged line must not hide the others. */
export function parseLine(line: string, index: number): LogEntry {
  try {
    return { ...StoredEntry.parse(JSON.parse(line)), index }
  } catch {
    return {
      index,
      kind: 'message',
      level: 'warning',
      text: 'This line of the log is damaged and cannot be read.',
      serverAt: null,
      arrivedAt: 0,
      stage: null,
      progress: null,
    }
  }
}

/** What is known of a line without parsing it. */
export interface LineStart {
  source: LogSource | null
  level: LogLevel
  isProgress: boolean
}

/** What the index is told of a line that cannot be read: it is shown as a warning. */
export const DAMAGED_START: LineStart = { source: null, level: 'warning', isProgress: false }

/** The start of the line at `at`, read byte by byte: a million lines take a fraction of a second. */
export function parseLineStart(bytes: Buffer, at: number): LineStart | undefined {
  if (bytes.compare(SOURCE, 0, SOURCE.length, at, Math.min(at + SOURCE.length, bytes.length)) !== 0)
    return undefined
  const place = at + SOURCE.length
  const found =
    bytes[place] === BRACKET ? parseSource(bytes, place + 1) : { source: null, end: place + 4 }
  if (found === undefined || !hasText(bytes, found.end, LEVEL)) return undefined
  const level = LEVEL_BY_LETTER.get(bytes[found.end + LEVEL.length] ?? 0)
  if (level === undefined) return undefined
  const kind = found.end + LEVEL.length + level.length
  return {
    source: found.source,
    level,
    isProgress: hasText(bytes, kind, KIND) && bytes[kind + KIND.length] === LETTER_P,
  }
}

/** No two levels begin with the same letter; of the kinds only “progress” begins with its own. */
const LEVEL_BY_LETTER = new Map(LogLevel.options.map((level) => [level.charCodeAt(0), level]))
const LETTER_P = 0x70
const BRACKET = 0x5b

const hasText = (bytes: Buffer, at: number, text: string): boolean =>
  bytes.toString('latin1', at, at + text.length) === text

function parseSource(bytes: Buffer, at: number): { source: LogSource; end: number } | undefined {
  const stage = parseDigits(bytes, at)
  const name = bytes.toString('latin1', stage.end, stage.end + 7)
  const stream = name === ',"out",' ? 'out' : name === ',"err",' ? 'err' : undefined
  if (stream === undefined) return undefined
  const end = parseDigits(bytes, stage.end + 7)
  return { source: { stage: stage.value, stream, end: end.value }, end: end.end + 1 }
}

function parseDigits(bytes: Buffer, at: number): { value: number; end: number } {
  let value = 0
  let end = at
  for (;;) {
    const digit = (bytes[end] ?? 0) - 48
    if (digit < 0 || digit > 9) return { value, end }
    value = value * 10 + digit
    end += 1
  }
}
