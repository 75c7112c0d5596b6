import { z } from 'zod'

/** What the server doctor found at one check, and what to do about it. */
export const Finding = z.object({
  check: z.string().max(64),
  severity: z.enum(['ok', 'info', 'warning', 'error']),
  message: z.string().max(2000),
  remedy: z.string().max(2000).nullable(),
})
export type Finding = z.infer<typeof Finding>
