import type { Tone } from './task-state.ts'

/** A way to fill that is told apart without its colour. */
export type Pattern = 'solid' | 'dots' | 'stripes' | 'hollow'

/** The colour of a tone as the page has it now: charts are drawn on a canvas, which knows no variables. */
export function colourOf(tone: Tone | 'text' | 'line'): string {
  return getComputedStyle(document.documentElement).getPropertyValue(VARIABLES[tone]).trim()
}

const VARIABLES: Readonly<Record<Tone | 'text' | 'line', string>> = {
  neutral: '--ui-text-muted',
  info: '--ui-info',
  success: '--ui-success',
  warning: '--ui-warning',
  error: '--ui-error',
  text: '--ui-text-muted',
  line: '--ui-border',
}

const SIZE = 6

/** What a canvas fills with. */
export function toFill(pattern: Pattern, colour: string): CanvasPattern | string {
  if (pattern === 'solid') return colour
  const tile = document.createElement('canvas')
  tile.width = tile.height = SIZE
  const context = tile.getContext('2d')
  if (context === null) return colour
  context.strokeStyle = context.fillStyle = colour
  if (pattern === 'dots') context.fillRect(1, 1, 3, 3)
  if (pattern === 'stripes') drawStripes(context)
  return context.createPattern(tile, 'repeat') ?? colour
}

/** Two strokes, so that the tiles meet without a gap. */
function drawStripes(context: CanvasRenderingContext2D): void {
  context.lineWidth = 2
  context.beginPath()
  for (const shift of [-SIZE, 0, SIZE]) {
    context.moveTo(shift - 1, SIZE + 1)
    context.lineTo(shift + SIZE + 1, -1)
  }
  context.stroke()
}
