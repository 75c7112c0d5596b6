import type { Id } from '#shared/domain/json.ts'
import { isEnded, type Task } from '#shared/domain/task.ts'
import { listUnfinishedTasks } from '../store/queries/tasks.ts'
import { usesOf } from '../task/request.ts'
import { UnitOfWork, type UnitParts } from '../task/unit-of-work.ts'
import type { SelectableTask } from '../hooks/next-tasks.ts'
import type { PlannedTask } from './plan.ts'

/** An unfinished task with what it is chosen by. */
export interface WaitingTask extends PlannedTask {
  status: Task['status']
  facts: SelectableTask
}

/**
 * The unfinished tasks, oldest first, kept in memory along with what they use: planning a thousand of them reads no row.
 * The owner calls {@link refresh} and {@link refreshObjects} with the ids that the store says have changed.
 */
export class Backlog {
  readonly #parts: UnitParts
  readonly #tasks = new Map<Id, WaitingTask>()
  #isSorted = true

  constructor(parts: UnitParts) {
    this.#parts = parts
    for (const task of listUnfinishedTasks(parts.store)) this.#keep(task)
  }

  refresh(ids: readonly Id[]): void {
    for (const id of ids) {
      const task = this.#parts.store.find('task', id)
      if (task === undefined || isEnded(task.status)) this.#tasks.delete(id)
      else this.#keep(task)
    }
  }

  /** What stands on these objects may stand on others now, or be called otherwise. True where a task is about one. */
  refreshObjects(ids: readonly Id[]): boolean {
    const changed = new Set(ids)
    const about = [...this.#tasks.values()].filter(({ facts }) => changed.has(facts.objectId))
    for (const { id } of about)
      this.#tasks.set(id, this.#describe(this.#parts.store.get('task', id)))
    return about.length > 0
  }

  list(): readonly WaitingTask[] {
    if (!this.#isSorted) {
      const sorted = [...this.#tasks.values()].sort((a, b) => a.facts.number - b.facts.number)
      this.#tasks.clear()
      for (const task of sorted) this.#tasks.set(task.id, task)
      this.#isSorted = true
    }
    return [...this.#tasks.values()]
  }

  get queued(): number {
    let count = 0
    for (const task of this.#tasks.values()) if (task.status === 'queued') count += 1
    return count
  }

  has(id: Id): boolean {
    return this.#tasks.has(id)
  }

  #keep(task: Task): void {
    const known = this.#tasks.get(task.id)
    if (known === undefined) this.#isSorted = false
    this.#tasks.set(
      task.id,
      known === undefined
        ? this.#describe(task)
        : { ...known, ...toState(task), facts: toFacts(task) },
    )
  }

  #describe(task: Task): WaitingTask {
    const host = new UnitOfWork(this.#parts)
    const type = this.#parts.registry.findTaskType(task.objectKind, task.type)
    const object = host.find(task.objectKind, task.objectId)
    return {
      id: task.id,
      facts: toFacts(task),
      ...toState(task),
      title: `${type?.title ?? task.type} ${object?.title ?? task.objectName}`,
      backendId: task.backendId,
      afterId: task.afterId,
      uses:
        object === undefined
          ? { exclusive: [task.objectId], shared: [] }
          : usesOf(task, type, object, host),
    }
  }
}

const toState = ({ status }: Task): Pick<WaitingTask, 'status' | 'isBegun'> => ({
  status,
  isBegun: status === 'processing',
})

/** Of a task that may have long values only what it can be chosen by is kept. */
function toFacts(task: Task): SelectableTask {
  const { number, type, objectKind, objectId, objectName, backendId } = task
  const { origin, createdAt, attempts } = task
  return { number, type, objectKind, objectId, objectName, backendId, origin, createdAt, attempts }
}
