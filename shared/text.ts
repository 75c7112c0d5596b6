/**
 * Text from a server as it may be shown: no control characters but tab, no escape sequences beyond colour, no
 * characters that turn the reading direction. What was taken out is not replaced.
 */
export const cleanText = (text: string, { keepColours = false } = {}): string =>
  // Sequences of a terminal first (CSI, OSC, others), then single control and direction characters.
  text
    .replace(ESCAPES, (sequence) =>
      keepColours && /^\u001b\[[0-9;]*m$/.test(sequence) ? sequence : '',
    )
    .replace(keepColours ? CONTROLS_BUT_ESCAPE : CONTROLS, '')

const ESCAPES =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[PX^_][^\u001b]*(?:\u001b\\)?|[@-Z\\-_])/g
const CONTROLS =
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g
const CONTROLS_BUT_ESCAPE =
  /[\u0000-\u0008\u000a-\u001a\u001c-\u001f\u007f-\u009f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g

/** Cut to a length that a screen or a row can bear, with the cut shown. */
export const shorten = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`
