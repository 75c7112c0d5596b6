import type { Id } from '#shared/domain/json.ts'
import type { Task, TaskStatus } from '#shared/domain/task.ts'
import type { Store } from '../store.ts'

/** Tasks of one order that are queued or processing, oldest first. */
export const listUnfinishedTasksOfBatch = (store: Store, batchId: Id): Task[] =>
  store.select(
    'task',
    "WHERE batchId = ? AND +status IN ('queued', 'processing') ORDER BY number",
    [batchId],
  )

/** How many tasks of one order stand how; those of no order are none. */
export function countBatch(store: Store, batchId: Id): Record<TaskStatus, number> {
  const rows = store.query<{ status: TaskStatus; total: number }>(
    'SELECT status, count(*) AS total FROM task WHERE batchId = ? GROUP BY status',
    [batchId],
  )
  const counts = { queued: 0, processing: 0, success: 0, warning: 0, error: 0, cancelled: 0 }
  for (const { status, total } of rows) counts[status] = total
  return counts
}

/** The first task of an order: it says of which type they all are. */
export const firstTaskOfBatch = (store: Store, batchId: Id): Task | undefined =>
  store.select('task', 'WHERE batchId = ? ORDER BY number LIMIT 1', [batchId])[0]
