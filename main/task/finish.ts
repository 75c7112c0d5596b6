import type { Id } from '#shared/domain/json.ts'
import type { Attempt, Task, TaskStatus } from '#shared/domain/task.ts'
import { isAppError } from '#shared/errors.ts'
import { cleanText, shorten } from '#shared/text.ts'
import type { Outcome } from '../backend/backend.ts'
import type { Feature } from '../hooks/feature.ts'
import { tell } from '../hooks/tell.ts'
import type { TaskLogs } from '../log/task-log.ts'
import { ChangeSet } from '../store/store.ts'
import type { Activities } from './activities.ts'
import { cancelFollowers } from './chain.ts'
import { UnitOfWork, type UnitParts } from './unit-of-work.ts'

export interface FinishParts extends UnitParts {
  logs: TaskLogs
  activities: Activities
}

/** How long a message from a server may be in a row of the store. */
const MAX_MESSAGE = 2000
/** As far up from the end of a log it is looked whether it says already why its task failed. */
const LAST_LINES = 20

/** A task that was run elsewhere, and its one attempt: stored with its end, not before. */
export interface AdoptedTask {
  task: Task
  attempt: Attempt
}

/**
 * Stores what an attempt came to: hooks change the objects, and their changes and the task's status are one
 * transaction. Where something that they had read changed meanwhile, they run once more. What cannot be stored beside
 * what is there (a name that another object has by now) is dropped and the log says so: a task that has ended there
 * ends here.
 */
export async function finishTask(
  parts: FinishParts,
  taskId: Id,
  attemptId: Id,
  outcome: Outcome,
  adopted?: AdoptedTask,
): Promise<void> {
  const { store, registry, logs, activities } = parts
  const before = adopted?.task ?? store.get('task', taskId)
  if (!outcome.isOk && before.cancelRequestedAt === null)
    await sayWhy(parts, attemptId, outcome.message)
  const collect = (): Promise<UnitOfWork> => collectChanges(parts, before, attemptId, outcome)
  const commit = (unit: UnitOfWork): Promise<void> =>
    commitEnd(parts, unit, taskId, attemptId, outcome, adopted)
  try {
    await commit(await collect()).catch(async (error: unknown) => {
      if (!isAppError(error, 'object.changed-meanwhile')) throw error
      await commit(await collect())
    })
  } catch (error) {
    if (isAppError(error, 'store.write-failed')) throw error
    const reason = error instanceof Error ? error.message : String(error)
    say(
      parts,
      attemptId,
      'warning',
      `What the task changed could not be taken over here: ${reason}`,
    )
    await commit(new UnitOfWork(parts))
  }
  await logs.flush(attemptId)
  activities.forget(taskId)
  const after = store.get('task', taskId)
  for (const feature of registry.features) {
    if (feature.taskStatusChanged === undefined) continue
    const call = (): void | Promise<void> => feature.taskStatusChanged?.(after, after.status)
    const problem = await tell(feature, 'taskStatusChanged', call)
    if (problem !== undefined) registry.report(problem)
  }
}

async function collectChanges(
  parts: FinishParts,
  task: Task,
  attemptId: Id,
  outcome: Outcome,
): Promise<UnitOfWork> {
  const unit = new UnitOfWork(parts)
  for (const feature of parts.registry.features) {
    const hook = outcome.isOk ? 'afterTask' : 'afterRollback'
    if (feature[hook] === undefined) continue
    const fork = unit.fork()
    const problem = await tell(feature, hook, () => callHook(feature, task, outcome, fork))
    if (problem === undefined) unit.merge(fork)
    else {
      say(
        parts,
        attemptId,
        'warning',
        `Feature ${feature.name} failed after the task and its changes were dropped: ${problem.message}`,
      )
    }
  }
  return unit
}

/** Why a task failed also stands at the end of its log, where nothing has said so just before. */
async function sayWhy(parts: FinishParts, attemptId: Id, message: string): Promise<void> {
  const { logs } = parts
  const { total } = await logs.page(attemptId, 0, 0)
  const { entries } = await logs.page(attemptId, Math.max(0, total - LAST_LINES), LAST_LINES)
  const reason = toReason(message)
  if (reason !== '' && !entries.some(({ text }) => text.includes(reason)))
    say(parts, attemptId, 'error', reason)
}

function say(
  { logs, now }: FinishParts,
  attemptId: Id,
  level: 'warning' | 'error',
  text: string,
): void {
  logs.append(attemptId, [
    {
      kind: 'message',
      level,
      text,
      serverAt: null,
      arrivedAt: now(),
      stage: null,
      progress: null,
      source: null,
    },
  ])
}

const toReason = (message: string): string => shorten(cleanText(message), MAX_MESSAGE)

function callHook(
  feature: Feature,
  task: Task,
  outcome: Outcome,
  host: UnitOfWork,
): void | Promise<void> {
  if (outcome.isOk) {
    const { data, contexts, removedContexts } = outcome
    return feature.afterTask?.(task, { data, contexts, removedContexts }, host)
  }
  const status = task.cancelRequestedAt === null ? 'error' : 'cancelled'
  return feature.afterRollback?.(
    task,
    { status, code: outcome.code, message: outcome.message },
    host,
  )
}

async function commitEnd(
  { store, logs, now }: FinishParts,
  unit: UnitOfWork,
  taskId: Id,
  attemptId: Id,
  outcome: Outcome,
  adopted: AdoptedTask | undefined,
): Promise<void> {
  const { task, attempt } = adopted ?? {
    task: store.get('task', taskId),
    attempt: store.get('attempt', attemptId),
  }
  const warnings = logs.warnings(attemptId)
  const end = endOf(task, outcome, warnings, now())
  const ended: Attempt = { ...attempt, ...end }
  const endedTask = { ...task, ...end, warnings }
  if (adopted !== undefined) unit.adopt(endedTask)
  const change = unit.toChange(new ChangeSet())
  if (!outcome.isOk) cancelFollowers(store, change, task, now())
  if (adopted === undefined) change.put('task', endedTask)
  else change.expect('attempt', attemptId, null)
  await store.commit(change.put('attempt', ended))
}

function endOf(
  task: Task,
  outcome: Outcome,
  warnings: number,
  now: number,
): Pick<Task, 'status' | 'endedAt' | 'errorCode' | 'errorMessage'> {
  if (outcome.isOk) {
    const status: TaskStatus = warnings > 0 ? 'warning' : 'success'
    return { status, endedAt: now, errorCode: null, errorMessage: null }
  }
  return {
    status: task.cancelRequestedAt === null ? 'error' : 'cancelled',
    endedAt: now,
    errorCode: outcome.code,
    errorMessage: toReason(outcome.message),
  }
}
