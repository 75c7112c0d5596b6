import { z } from 'zod'
import { Id, Instant, JsonRecord } from '../domain/json.ts'
import { ContextName } from '../domain/names.ts'
import { TaskType } from '../domain/task.ts'

/** What a server wrote of a run that it began by itself: the file `task.json` in the run's folder. */
export const ServerTask = z.object({
  format: z.literal(1),
  id: Id,
  /** The context, without `@`. */
  context: ContextName,
  type: TaskType,
  /** The queue that began it. */
  queue: z.string().max(64),
  args: z.array(z.string().max(4096)).max(1000),
  options: JsonRecord,
  /** By the server's clock. */
  startedAt: Instant,
})
export type ServerTask = z.infer<typeof ServerTask>
