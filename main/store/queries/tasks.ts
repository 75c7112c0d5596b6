import type { Id } from '#shared/domain/json.ts'
import { toHostName } from '#shared/domain/names.ts'
import type { Attempt, Task, TaskStatus } from '#shared/domain/task.ts'
import { TaskStatus as Statuses } from '#shared/domain/task.ts'
import type { SqlValue } from '../database.ts'
import type { Store } from '../store.ts'
import type { Paged, PageOptions } from './page.ts'
import { countRows, Where } from './page.ts'

export interface TaskFilter extends PageOptions {
  /** Any of these; all where it is empty or absent. */
  statuses?: readonly TaskStatus[] | undefined
  objectId?: Id | undefined
  backendId?: Id | undefined
  batchId?: Id | undefined
}

/** Tasks newest first. `search` finds a number (`#12`), or words in the object's name and the task's type. */
export function listTasks(store: Store, filter: TaskFilter): Paged<Task> {
  const words = (filter.search ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length > 0) return searchTasks(store, words, filter)
  const where = toWhere(filter)
  const items =
    filter.objectId === undefined && filter.batchId === undefined
      ? listByStatus(store, filter)
      : store.select('task', `${where.toString()} ORDER BY number DESC LIMIT ? OFFSET ?`, [
          ...where.params,
          filter.limit,
          filter.offset,
        ])
  return { items, total: countRows(store, 'task', where) }
}

/**
 * One index gives the tasks of one status in order; of several, SQLite would sort all there are to show the first
 * hundred. So each status is a stream of its own, and the streams are merged.
 */
function listByStatus(
  store: Store,
  { statuses = [], backendId, offset, limit }: TaskFilter,
): Task[] {
  if (statuses.length === 0 && backendId === undefined)
    return store.select('task', 'ORDER BY number DESC LIMIT ? OFFSET ?', [limit, offset])
  const wanted = statuses.length === 0 ? Statuses.options : [...new Set(statuses)]
  const stream = new Where().equal('backendId', backendId).add('status = ?')
  const streams = wanted.map(() => `SELECT number FROM task ${stream.toString()}`)
  const params = wanted.flatMap((status) => [...stream.params, status])
  const numbers = store.query<{ number: number }>(
    `${streams.join(' UNION ALL ')} ORDER BY number DESC LIMIT ? OFFSET ?`,
    [...params, limit, offset],
  )
  return numbers.flatMap(({ number }) => store.select('task', 'WHERE number = ?', [number]))
}

function toWhere({ statuses = [], objectId, backendId, batchId }: TaskFilter): Where {
  const where = new Where().equal('objectId', objectId).equal('batchId', batchId)
  // With a “+” SQLite leaves the index of this column alone: the object's or the order's is the better one.
  const plus = objectId === undefined && batchId === undefined ? '' : '+'
  where.equal(`${plus}backendId`, backendId)
  if (statuses.length > 0)
    where.add(`${plus}status IN (${statuses.map(() => '?').join(', ')})`, ...statuses)
  return where
}

/** Names and types stand in an index of their own, so a search reads none of the tasks that it does not find. */
function searchTasks(store: Store, words: readonly string[], filter: TaskFilter): Paged<Task> {
  const named = new Where()
  for (const word of words) addWord(named, word)
  const where = toWhere(filter)
  const found =
    `WITH named AS MATERIALIZED (SELECT number FROM task ${named.toString()}), ` +
    `found AS MATERIALIZED (SELECT number FROM named ${narrowed(where)}) `
  const params = [...named.params, ...where.params]
  const numbers = store.query<{ number: number }>(
    `${found} SELECT number FROM found ORDER BY number DESC LIMIT ? OFFSET ?`,
    [...params, filter.limit, filter.offset],
  )
  const isAll = filter.offset === 0 && numbers.length < filter.limit
  return {
    items: numbers.flatMap(({ number }) => findTaskByNumber(store, number) ?? []),
    total: isAll ? numbers.length : countFound(store, found, params),
  }
}

const narrowed = (where: Where): string =>
  where.params.length === 0 ? '' : `JOIN task USING (number) ${where.toString()}`

const countFound = (store: Store, found: string, params: readonly SqlValue[]): number =>
  store.query<{ total: number }>(`${found} SELECT count(*) AS total FROM found`, params)[0]
    ?.total ?? 0

function addWord(where: Where, word: string): void {
  const number = /^#?(\d{1,15})$/.exec(word)?.[1]
  if (word.startsWith('#') && number !== undefined) {
    where.add('number = ?', Number(number))
    return
  }
  const name = `%${escapeLike(toHostName(word) ?? word)}%`
  const found = String.raw`objectName LIKE ? ESCAPE '\' OR type LIKE ? ESCAPE '\'`
  const isNumber = number === undefined ? '' : ' OR number = ?'
  where.add(
    `(${found}${isNumber})`,
    name,
    `%${escapeLike(word)}%`,
    ...(number === undefined ? [] : [Number(number)]),
  )
}

const escapeLike = (text: string): string => text.replace(/[%_\\]/g, String.raw`\$&`)

/** Tasks that are queued or processing, oldest first. */
export const listUnfinishedTasks = (store: Store): Task[] =>
  store.select('task', "WHERE status IN ('queued', 'processing') ORDER BY number")

/** Those of one object, oldest first. */
export const listUnfinishedTasksOf = (store: Store, objectId: Id): Task[] =>
  store.select(
    'task',
    "WHERE objectId = ? AND +status IN ('queued', 'processing') ORDER BY number",
    [objectId],
  )

/** The newest tasks of one object, newest first. */
export const listRecentTasksOf = (store: Store, objectId: Id, limit = 100): Task[] =>
  store.select('task', 'WHERE objectId = ? ORDER BY number DESC LIMIT ?', [objectId, limit])

export const findTaskByNumber = (store: Store, number: number): Task | undefined =>
  store.select('task', 'WHERE number = ?', [number])[0]

/** The number for a task that is committed before anything else is awaited. */
export const nextTaskNumber = (store: Store): number =>
  (store.query<{ last: number | null }>('SELECT max(number) AS last FROM task')[0]?.last ?? 0) + 1

export interface TaskCounts {
  queued: number
  processing: number
  /** Ended in an error since the instant asked for. */
  failed: number
}

export function countTasks(store: Store, { failedSince }: { failedSince: number }): TaskCounts {
  const failed = new Where().add("status = 'error' AND endedAt >= ?", failedSince)
  return {
    queued: countRows(store, 'task', new Where().equal('status', 'queued')),
    processing: countRows(store, 'task', new Where().equal('status', 'processing')),
    failed: countRows(store, 'task', failed),
  }
}

/** The newest task of an object, or undefined where there was none. */
export const lastTask = (store: Store, objectId: Id): Task | undefined =>
  store.select('task', 'WHERE objectId = ? ORDER BY number DESC LIMIT 1', [objectId])[0]

/** The newest task of each object; absent where there was none. */
export function lastTasksOf(store: Store, objectIds: readonly Id[]): ReadonlyMap<Id, Task> {
  const tasks = objectIds.flatMap((id) => lastTask(store, id) ?? [])
  return new Map(tasks.map((task) => [task.objectId, task]))
}

/** The attempts of a task, first to last. */
export const listAttempts = (store: Store, taskId: Id): Attempt[] =>
  store.select('attempt', 'WHERE taskId = ? ORDER BY number', [taskId])
