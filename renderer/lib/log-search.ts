import type { LogEntry, LogLevel } from '#shared/domain/task.ts'

export interface LogFilter {
  /** The least level that is shown. */
  level: LogLevel
  /** Only lines that hold this, in any case; '' is every line. */
  search: string
}

const WEIGHT: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  success: 1,
  warning: 2,
  error: 3,
}

/** Whether a line passes the filter. */
export const isShown = (entry: LogEntry, { level, search }: LogFilter): boolean =>
  WEIGHT[entry.level] >= WEIGHT[level] && includesText(entry.text, search)

/** Whether `text` holds `search`, in any case. */
export const includesText = (text: string, search: string): boolean =>
  search === '' || text.toLowerCase().includes(search.toLowerCase())

/** The next line at which `isHit` after `from`, round the end to the start; -1 where there is none. */
export function findNext<Line>(
  lines: readonly Line[],
  from: number,
  isHit: (line: Line) => boolean,
  step: 1 | -1 = 1,
): number {
  for (let tried = 1; tried <= lines.length; tried++) {
    const index = (((from + step * tried) % lines.length) + lines.length) % lines.length
    const line = lines[index]
    if (line !== undefined && isHit(line)) return index
  }
  return -1
}

/** `text` cut at every place that holds `search`, for marking; the odd pieces are the hits. */
export function splitAtHits(text: string, search: string): string[] {
  if (search === '') return [text]
  const pieces: string[] = []
  const [lowText, lowSearch] = [text.toLowerCase(), search.toLowerCase()]
  // A letter whose lower case is longer would shift the places; such a line is shown unmarked.
  if (lowText.length !== text.length) return [text]
  let from = 0
  for (;;) {
    const at = lowText.indexOf(lowSearch, from)
    if (at === -1) return [...pieces, text.slice(from)]
    pieces.push(text.slice(from, at), text.slice(at, at + lowSearch.length))
    from = at + lowSearch.length
  }
}

/** The log as a text file. */
export const toLogText = (entries: readonly LogEntry[]): string =>
  entries
    .map(({ serverAt, arrivedAt, level, text }) => {
      const at = new Date(serverAt ?? arrivedAt).toISOString()
      return `${at} ${level.padEnd(7)} ${text}\n`
    })
    .join('')
