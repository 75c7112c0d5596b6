import { z } from 'zod'
import { Form } from './form.ts'
import { Instant, JsonRecord } from './json.ts'

/**
 * serial: every period a fixed number of items. batch: all items once a period, in a few evenly spaced chunks.
 * spread: all items once a period, one by one where a minute between them is enough.
 */
export const QueueType = z.enum(['serial', 'batch', 'spread'])
export type QueueType = z.infer<typeof QueueType>

/** Periods of 0 were possible in Aegir and divided by zero; a whole second is the least here. */
export const FrequencySeconds = z.number().int().min(1).max(315_360_000)
export const QueueItems = z.number().int().min(1).max(1000)

const Count = z.number().int().min(1).max(1_000_000)

/** What a feature declares of a queue: Aegir's keys and defaults of hook_hosting_queues. */
export const QueueDefinition = z.object({
  name: z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/),
  title: z.string().min(1).max(200),
  description: z.string().max(2000).default(''),
  type: QueueType.default('serial'),
  frequencySeconds: FrequencySeconds.default(300),
  /** Of a serial queue: how many items a period. */
  items: QueueItems.default(5),
  /** Of a batch queue: into how many chunks its period may be divided, and how many items make a chunk. */
  maxThreads: Count.default(6),
  minThreads: Count.default(1),
  threshold: Count.default(100),
  /** How long one run may take to say what is to be done. */
  timeoutSeconds: z.number().int().min(1).max(86_400).default(600),
  isEnabled: z.boolean().default(true),
  /** What one item is called, for sentences: “task”, “site”. */
  singular: z.string().min(1).max(64).default('item'),
  plural: z.string().min(1).max(64).default('items'),
})
export type QueueDefinition = z.infer<typeof QueueDefinition>

/** What the operator set over a definition, and what the dispatcher remembers. Null: as the definition says. */
export const QueueSettings = z.object({
  name: z.string(),
  frequencySeconds: FrequencySeconds.nullable(),
  items: QueueItems.nullable(),
  isEnabled: z.boolean().nullable(),
  isPaused: z.boolean(),
  lastRunAt: Instant.nullable(),
  /** Of the queue's own form. */
  values: JsonRecord.default({}),
})
export type QueueSettings = z.infer<typeof QueueSettings>

/** A queue with the operator's settings, its counts, and the arithmetic over them (queue-plan.ts). */
export const PlannedQueue = QueueDefinition.extend({
  /** By itself, or because everything is. */
  isPaused: z.boolean(),
  lastRunAt: Instant.nullable(),
  /** How many items there are; null where a serial queue does not say. */
  totalItems: z.number().int().min(0).nullable(),
  runningItems: z.number().int().min(0),
  /** Into how many chunks the period is divided, perhaps a fraction; null where the type knows none. */
  threads: z.number().min(1).nullable(),
  /** Seconds between two runs, perhaps a fraction. */
  intervalSeconds: z.number().positive(),
  /** How many items one run takes on, those still running among them. */
  plannedItems: z.number().int().min(0),
})
export type PlannedQueue = z.infer<typeof PlannedQueue>

/** A queue as it is shown. */
export const Queue = PlannedQueue.extend({
  waitingItems: z.number().int(),
  /** When it is due next; null while it is off or paused. */
  nextRunAt: Instant.nullable(),
  /** What the operator has set; null as the definition says. */
  settings: QueueSettings.pick({ frequencySeconds: true, items: true, isEnabled: true }),
  /** The queue's own settings, and what they are now. */
  form: Form,
  values: JsonRecord,
})
export type Queue = z.infer<typeof Queue>

/** What a dispatch, or a run by hand, came to for one queue. */
export const QueueOutcome = z.discriminatedUnion('state', [
  z.object({
    queue: z.string(),
    state: z.literal('ran'),
    items: z.number().int(),
    /** Numbers of the tasks that it added. */
    added: z.array(z.number().int()),
    /** How many waiting tasks it started. */
    started: z.number().int(),
  }),
  z.object({ queue: z.string(), state: z.literal('too-early'), dueAt: Instant }),
  z.object({ queue: z.string(), state: z.literal('disabled') }),
  z.object({ queue: z.string(), state: z.literal('paused') }),
  /** There is nothing to do. */
  z.object({ queue: z.string(), state: z.literal('idle') }),
  /** As many items run as may. */
  z.object({ queue: z.string(), state: z.literal('full'), runningItems: z.number().int() }),
  /** Another run of it has not ended. */
  z.object({ queue: z.string(), state: z.literal('locked'), since: Instant }),
  z.object({ queue: z.string(), state: z.literal('failed'), message: z.string() }),
])
export type QueueOutcome = z.infer<typeof QueueOutcome>
