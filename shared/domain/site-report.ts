import { z } from 'zod'
import { MAX_PACKAGES, PlatformPackage } from './platform-source.ts'

const Line = z.string().max(100)

/**
 * How a site with code is, as a script in its slot found it when it was last verified or got other code or another database:
 * its own word, cleaned and bounded. Null is what the site did not say, or what its application cannot tell.
 */
export const SiteReport = z.object({
  /** Of its application, as the site sees it. */
  version: Line.nullable(),
  php: z
    .object({
      version: Line.nullable(),
      /** As PHP writes them: `256M`. */
      memoryLimit: Line.nullable(),
      uploadLimit: Line.nullable(),
      /** 0 where a page may run for ever. */
      maxSeconds: z.number().int().min(0).nullable(),
    })
    .nullable(),
  database: z.object({ isAnswering: z.boolean(), version: Line.nullable() }).nullable(),
  isInMaintenance: z.boolean().nullable(),
  /** Changes of the database that its code waits for. */
  pendingUpdates: z.number().int().min(0).nullable(),
  /** Those that are active. */
  packages: z.array(PlatformPackage).max(MAX_PACKAGES),
})
export type SiteReport = z.infer<typeof SiteReport>

/** What a backend reported; null where it did not, or where it does not read. */
export const parseSiteReport = (value: unknown): SiteReport | null =>
  SiteReport.safeParse(value).data ?? null
