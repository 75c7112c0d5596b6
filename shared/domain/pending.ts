import { z } from 'zod'
import { Json } from './json.ts'
import { Task } from './task.ts'

/** A lasting key whose value here is not yet that of the backend. Null: the key is not set there, or not to be set. */
export const PendingChange = z.object({ key: z.string(), saved: Json, wanted: Json })
export type PendingChange = z.infer<typeof PendingChange>

/** What of an object is not yet on its server. */
export const PendingChanges = z.object({
  /** Empty where everything is there, and before the object's first save. Secrets are dots. */
  changes: z.array(PendingChange),
  /** The task that carries them there, waiting or running; null where none does. */
  task: Task.nullable(),
  /** Whether some of it can be made here again as the backend has it. */
  canTakeBack: z.boolean(),
})
export type PendingChanges = z.infer<typeof PendingChanges>
