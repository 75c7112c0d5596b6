/** A length of time for people: 0.8 s, 14 s, 3 min 20 s, 2 h 5 min, 3 d 4 h. Negative reads as none. */
export function toDurationText(durationMs: number): string {
  const ms = Math.max(0, durationMs)
  if (ms < 9_950) return ms < 50 ? '0 s' : `${trimZero((ms / 1000).toFixed(1))} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's')
  const minutes = Math.floor(seconds / 60)
  if (minutes < 24 * 60) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
  const hours = Math.floor(minutes / 60)
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

/** How often, for what is done once each time: “every minute”, “every 9 min 14 s”. */
export function toEveryText(durationMs: number): string {
  const text = toDurationText(durationMs)
  return `every ${ONE[text] ?? text}`
}
const ONE: Readonly<Record<string, string>> = {
  '1 s': 'second',
  '1 min': 'minute',
  '1 h': 'hour',
  '1 d': 'day',
}

/** A length of time in whole seconds, for what counts up on the screen. */
export const toTickingText = (durationMs: number): string =>
  toDurationText(Math.floor(Math.max(0, durationMs) / 1000) * 1000)

/** How long after a beginning: +0.4 s, +1:02.3, +2:05:09. Exact to a tenth, so that two lines can be told apart. */
export function toElapsedText(elapsedMs: number): string {
  const tenths = Math.floor(Math.max(0, elapsedMs) / 100)
  const [seconds, minutes, hours] = [
    Math.floor(tenths / 10) % 60,
    Math.floor(tenths / 600) % 60,
    Math.floor(tenths / 36_000),
  ]
  const two = (value: number): string => String(value).padStart(2, '0')
  if (hours > 0) return `+${hours}:${two(minutes)}:${two(seconds)}`
  return minutes > 0 ? `+${minutes}:${two(seconds)}.${tenths % 10}` : `+${seconds}.${tenths % 10} s`
}

const trimZero = (text: string): string => text.replace(/\.0$/, '')
const pair = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
