import { z } from 'zod'
import { Instant } from './json.ts'

export const SiteLogName = z.enum(['access', 'error'])
export type SiteLogName = z.infer<typeof SiteLogName>

/** A piece of a site's log, in whole lines, as its server keeps it. */
export const SiteLogPage = z.object({
  /** The oldest first. */
  lines: z.array(z.string().max(40_000)).max(1000),
  /** Where the piece begins in the file, in bytes: what is before it is asked for by this. */
  from: z.number().int().min(0),
  sizeBytes: z.number().int().min(0),
  /** When something was last written, by the server's clock; null where there is no such file. */
  changedAt: Instant.nullable(),
})
export type SiteLogPage = z.infer<typeof SiteLogPage>
