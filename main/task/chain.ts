import type { Task } from '#shared/domain/task.ts'
import { listUnfinishedTasks } from '../store/queries/tasks.ts'
import type { ChangeSet, Store } from '../store/store.ts'

/** Cancels, within a change, every queued task that was to run only after this one has succeeded, and those after them. */
export function cancelFollowers(store: Store, change: ChangeSet, failed: Task, now: number): void {
  const queued = listUnfinishedTasks(store).filter(({ status }) => status === 'queued')
  const cancel = (before: Task): void => {
    for (const task of queued.filter(({ afterId }) => afterId === before.id)) {
      change.put('task', {
        ...task,
        status: 'cancelled',
        endedAt: now,
        errorCode: 'task.predecessor-failed',
        errorMessage: `Task ${before.number}, which had to succeed first, did not.`,
      })
      cancel(task)
    }
  }
  cancel(failed)
}
