import { z } from 'zod'
import { Id, Instant } from '../domain/json.ts'
import { desk } from './base.ts'
import { TaskRow } from './task.ts'

/** A site whose last backup lies too far back; `lastBackupAt` is null where it never had one. */
export const UnsavedSite = z.object({
  id: Id,
  name: z.string(),
  serverTitle: z.string(),
  lastBackupAt: Instant.nullable(),
})
export type UnsavedSite = z.infer<typeof UnsavedSite>

/** A site whose certificate ends soon, or has ended. */
export const ExpiringSite = z.object({
  id: Id,
  name: z.string(),
  serverTitle: z.string(),
  expiresAt: Instant,
})
export type ExpiringSite = z.infer<typeof ExpiringSite>

/** What a list shows of the first few, and how many there are. */
const few = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), total: z.number().int() })

/** What asks for the person. Host keys and secrets are not part of it: they come with the backends' states. */
export const Needs = z.object({
  /** Failed in the last fourteen days, with nothing of the same kind done for the object since. */
  failed: few(TaskRow),
  /** Running, but nothing is known of them at the moment. */
  doubtful: z.array(TaskRow),
  unsaved: few(UnsavedSite),
  /** Certificates in use that end within fourteen days, the first to end first. */
  expiring: few(ExpiringSite),
})
export type Needs = z.infer<typeof Needs>

/** Tasks that ended on one day, from local midnight on. */
export const DayCount = z.object({
  startAt: Instant,
  success: z.number().int(),
  warning: z.number().int(),
  error: z.number().int(),
  cancelled: z.number().int(),
  /** Of those that succeeded, with or without warnings; null where none did. */
  medianMs: z.number().nullable(),
})
export type DayCount = z.infer<typeof DayCount>

export const overview = {
  needs: desk.output(Needs),
  /** The last fourteen days, today among them and last. */
  days: desk.output(z.array(DayCount)),
}
