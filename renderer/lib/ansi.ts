/** A piece of a line in one colour. */
export interface ColouredText {
  text: string
  /** Classes of the colour; '' for none. */
  colour: string
}

/** The eight colours of a terminal, each as it can be read on our ground, light and dark. */
const COLOURS = [
  'text-dimmed',
  'text-red-700 dark:text-red-400',
  'text-green-800 dark:text-green-400',
  'text-amber-800 dark:text-amber-400',
  'text-blue-700 dark:text-blue-400',
  'text-fuchsia-700 dark:text-fuchsia-400',
  'text-cyan-800 dark:text-cyan-400',
  'text-highlighted',
] as const
const BOLD = 'font-semibold'
const SEQUENCE = /\u001b\[([0-9;]*)m/

/**
 * Text with a terminal's colour sequences, as pieces. Letters' colours and bold are kept; what could hide text (a ground
 * of the same colour, concealing, blinking) is passed over.
 */
export function splitColours(text: string): ColouredText[] {
  const parts = text.split(SEQUENCE)
  const pieces: ColouredText[] = []
  let state: Style = PLAIN
  parts.forEach((part, at) => {
    if (at % 2 === 1) state = part.split(';').reduce(applyCode, state)
    else if (part !== '') pieces.push({ text: part, colour: toClasses(state) })
  })
  return pieces
}

interface Style {
  colour: number | null
  isBold: boolean
  /** Codes of an extended colour that are still to come and mean nothing by themselves. */
  skip: number
}
const PLAIN: Style = { colour: null, isBold: false, skip: 0 }

function applyCode(style: Style, text: string): Style {
  const code = Number(text === '' ? '0' : text)
  if (style.skip === EXTENDED) return { ...style, skip: code === 5 ? 1 : code === 2 ? 3 : 0 }
  if (style.skip > 0) return { ...style, skip: style.skip - 1 }
  if (code === 0) return PLAIN
  if (code === 1) return { ...style, isBold: true }
  if (code === 22) return { ...style, isBold: false }
  if (code === 39) return { ...style, colour: null }
  if (code === 38 || code === 48) return { ...style, skip: EXTENDED }
  if (code >= 30 && code <= 37) return { ...style, colour: code - 30 }
  if (code >= 90 && code <= 97) return { ...style, colour: code - 90 }
  return style
}
/** The next code says how many of an extended colour follow it. */
const EXTENDED = 99

const toClasses = ({ colour, isBold }: Style): string =>
  [colour === null ? '' : (COLOURS[colour] ?? ''), isBold ? BOLD : '']
    .filter((name) => name !== '')
    .join(' ')
