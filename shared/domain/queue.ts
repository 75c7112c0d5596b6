import { z } from 'zod'
import { Instant } from './json.ts'

export const QueueType = z.enum(['serial', 'batch', 'spread'])
export type QueueType = z.infer<typeof QueueType>

/** What a feature declares of a queue; Aegir's keys of hosting_TYPE_queue. */
export const QueueDefinition = z.object({
  name: z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/),
  title: z.string(),
  description: z.string(),
  type: QueueType,
  frequencySeconds: z.number().min(1),
  items: z.number().int().min(1),
  isEnabled: z.boolean(),
  /** What one item is called, for sentences: “task”, “site”. */
  singular: z.string(),
  plural: z.string(),
})
export type QueueDefinition = z.infer<typeof QueueDefinition>

/** What the operator set over a definition, and what the dispatcher remembers. */
export const QueueSettings = z.object({
  name: z.string(),
  frequencySeconds: z.number().min(1).nullable(),
  items: z.number().int().min(1).nullable(),
  isEnabled: z.boolean().nullable(),
  isPaused: z.boolean(),
  lastRunAt: Instant.nullable(),
})
export type QueueSettings = z.infer<typeof QueueSettings>

/** A queue as it is shown. */
export const Queue = QueueDefinition.extend({
  isPaused: z.boolean(),
  lastRunAt: Instant.nullable(),
  runningItems: z.number().int(),
  waitingItems: z.number().int(),
})
export type Queue = z.infer<typeof Queue>
