const DAY_MS = 24 * 60 * 60 * 1000

/** When something was: relative up to a day, to the minute afterwards. An instant that is yet to come is “now”. */
export function toInstantText(instant: number, now: number): string {
  const age = now - instant
  if (age >= DAY_MS) return toExactText(instant).slice(0, -3)
  if (age < 5_000) return 'now'
  if (age < 60_000) return `${Math.floor(age / 1000)} s ago`
  if (age < 60 * 60_000) return `${Math.floor(age / 60_000)} min ago`
  return `${Math.floor(age / (60 * 60_000))} h ago`
}

/** 2026-05-04 09:12:33, in this computer's zone. */
export function toExactText(instant: number): string {
  const date = new Date(instant)
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${toClockText(instant)}`
}

/** When something is yet to be: “at 09:12:33”, with the day where that is not today. */
export function toComingText(instant: number, now: number): string {
  const clock = `at ${toClockText(instant)}`
  const day = toDateText(instant)
  if (day === toDateText(now)) return clock
  // By the calendar: a day may have 23 or 25 hours.
  const today = new Date(now)
  const tomorrow = today.setDate(today.getDate() + 1)
  return `${day === toDateText(tomorrow) ? 'tomorrow' : day} ${clock}`
}

/** 2026-05-04, in this computer's zone. */
export const toDateText = (instant: number): string => toExactText(instant).slice(0, 10)

/** 05-04: month and day, in this computer's zone. */
export const toDayText = (instant: number): string => toDateText(instant).slice(5)

/** 09:12:33 */
export function toClockText(instant: number): string {
  const date = new Date(instant)
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** 09:12 */
export const toShortClockText = (instant: number): string => toClockText(instant).slice(0, 5)

const two = (value: number): string => String(value).padStart(2, '0')
