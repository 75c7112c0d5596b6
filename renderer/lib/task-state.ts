import type { Task, TaskActivity, TaskStatus } from '#shared/domain/task.ts'
import { cleanText } from '#shared/text.ts'
import { toTickingText, toDurationText } from './duration.ts'
import { toShortClockText } from './instant.ts'
import { toOrdinal, toWaitingText } from './waiting.ts'

export type Tone = 'neutral' | 'info' | 'success' | 'warning' | 'error'

/** How a task's state is drawn: a shape, a colour and words; `progress` is a share from 0 to 1 where it is known. */
export interface ShownState {
  shape: TaskStatus | 'cancelling' | 'doubt'
  icon: string
  tone: Tone
  words: string
  progress: number | null
}

export interface StatefulTask extends Pick<
  Task,
  | 'status'
  | 'startedAt'
  | 'endedAt'
  | 'cancelRequestedAt'
  | 'errorCode'
  | 'errorMessage'
  | 'warnings'
> {
  title: string
  backendTitle: string
  activity: TaskActivity | null
}

/** After this a state from a server says how old it is. */
const OLD_AFTER_MS = 10_000

/** The state of a task in the words of the interface, at `now`. */
export function toShownState(task: StatefulTask, now: number): ShownState {
  switch (task.status) {
    case 'queued':
      return shown('queued', 'i-lucide-circle-dashed', 'neutral', queuedWords(task))
    case 'processing':
      return processing(task, now)
    case 'success':
      return shown('success', 'i-lucide-check', 'success', `Done in ${spent(task)}`)
    case 'warning':
      return shown('warning', 'i-lucide-triangle-alert', 'warning', warningWords(task))
    case 'error':
      return shown('error', 'i-lucide-x', 'error', errorWords(task))
    case 'cancelled':
      return shown('cancelled', 'i-lucide-ban', 'neutral', cancelledWords(task))
  }
}

function processing(task: StatefulTask, now: number): ShownState {
  const { activity } = task
  if (task.cancelRequestedAt !== null) {
    const asked = toTickingText(now - task.cancelRequestedAt)
    return shown('cancelling', 'i-lucide-circle-stop', 'warning', `Stopping · asked ${asked} ago`)
  }
  if (typeof activity?.doubtSince === 'number') {
    const reason = activity.doubtReason ?? `${task.backendTitle} is not reachable`
    const words = `Unknown since ${toShortClockText(activity.doubtSince)} · ${reason}`
    return shown('doubt', 'i-lucide-circle-help', 'warning', words)
  }
  const progress = activity?.progress ?? null
  const share = progress === null || progress.of === 0 ? null : (progress.step - 1) / progress.of
  const words = runningWords(task, now)
  return {
    ...shown('processing', 'i-lucide-loader-circle', 'info', words),
    progress: share === null ? null : Math.max(0, Math.min(1, share)),
  }
}

function runningWords(task: StatefulTask, now: number): string {
  const { activity } = task
  const progress = activity?.progress ?? null
  const seenAt = activity?.lastSeenAt ?? null
  return [
    cleanText(progress?.title ?? '') || 'Running',
    progress !== null && progress.of > 0 ? `step ${progress.step} of ${progress.of}` : '',
    task.startedAt === null ? '' : toTickingText(now - task.startedAt),
    seenAt !== null && now - seenAt > OLD_AFTER_MS
      ? `seen alive ${toTickingText(now - seenAt)} ago`
      : '',
  ]
    .filter((part) => part !== '')
    .join(' · ')
}

function queuedWords({ activity, backendTitle }: StatefulTask): string {
  const place = typeof activity?.position === 'number' ? toOrdinal(activity.position) : ''
  const waiting = activity?.waiting ? toWaitingText(activity.waiting, backendTitle) : ''
  const rest = [place, waiting].filter((part) => part !== '').join(', ')
  return rest === '' ? 'Queued' : `Queued · ${rest}`
}

function warningWords({ warnings }: StatefulTask): string {
  if (warnings === 0) return 'Done with warnings'
  return `Done with ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`
}

function errorWords(task: StatefulTask): string {
  const step = cleanText(task.activity?.progress?.title ?? '')
  if (step !== '') return `Failed at “${step}”`
  return task.errorMessage === null || task.errorMessage === ''
    ? `Failed after ${spent(task)}`
    : `Failed: ${cleanText(task.errorMessage)}`
}

const cancelledWords = (task: StatefulTask): string =>
  task.errorCode === 'task.predecessor-failed'
    ? 'Cancelled · the task before it failed'
    : 'Cancelled · nothing left running'

const spent = ({ startedAt, endedAt }: StatefulTask): string =>
  toDurationText(startedAt === null || endedAt === null ? 0 : endedAt - startedAt)

const shown = (
  shape: ShownState['shape'],
  icon: string,
  tone: Tone,
  words: string,
): ShownState => ({ shape, icon, tone, words, progress: null })
