import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { Form } from '../domain/form.ts'
import { Id, Instant, JsonRecord } from '../domain/json.ts'
import { ObjectKind } from '../domain/objects.ts'
import {
  Attempt,
  LogEntry,
  LogLevel,
  LogState,
  Task,
  TaskActivity,
  TaskStatus,
} from '../domain/task.ts'
import { PlannedChange } from '../protocol/planned-change.ts'
import { desk, Page, pageOf } from './base.ts'

/** A task type as an object's page offers it. */
export const OfferedTask = z.object({
  type: z.string(),
  title: z.string(),
  description: z.string(),
  /** Lower comes first. */
  weight: z.number(),
  form: Form,
  /** It destroys something: the dialog asks for the object's name. */
  isDangerous: z.boolean(),
  /** It cannot be undone or is asked for by mistake easily: a dialog comes before it. */
  hasDialog: z.boolean(),
  /** Why it is not allowed now; null where it is. */
  refusal: z.string().nullable(),
  /** Whether its server can say beforehand what it would change. */
  canPreview: z.boolean(),
})
export type OfferedTask = z.infer<typeof OfferedTask>

export const TaskRow = Task.extend({
  /** The type's title: “Verify”. */
  title: z.string(),
  /** The object's title as it is today. */
  objectTitle: z.string(),
  backendTitle: z.string(),
  activity: TaskActivity.nullable(),
})
export type TaskRow = z.infer<typeof TaskRow>

export const TaskDetails = TaskRow.extend({ history: z.array(Attempt) })
export type TaskDetails = z.infer<typeof TaskDetails>

/** What a task would change on its server; nothing has been changed. */
export const TaskPreview = z.object({
  changes: z.array(PlannedChange),
  warnings: z.array(z.string()),
  /** Why the server would refuse it; null where it would not. */
  refusal: z.object({ code: z.string(), message: z.string() }).nullable(),
})
export type TaskPreview = z.infer<typeof TaskPreview>

export const task = {
  list: desk
    .input(
      Page.extend({
        statuses: z.array(TaskStatus).optional(),
        objectId: Id.optional(),
        backendId: Id.optional(),
        batchId: Id.optional(),
      }),
    )
    .output(pageOf(TaskRow)),
  get: desk.input(z.object({ id: Id })).output(TaskDetails),
  /** By the short number that people read. */
  getByNumber: desk.input(z.object({ number: z.number().int() })).output(TaskDetails),
  offered: desk
    .input(
      z.object({
        objectKind: ObjectKind,
        objectId: Id,
        /** Also those that no page shows. */
        includesHidden: z.boolean().default(false),
      }),
    )
    .output(z.array(OfferedTask)),
  add: desk
    .input(
      z.object({
        objectKind: ObjectKind,
        objectId: Id,
        type: z.string(),
        values: JsonRecord.default({}),
        /** The object's name as typed, where the type is dangerous. */
        confirmation: z.string().optional(),
        origin: z.enum(['user', 'command-line']).default('user'),
      }),
    )
    .output(Task),
  preview: desk
    .input(
      z.object({
        objectKind: ObjectKind,
        objectId: Id,
        type: z.string(),
        values: JsonRecord.default({}),
      }),
    )
    .output(TaskPreview),
  /** The link that this task made, which logs in once; null where there is none, or it is of no use any more. */
  loginLink: desk
    .input(z.object({ id: Id }))
    .output(z.object({ url: z.string(), freshUntil: Instant }).nullable()),
  /** It was used. */
  forgetLoginLink: desk.input(z.object({ id: Id })).output(z.object({})),
  cancel: desk.input(z.object({ id: Id })).output(Task),
  retry: desk.input(z.object({ id: Id })).output(Task),
  /**
   * Entries from the place `from` on, at most `limit`; `total` counts all there are. With `levels` only entries of those
   * are counted and given.
   */
  log: desk
    .input(
      z.object({
        attemptId: Id,
        from: z.number().int().min(0),
        limit: z.number().int().min(1).max(5000),
        levels: z.array(LogLevel).optional(),
      }),
    )
    .output(z.object({ entries: z.array(LogEntry), total: z.number().int() })),
  /** Entries from `from` on in batches, and on as they come; ends with the attempt. */
  followLog: desk
    .input(z.object({ attemptId: Id, from: z.number().int().min(0) }))
    .output(eventIterator(z.array(LogEntry))),
  /** How the log stands and how it grows, at most twenty times a second; ends with the attempt. */
  watchLog: desk.input(z.object({ attemptId: Id })).output(eventIterator(LogState)),
  /** The next entry of these levels after `from` (-1: from the start), or before it, round the end. */
  findInLog: desk
    .input(
      z.object({
        attemptId: Id,
        levels: z.array(LogLevel),
        from: z.number().int().min(-1),
        step: z.union([z.literal(1), z.literal(-1)]).default(1),
      }),
    )
    .output(z.object({ index: z.number().int().nullable() })),
  /** How many entries of these levels stand before this one: its place in a log that shows only those. */
  placeInLog: desk
    .input(z.object({ attemptId: Id, levels: z.array(LogLevel), index: z.number().int().min(0) }))
    .output(z.object({ place: z.number().int() })),
  /** Indexes of entries that hold the text, in any case, as they are found; on with what comes, until the attempt ends. */
  searchLog: desk
    .input(
      z.object({
        attemptId: Id,
        text: z.string().min(1).max(1000),
        levels: z.array(LogLevel).optional(),
      }),
    )
    .output(
      eventIterator(z.object({ hits: z.array(z.number().int()), searched: z.number().int() })),
    ),
}
