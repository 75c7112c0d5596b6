import type { LogEntry } from '#shared/domain/task.ts'
import { cleanText } from '#shared/text.ts'
import { splitColours } from './ansi.ts'

/** A piece of a line as it is shown. */
export interface LinePiece {
  text: string
  colour: string
  isHit: boolean
}

/** A longer line is shown cut; the file that is saved has it whole. */
const MAX_CHARACTERS = 20_000

/** What a server wrote as pieces to show: its colours, and the places that hold `search`, each cut at the other's ends. */
export function toPieces(text: string, search: string): LinePiece[] {
  const coloured = splitColours(cleanText(text, { keepColours: true }).slice(0, MAX_CHARACTERS))
  const isHitAt = hitsIn(coloured.map((piece) => piece.text).join(''), search)
  const pieces: LinePiece[] = []
  let at = 0
  for (const { text: whole, colour } of coloured) {
    for (const cut of isHitAt.cut(at, at + whole.length)) pieces.push({ ...cut, colour })
    at += whole.length
  }
  return pieces
}

/** `text` cut at every place that holds `search`, in any case; the odd pieces are the hits. */
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

/** A text's hits, asked for piece by piece. */
function hitsIn(
  text: string,
  search: string,
): { cut: (from: number, to: number) => { text: string; isHit: boolean }[] } {
  const parts = splitAtHits(text, search)
  return {
    cut(from, to) {
      const found: { text: string; isHit: boolean }[] = []
      let at = 0
      parts.forEach((part, place) => {
        const piece = text.slice(Math.max(at, from), Math.max(from, Math.min(at + part.length, to)))
        if (piece !== '') found.push({ text: piece, isHit: place % 2 === 1 })
        at += part.length
      })
      return found
    },
  }
}

/** The log as a text file. */
export const toLogText = (entries: readonly LogEntry[]): string =>
  entries
    .map(({ serverAt, arrivedAt, level, text }) => {
      const at = new Date(serverAt ?? arrivedAt).toISOString()
      return `${at} ${level.padEnd(7)} ${cleanText(text)}\n`
    })
    .join('')
