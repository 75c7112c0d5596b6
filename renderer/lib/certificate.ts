import { toDurationText } from './duration.ts'
import type { Tone } from './task-state.ts'

const DAY_MS = 86_400_000
/** An authority's certificate is renewed when a third of its time is left; below this something went wrong. */
export const NEAR_END_MS = 14 * DAY_MS

/** How long a certificate still lasts, in words. */
export function toCertificateAge(expiresAt: number, now: number): { words: string; tone: Tone } {
  const left = expiresAt - now
  if (left <= 0) return { words: `ended ${toDurationText(-left)} ago`, tone: 'error' }
  const words = left >= DAY_MS ? `ends in ${days(left)}` : `ends in ${toDurationText(left)}`
  return { words, tone: left < NEAR_END_MS ? 'warning' : 'neutral' }
}

function days(ms: number): string {
  const count = Math.floor(ms / DAY_MS)
  return `${count} ${count === 1 ? 'day' : 'days'}`
}
