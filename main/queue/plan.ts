import type { Id } from '#shared/domain/json.ts'
import type { Waiting } from '#shared/domain/task.ts'
import type { Uses } from '../hooks/feature.ts'

/** An unfinished task as planning sees it. */
export interface PlannedTask {
  id: Id
  /** How it is called where another one waits for it: “Verify web1”. */
  title: string
  backendId: Id
  afterId: Id | null
  uses: Uses
  /** Its run goes on on its backend, or has ended there: to be gone on with before anything else. */
  isBegun?: boolean
}

export interface PlanParts {
  /** Queued and running tasks, in the order in which they are to start. */
  tasks: readonly PlannedTask[]
  running: ReadonlySet<Id>
  /** How many may run at once over all backends. */
  items: number
  limitOf: (backendId: Id) => number
  /** Backends on which nothing can start now, and why. */
  blocked: ReadonlyMap<Id, Waiting>
  isPaused: boolean
  /** Tasks that a feature holds back; they keep their place before later ones on their objects. */
  held?: ReadonlySet<Id>
  /** How many may start at a time; as many as there is room for where absent. */
  limit?: number
}

export interface Plan {
  starts: Id[]
  /** Why each of the others waits, and as which in line. */
  waiting: Map<Id, { waiting: Waiting; position: number }>
}

/**
 * What may start now. A task waits for every earlier unfinished task, and every one that runs or has begun, that uses one
 * of the same objects, unless both only share it. What has begun is gone on with whatever is paused, held or full: only
 * its backend can keep us from it. Starts nothing.
 */
export function planTasks(parts: PlanParts): Plan {
  const { tasks, running, items, limitOf, blocked, isPaused, held, limit = Infinity } = parts
  const plan: Plan = { starts: [], waiting: new Map() }
  const holders = new Holders()
  const busy = new Map<Id, number>()
  const unfinished = new Map(tasks.map((task) => [task.id, task]))
  const begun = tasks.filter(({ id, isBegun }) => isBegun === true && !running.has(id))
  for (const task of tasks) {
    if (!running.has(task.id) && task.isBegun !== true) continue
    holders.add(task)
    busy.set(task.backendId, (busy.get(task.backendId) ?? 0) + 1)
  }
  let free = Math.min(limit, items - running.size - begun.length)
  let position = 0
  for (const task of begun) {
    const waiting = blocked.get(task.backendId)
    if (waiting === undefined) plan.starts.push(task.id)
    else plan.waiting.set(task.id, { waiting, position: (position += 1) })
  }
  for (const task of tasks) {
    if (running.has(task.id) || task.isBegun === true) continue
    const before =
      holders.find(task.uses) ?? (task.afterId === null ? undefined : unfinished.get(task.afterId))
    const used = busy.get(task.backendId) ?? 0
    const waiting: Waiting | undefined = isPaused
      ? { reason: 'paused' }
      : before !== undefined
        ? { reason: 'task', taskId: before.id, title: before.title }
        : held?.has(task.id) === true
          ? { reason: 'held' }
          : (blocked.get(task.backendId) ??
            (free <= 0
              ? { reason: 'queue-limit' }
              : used >= limitOf(task.backendId)
                ? { reason: 'backend-limit' }
                : undefined))
    holders.add(task)
    if (waiting === undefined) {
      plan.starts.push(task.id)
      busy.set(task.backendId, used + 1)
      free -= 1
    } else {
      position += 1
      plan.waiting.set(task.id, { waiting, position })
    }
  }
  return plan
}

/** Who holds which object, exclusively or shared; of several holders the first is named. */
class Holders {
  readonly #exclusive = new Map<Id, PlannedTask>()
  readonly #shared = new Map<Id, PlannedTask>()

  find({ exclusive, shared }: Uses): PlannedTask | undefined {
    for (const id of exclusive) {
      const holder = this.#exclusive.get(id) ?? this.#shared.get(id)
      if (holder !== undefined) return holder
    }
    for (const id of shared) {
      const holder = this.#exclusive.get(id)
      if (holder !== undefined) return holder
    }
    return undefined
  }

  add(task: PlannedTask): void {
    for (const id of task.uses.exclusive)
      if (!this.#exclusive.has(id)) this.#exclusive.set(id, task)
    for (const id of task.uses.shared) if (!this.#shared.has(id)) this.#shared.set(id, task)
  }
}
