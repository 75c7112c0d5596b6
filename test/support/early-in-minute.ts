import { eventually } from './eventually.ts'

/** Waits where the minute is nearly over: what is reckoned by whole minutes shall not meet the next one within a test. */
export const earlyInMinute = (): Promise<void> =>
  eventually(
    () => {
      if (new Date().getSeconds() > 45) throw new Error('the minute is nearly over')
    },
    { timeoutMs: 20_000 },
  )
