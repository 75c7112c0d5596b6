import type { Id } from '#shared/domain/json.ts'
import type { TaskActivity } from '#shared/domain/task.ts'
import { Listeners } from '../lib/listeners.ts'

/** How often a task's age alone is told. */
const TELL_AGE_MS = 1000

/** What is known of unfinished tasks beyond the store: progress, when last heard of, why one waits. Kept in memory. */
export class Activities {
  readonly changed = new Listeners<TaskActivity>()
  readonly #activities = new Map<Id, TaskActivity>()

  get(taskId: Id): TaskActivity | undefined {
    return this.#activities.get(taskId)
  }

  all(): TaskActivity[] {
    return [...this.#activities.values()]
  }

  /** Changes some facts and tells of it, unless only the age has moved by less than a second. */
  update(taskId: Id, facts: Partial<Omit<TaskActivity, 'taskId'>>): void {
    const before = this.#activities.get(taskId) ?? unknownActivity(taskId)
    const after = { ...before, ...facts }
    if (!isWorthTelling(before, after)) return
    this.#activities.set(taskId, after)
    this.changed.emit(after)
  }

  forget(taskId: Id): void {
    if (this.#activities.delete(taskId)) this.changed.emit(unknownActivity(taskId))
  }
}

export const unknownActivity = (taskId: Id): TaskActivity => ({
  taskId,
  progress: null,
  lastSeenAt: null,
  doubtSince: null,
  doubtReason: null,
  waiting: null,
  position: null,
})

function isWorthTelling(before: TaskActivity, after: TaskActivity): boolean {
  const { lastSeenAt: seenBefore, ...factsBefore } = before
  const { lastSeenAt: seenAfter, ...factsAfter } = after
  return (
    // A clock that was set back makes the new one the older of the two.
    Math.abs((seenAfter ?? 0) - (seenBefore ?? 0)) >= TELL_AGE_MS ||
    JSON.stringify(factsBefore) !== JSON.stringify(factsAfter)
  )
}
