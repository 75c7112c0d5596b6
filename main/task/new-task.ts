import type { Id, JsonRecord } from '#shared/domain/json.ts'
import type { HostingObject } from '#shared/domain/objects.ts'
import type { Task, TaskOrigin } from '#shared/domain/task.ts'

/** A task that waits, not yet stored. */
export function newTask(parts: {
  id: Id
  number: number
  object: HostingObject
  type: string
  values: JsonRecord
  origin: TaskOrigin
  afterId?: Id
  batchId?: Id
  now: number
}): Task {
  const { id, number, object, type, values, origin, afterId = null, batchId = null, now } = parts
  return {
    id,
    number,
    type,
    objectKind: object.kind,
    objectId: object.id,
    backendId: object.backendId,
    objectName: object.name,
    status: 'queued',
    values,
    origin,
    afterId,
    batchId,
    attemptId: null,
    attempts: 0,
    createdAt: now,
    startedAt: null,
    endedAt: null,
    cancelRequestedAt: null,
    errorCode: null,
    errorMessage: null,
    warnings: 0,
  }
}
