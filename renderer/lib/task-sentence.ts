import type { Progress, TaskActivity } from '#shared/domain/task.ts'
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
  const name = nameOf(task)
  const place = name === task.backendTitle ? '' : ` on ${task.backendTitle}`
  const again = task.attempts > 1 ? `, attempt ${task.attempts}` : ''
  return `${task.title} of ${name}${place} ${predicateOf(task, now)}${again}`
}

/**
 * What a task does, and to what: “Verify web1”, “Back up www.example.com”. A title that has an object of its own is
 * joined to the name: “Delete backups of www.example.com”.
 */
export function toDeedText(title: string, name: string): string {
  const [, ...more] = title.split(' ')
  const last = more.at(-1)
  if (last === undefined || PARTICLES.has(last)) return `${title} ${name}`
  return last === 'in' ? `${title} to ${name}` : `${title} of ${name}`
}

/** With these a verb is still one verb. */
const PARTICLES: ReadonlySet<string> = new Set(['up', 'down', 'off', 'on', 'out', 'over'])

/** What a task is about, for people. */
export const nameOf = (task: Pick<ToldTask, 'objectTitle' | 'objectName'>): string =>
  toShownName(task.objectTitle === '' ? task.objectName : task.objectTitle)

function predicateOf(task: ToldTask, now: number): string {
  const at = placeOf(task.activity)
  switch (task.status) {
    case 'queued':
      return 'waits to begin'
    case 'processing':
      return task.cancelRequestedAt === null ? runningWords(task, now) : `is being stopped${at}`
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

function runningWords({ activity, startedAt }: ToldTask, now: number): string {
  const at = placeOf(activity)
  if (startedAt === null) return 'is running'
  const time = toTickingText(now - startedAt)
  return at === '' ? `has been running for ${time}` : `is${at} after ${time}`
}

const spent = ({ startedAt, endedAt }: ToldTask): string =>
  toDurationText(startedAt === null || endedAt === null ? 0 : endedAt - startedAt)

/** A task with the progress that its log holds, where nothing newer is known. */
export const withProgress = <One extends { id: string; activity: TaskActivity | null }>(
  task: One,
  progress: Progress | null,
): One =>
  progress === null || task.activity?.progress
    ? task
    : { ...task, activity: { ...NO_ACTIVITY, ...task.activity, taskId: task.id, progress } }

const NO_ACTIVITY: Omit<TaskActivity, 'taskId'> = {
  progress: null,
  lastSeenAt: null,
  doubtSince: null,
  doubtReason: null,
  waiting: null,
  position: null,
}
