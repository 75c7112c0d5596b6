import type { Attempt, TaskActivity } from '#shared/domain/task.ts'
import { toShownName } from '#shared/domain/names.ts'
import { toDurationText, toTickingText } from './duration.ts'
import type { StatefulTask } from './task-state.ts'

export interface ToldTask extends StatefulTask {
  objectName: string
  objectTitle: string
  attempts: number
}

/** The whole story of a task in one sentence: “Install of www.example.com on web1 failed at step 4 of 9 after 12 s”. */
export function toSentence(task: ToldTask, now: number): string {
  const subject = `${task.title} of ${nameOf(task)} on ${task.backendTitle}`
  const again = task.attempts > 1 ? `, attempt ${task.attempts}` : ''
  return `${subject} ${predicateOf(task, now)}${again}`
}

/** What a task is about, for people. */
export const nameOf = (task: Pick<ToldTask, 'objectTitle' | 'objectName'>): string =>
  toShownName(task.objectTitle === '' ? task.objectName : task.objectTitle)

function predicateOf(task: ToldTask, now: number): string {
  const at = placeOf(task.activity)
  switch (task.status) {
    case 'queued':
      return 'waits to begin'
    case 'processing':
      return task.cancelRequestedAt === null
        ? `is running${at}${since(task, now)}`
        : `is being stopped${at}`
    case 'success':
      return `succeeded in ${spent(task)}`
    case 'warning':
      return `succeeded with warnings in ${spent(task)}`
    case 'error':
      return `failed${at}${task.startedAt === null ? '' : ` after ${spent(task)}`}`
    case 'cancelled':
      return task.startedAt === null ? 'was cancelled before it began' : 'was cancelled'
  }
}

const placeOf = (activity: TaskActivity | null): string => {
  const progress = activity?.progress ?? null
  return progress === null || progress.of === 0 ? '' : ` at step ${progress.step} of ${progress.of}`
}

const since = ({ startedAt }: ToldTask, now: number): string =>
  startedAt === null ? '' : ` since ${toTickingText(now - startedAt)}`

const spent = ({ startedAt, endedAt }: ToldTask): string =>
  toDurationText(startedAt === null || endedAt === null ? 0 : endedAt - startedAt)

/** How long an attempt took, or has taken until `now`. */
export const attemptMs = (attempt: Attempt, now: number): number =>
  (attempt.endedAt ?? now) - attempt.startedAt
