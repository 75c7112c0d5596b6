import type { LogLevel } from '#shared/domain/task.ts'
import { cleanText } from '#shared/text.ts'
import type { LogFile } from './log-file.ts'

export interface LogHits {
  /** Indexes of lines that hold the text, rising. */
  hits: number[]
  /** How many lines of the log were searched so far. */
  searched: number
}

export interface LogQuestion {
  text: string
  /** Only lines of these count; all do where none are named. */
  levels?: readonly LogLevel[] | undefined
}

/** The lines from `from` to the end that hold the text as it is shown, in any case. The file is read in pieces. */
export async function* searchLog(
  log: LogFile,
  from: number,
  { text, levels }: LogQuestion,
  signal?: AbortSignal,
): AsyncGenerator<LogHits> {
  const holds = matcherOf(text)
  const isWanted = (index: number): boolean => {
    const level = log.index.levelAt(index)
    return levels === undefined || (level !== undefined && levels.includes(level))
  }
  let searched = from
  for await (const lines of log.rawLines(from, signal)) {
    const hits: number[] = []
    for (const line of lines) {
      if (isWanted(searched) && holds(line)) hits.push(searched)
      searched += 1
    }
    yield { hits, searched }
  }
}

/**
 * Whether a line of the file holds the text. Most do not, and that is seen without parsing them: JSON writes the text as
 * it is, but for a few letters. A line with escape sequences is parsed, since what is shown is without them.
 */
function matcherOf(text: string): (line: string) => boolean {
  const wanted = text.toLowerCase()
  const written = JSON.stringify(wanted).slice(1, -1)
  return (line) => {
    if (!line.toLowerCase().includes(written) && !line.includes(ESCAPE)) return false
    return shownText(line).toLowerCase().includes(wanted)
  }
}

/** As JSON writes the character with which every sequence of a terminal begins. */
const ESCAPE = '\\u001b'

function shownText(line: string): string {
  try {
    const { text } = JSON.parse(line) as { text?: unknown }
    return typeof text === 'string' ? cleanText(text) : ''
  } catch {
    return ''
  }
}
