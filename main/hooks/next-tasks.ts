import { z } from 'zod'
import type { Task } from '#shared/domain/task.ts'
import { atOnce } from './at-once.ts'
import type { Feature } from './feature.ts'
import type { ReadingHost } from './host.ts'
import { toProblem, type HookProblem } from './problem.ts'

/** What the selection may look at in a task. */
const FIELDS = [
  'number',
  'type',
  'objectKind',
  'objectId',
  'objectName',
  'backendId',
  'origin',
  'createdAt',
  'attempts',
] as const satisfies readonly (keyof Task)[]
const Field = z.enum(FIELDS)

export type SelectableTask = Pick<Task, (typeof FIELDS)[number]>

/**
 * The one query for the next tasks, as data (hook_query_hosting_get_new_tasks_alter): which of the waiting ones may start,
 * in which order, and how many at a time. What a task needs (its objects, its queue's and backend's limits) comes after it.
 */
export const NextTasks = z.object({
  /** All must hold. A task that is left out keeps its place before later ones on its objects. */
  conditions: z.array(
    z.object({
      field: Field,
      is: z.enum(['one-of', 'none-of']),
      values: z.array(z.union([z.string(), z.number()])),
    }),
  ),
  /** The first that tells two tasks apart counts; then the older one comes first. */
  order: z.array(z.object({ field: Field, direction: z.enum(['ascending', 'descending']) })),
  /** How many may start at a time; null for as many as the queue allows. */
  limit: z.number().int().min(0).nullable(),
})
export type NextTasks = z.infer<typeof NextTasks>

/** Oldest first, all of them. */
export const DEFAULT_NEXT_TASKS: NextTasks = { conditions: [], order: [], limit: null }

/**
 * The selection after each feature has changed it in turn. Where one breaks it, by an error or by leaving what is no
 * selection, that feature is named and the default is used, without anybody's change.
 */
export function changedNextTasks(
  features: readonly Feature[],
  host: ReadingHost,
  onProblem: (problem: HookProblem) => void,
): NextTasks {
  let selection = DEFAULT_NEXT_TASKS
  for (const feature of features) {
    if (feature.changeNextTasks === undefined) continue
    try {
      const checked = NextTasks.safeParse(
        atOnce(feature.changeNextTasks(structuredClone(selection), host)),
      )
      if (!checked.success) throw new Error(z.prettifyError(checked.error))
      selection = checked.data
    } catch (error) {
      onProblem(toProblem(feature, 'changeNextTasks', error))
      return DEFAULT_NEXT_TASKS
    }
  }
  return selection
}

export const isSelected = (task: SelectableTask, { conditions }: NextTasks): boolean =>
  conditions.every(({ field, is, values }) => values.includes(task[field]) === (is === 'one-of'))

/** Compares two tasks by the selection's order; the older one comes first where it says nothing. */
export function compareTasks(a: SelectableTask, b: SelectableTask, { order }: NextTasks): number {
  for (const { field, direction } of order) {
    if (a[field] === b[field]) continue
    const isLess = a[field] < b[field]
    return isLess === (direction === 'ascending') ? -1 : 1
  }
  return a.number - b.number
}
