import { z } from 'zod'
import { Instant, JsonRecord } from '../domain/json.ts'
import { FrequencySeconds, Queue, QueueItems, QueueOutcome } from '../domain/queue.ts'
import { desk } from './base.ts'

const QueueName = z.object({ name: z.string().max(64) })

/** A hook that was left out because it failed. */
export const HookProblem = z.object({
  feature: z.string(),
  hook: z.string(),
  message: z.string(),
  at: Instant,
  times: z.number().int(),
})
export type HookProblem = z.infer<typeof HookProblem>

export const queue = {
  list: desk.output(z.array(Queue)),
  /** Runs it now, whether or not it is due or enabled; `force`: also while it is paused or another run goes on. */
  run: desk
    .input(QueueName.extend({ items: QueueItems.optional(), force: z.boolean().default(false) }))
    .output(QueueOutcome),
  pause: desk.input(QueueName).output(Queue),
  resume: desk.input(QueueName).output(Queue),
  /** What is absent stays; null goes back to the queue's own. `items` can be set of serial queues only. */
  edit: desk
    .input(
      QueueName.extend({
        frequencySeconds: FrequencySeconds.nullable().optional(),
        items: QueueItems.nullable().optional(),
        isEnabled: z.boolean().nullable().optional(),
        /** Of the queue's own form, all of them. */
        values: JsonRecord.optional(),
      }),
    )
    .output(Queue),
  /** What went wrong in features that could tell no task, newest first. */
  problems: desk.output(z.array(HookProblem)),
}
