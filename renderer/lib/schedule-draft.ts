import { toDurationText } from './duration.ts'

/** How often a site is backed up by itself; “never” is no schedule. */
export const SCHEDULES: readonly { value: string; label: string; seconds: number | null }[] = [
  { value: 'never', label: 'Not by itself', seconds: null },
  { value: 'hour', label: 'Every hour', seconds: 3600 },
  { value: 'six-hours', label: 'Every six hours', seconds: 21_600 },
  { value: 'day', label: 'Every day', seconds: 86_400 },
  { value: 'week', label: 'Every week', seconds: 604_800 },
  { value: 'month', label: 'Every 30 days', seconds: 2_592_000 },
]

/** The schedules to choose from: what the site has is one of them, also where it was set elsewhere. */
export function schedulesWith(seconds: number | null): typeof SCHEDULES {
  if (SCHEDULES.some((one) => one.seconds === seconds)) return SCHEDULES
  return [
    ...SCHEDULES,
    { value: 'own', label: `Every ${toDurationText((seconds ?? 0) * 1000)}`, seconds },
  ]
}

export const toScheduleSeconds = (value: string, before: number | null): number | null =>
  schedulesWith(before).find((one) => one.value === value)?.seconds ?? null

export const toScheduleValue = (seconds: number | null): string =>
  SCHEDULES.find((one) => one.seconds === seconds)?.value ?? 'own'
