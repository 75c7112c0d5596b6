import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { Id, Instant } from '../domain/json.ts'
import { BackendState } from '../domain/objects.ts'
import { QueueOutcome } from '../domain/queue.ts'
import { TaskActivity } from '../domain/task.ts'
import { desk } from './base.ts'

export const DispatchState = z.object({
  isPaused: z.boolean(),
  running: z.number().int(),
  queued: z.number().int(),
  /** Failed since local midnight. */
  failedToday: z.number().int(),
})
export type DispatchState = z.infer<typeof DispatchState>

/** What changed; whoever shows it asks again. `tables` are those of the store. */
export const Change = z.discriminatedUnion('event', [
  z.object({ event: z.literal('stored'), table: z.string(), ids: z.array(z.string()) }),
  z.object({ event: z.literal('activity'), activity: TaskActivity }),
  z.object({ event: z.literal('backend'), state: BackendState }),
  z.object({ event: z.literal('dispatch'), state: DispatchState }),
])
export type Change = z.infer<typeof Change>

export const app = {
  info: desk.output(
    z.object({
      version: z.string(),
      shell: z.enum(['desktop', 'headless', 'command-line']),
      dataFolder: z.string(),
      startedAt: Instant,
      platform: z.string(),
      /** What the store had to say when it was opened; empty when all was well. */
      notices: z.array(z.string()),
    }),
  ),
  /** Every change from now on, beginning with the state as it is. */
  changes: desk.output(eventIterator(Change)),
  dispatchState: desk.output(DispatchState),
  pauseDispatch: desk.output(DispatchState),
  resumeDispatch: desk.output(DispatchState),
  /** Collects, starts what may start and runs the queues that are due (`force`: before their time too). */
  dispatch: desk
    .input(z.object({ force: z.boolean().default(false) }).default({ force: false }))
    .output(z.object({ started: z.array(Id), queues: z.array(QueueOutcome) })),
}

export const demo = {
  state: desk.output(
    z.object({
      isSupported: z.boolean(),
      backendId: Id.nullable(),
      /** Why it could not be made, for people. */
      problem: z.string().nullable(),
    }),
  ),
  add: desk.output(z.object({ backendId: Id })),
  remove: desk.output(z.object({})),
}
