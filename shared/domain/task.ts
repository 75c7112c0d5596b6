import { z } from 'zod'
import { Id, Instant, JsonRecord } from './json.ts'
import { ObjectKind } from './objects.ts'

export const TaskStatus = z.enum([
  'queued',
  'processing',
  'success',
  'warning',
  'error',
  'cancelled',
])
export type TaskStatus = z.infer<typeof TaskStatus>

/** A status after which nothing more happens to the attempt. */
export const isEnded = (status: TaskStatus): boolean =>
  status !== 'queued' && status !== 'processing'

/** The type of a task: Aegir's names, in lower case with hyphens. */
export const TaskType = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/)
export type TaskType = string

export const Progress = z.object({
  /** The one that is under way, counted from 1; the last one also when all are done. */
  step: z.number().int().min(0),
  of: z.number().int().min(0),
  title: z.string(),
})
export type Progress = z.infer<typeof Progress>

/** Why a queued task has not begun. */
export const Waiting = z.discriminatedUnion('reason', [
  z.object({ reason: z.literal('task'), taskId: Id, title: z.string() }),
  z.object({ reason: z.literal('queue-limit') }),
  z.object({ reason: z.literal('backend-limit') }),
  z.object({ reason: z.literal('paused') }),
  /** A feature lets other tasks go first. */
  z.object({ reason: z.literal('held') }),
  z.object({ reason: z.literal('secret'), backendId: Id }),
  z.object({ reason: z.literal('host-key'), backendId: Id }),
  z.object({
    reason: z.literal('unreachable'),
    backendId: Id,
    message: z.string(),
    retryAt: Instant.nullable(),
  }),
  z.object({ reason: z.literal('overload'), message: z.string(), retryAt: Instant }),
])
export type Waiting = z.infer<typeof Waiting>

/** Where a task came from. */
export const TaskOrigin = z.enum(['user', 'command-line', 'edit', 'queue', 'hook', 'server'])
export type TaskOrigin = z.infer<typeof TaskOrigin>

export const Task = z.object({
  id: Id,
  /** For people; never a key. */
  number: z.number().int().min(1),
  type: TaskType,
  objectKind: ObjectKind,
  objectId: Id,
  backendId: Id,
  /** Context name at the time the task was added, so that history stays readable. */
  objectName: z.string(),
  status: TaskStatus,
  /** What the person entered in the task's form. */
  values: JsonRecord,
  origin: TaskOrigin,
  /** This task runs only after that one has succeeded. */
  afterId: Id.nullable(),
  /** What was asked for of many objects at once has the same here; null where it stands alone. */
  batchId: Id.nullable().default(null),
  attemptId: Id.nullable(),
  attempts: z.number().int().min(0),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  cancelRequestedAt: Instant.nullable(),
  errorCode: z.string().nullable(),
  errorMessage: z.string().nullable(),
  warnings: z.number().int().min(0),
})
export type Task = z.infer<typeof Task>

/** One try of a task. Its id is the id of its run on the backend and of its log here. */
export const Attempt = z.object({
  id: Id,
  taskId: Id,
  number: z.number().int().min(1),
  status: TaskStatus,
  startedAt: Instant,
  endedAt: Instant.nullable(),
  /** What was sent, for the task's page and for a restart; secrets are never part of it. */
  sent: z.object({
    command: z.string(),
    args: z.array(z.string()),
    options: JsonRecord,
    contexts: z.array(z.object({ name: z.string(), options: JsonRecord })),
  }),
  /** 1, or 2 where the first claim never started. */
  claim: z.union([z.literal(1), z.literal(2)]),
  errorCode: z.string().nullable(),
  errorMessage: z.string().nullable(),
})
export type Attempt = z.infer<typeof Attempt>

/** Facts of a running task that are kept in memory only, with their age. */
export const TaskActivity = z.object({
  taskId: Id,
  progress: Progress.nullable(),
  /** When the far side was last heard to run it. */
  lastSeenAt: Instant.nullable(),
  /** Since when nothing is known of it. */
  doubtSince: Instant.nullable(),
  doubtReason: z.string().nullable(),
  waiting: Waiting.nullable(),
  /** 1 for the next to start; null where the task does not wait. */
  position: z.number().int().min(1).nullable(),
})
export type TaskActivity = z.infer<typeof TaskActivity>

export const LogLevel = z.enum(['debug', 'info', 'success', 'warning', 'error'])
export type LogLevel = z.infer<typeof LogLevel>

/** One entry of an attempt's log. */
export const LogEntry = z.object({
  /** 0 for the first entry; entries have no gaps. */
  index: z.number().int().min(0),
  kind: z.enum(['message', 'progress', 'output']),
  level: LogLevel,
  text: z.string(),
  /** By the server's clock; null where the line carried no time. */
  serverAt: Instant.nullable(),
  arrivedAt: Instant,
  stage: z.string().nullable(),
  progress: Progress.nullable(),
})
export type LogEntry = z.infer<typeof LogEntry>

/** How the log of an attempt stands. */
export const LogState = z.object({
  /** How many entries there are of each level. */
  counts: z.record(LogLevel, z.number().int()),
  /** Entries that begin a stage or a step and were not told before; the first entry is one. */
  landmarks: z.array(LogEntry),
  /** The last entries, at most a screenful. */
  tail: z.array(LogEntry),
  /** Nothing will be added any more. */
  isEnded: z.boolean(),
})
export type LogState = z.infer<typeof LogState>
