import { z } from 'zod'
import { Instant } from '../domain/json.ts'

/** Another desk that uses a backend, as that remembers it. */
export const OtherDesk = z.object({
  id: z.string(),
  /** Of the computer that it runs on. */
  hostName: z.string(),
  /** When it was last connected, by its own clock. */
  seenAt: Instant,
})
export type OtherDesk = z.infer<typeof OtherDesk>
