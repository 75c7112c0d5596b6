import { z } from 'zod'
import { Id, JsonRecord } from '../domain/json.ts'
import { ObjectKind } from '../domain/objects.ts'
import { desk } from './base.ts'
import { OfferedTask } from './task.ts'

/** How many objects one order may be about. */
export const MAX_BULK = 1000

const Objects = z.object({ objectKind: ObjectKind, objectIds: z.array(Id).min(1).max(MAX_BULK) })

/** An object that is left out, and why. */
export const Refused = z.object({ objectId: Id, name: z.string(), reason: z.string() })
export type Refused = z.infer<typeof Refused>

/** A task type as it can be asked for of several objects at once. */
export const BulkOffer = OfferedTask.omit({ refusal: true, canPreview: true }).extend({
  /** For how many of the objects it is allowed now. */
  allowed: z.number().int(),
  refused: z.array(Refused),
})
export type BulkOffer = z.infer<typeof BulkOffer>

/** How far the tasks of one order have come. */
export const BulkProgress = z.object({
  title: z.string(),
  total: z.number().int(),
  queued: z.number().int(),
  processing: z.number().int(),
  success: z.number().int(),
  warning: z.number().int(),
  error: z.number().int(),
  cancelled: z.number().int(),
})
export type BulkProgress = z.infer<typeof BulkProgress>

/** What has to be typed before something is destroyed for several objects: “delete 3 sites”. */
export const toBulkConfirmation = (title: string, count: number, kind: string): string =>
  `${title.toLowerCase()} ${count} ${kind}${count === 1 ? '' : 's'}`

export const bulk = {
  /** What can be done with these objects, and which of them would be left out. */
  offered: desk.input(Objects).output(z.array(BulkOffer)),
  /** One task for each object that allows it, all in one transaction or none. */
  add: desk
    .input(
      Objects.extend({
        type: z.string(),
        values: JsonRecord.default({}),
        /** As {@link toBulkConfirmation} has it for all objects that were sent, where the type is dangerous. */
        confirmation: z.string().optional(),
      }),
    )
    .output(
      z.object({
        /** Null where every object was left out. */
        batchId: Id.nullable(),
        added: z.number().int(),
        refused: z.array(Refused),
      }),
    ),
  progress: desk.input(z.object({ batchId: Id })).output(BulkProgress),
  /** Cancels what of it has not ended; returns how many that were. */
  cancel: desk.input(z.object({ batchId: Id })).output(z.object({ cancelled: z.number().int() })),
}
