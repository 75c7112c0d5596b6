/**
 * What Drush puts on its two streams, cut at its marks:
 *
 *   NUL DRUSH_BACKEND:{JSON} LF NUL                        a packet, as things happen
 *   NUL DRUSH_BACKEND_OUTPUT_START>>>{JSON}<<<DRUSH_…_END  the frame: the answer, once, at the very end
 *
 * Neither JSON holds a line feed, so lines can be read one by one; on a terminal, or with both streams in one, a line
 * may hold text beside a packet.
 */
export type Piece =
  | { piece: 'text'; text: string }
  | { piece: 'packet'; value: unknown }
  | { piece: 'frame'; value: unknown; state: 'whole' | 'empty' | 'broken' }

const PACKET = 'DRUSH_BACKEND:'
const START = 'DRUSH_BACKEND_OUTPUT_START>>>'
const END = '<<<DRUSH_BACKEND_OUTPUT_END'

/** The pieces of one line. Of several frames the last one that reads is the answer; the others were a command's output. */
export function splitLine(line: string): Piece[] {
  const last = line.lastIndexOf(START)
  if (last < 0) return splitPackets(line)
  const end = line.lastIndexOf(END)
  for (
    let start = last;
    start >= 0;
    start = start === 0 ? -1 : line.lastIndexOf(START, start - 1)
  ) {
    const value = end > start ? parseJson(line.slice(start + START.length, end)) : undefined
    if (value !== undefined)
      return [...splitPackets(line.slice(0, start)), { piece: 'frame', value, state: 'whole' }]
  }
  const isEmpty = end >= last && line.slice(last + START.length, end).trim() === ''
  const state = isEmpty ? 'empty' : 'broken'
  return [...splitPackets(line.slice(0, last)), { piece: 'frame', value: undefined, state }]
}

function splitPackets(text: string): Piece[] {
  return text
    .split('\0')
    .map((part) => part.trimEnd())
    .filter((part) => part !== '')
    .map((part) =>
      part.startsWith(PACKET)
        ? { piece: 'packet', value: parseJson(part.slice(PACKET.length)) }
        : { piece: 'text', text: part },
    )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
