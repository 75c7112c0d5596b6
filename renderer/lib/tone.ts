import type { Tone } from './task-state.ts'

/** The colour of a state's shape and words. */
export const TONE_CLASS: Readonly<Record<Tone, string>> = {
  neutral: 'text-muted',
  info: 'text-info',
  success: 'text-success',
  warning: 'text-warning',
  error: 'text-error',
}
