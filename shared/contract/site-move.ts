import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { Id } from '../domain/json.ts'
import { desk } from './base.ts'

/** How far a move has come; the last one is its report. */
export const MoveEvent = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('step'),
    step: z.number().int(),
    of: z.number().int(),
    title: z.string(),
  }),
  z.object({ event: z.literal('carried'), bytes: z.number(), ofBytes: z.number() }),
  z.object({
    event: z.literal('report'),
    /** The site as it is on the other server. */
    siteId: Id,
    /** What could not be carried, and what is left to the person, each in a sentence. */
    left: z.array(z.string()),
  }),
])
export type MoveEvent = z.infer<typeof MoveEvent>

export const siteMove = {
  /**
   * Copies a site onto a platform of another backend of our own, also one of Aegir's: back up there, carry over, import
   * here, verify. The site that was there is not touched.
   */
  move: desk.input(z.object({ siteId: Id, platformId: Id })).output(eventIterator(MoveEvent)),
}
