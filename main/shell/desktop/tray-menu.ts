import type { DispatchState } from '#shared/contract/app.ts'
import type { Progress } from '#shared/domain/task.ts'
import { cleanText, shorten } from '#shared/text.ts'

/** What the tray knows of a task that runs. */
export interface RunningTask {
  id: string
  title: string
  objectTitle: string
  progress: Progress | null
}

export type FailedTask = Pick<RunningTask, 'id' | 'title' | 'objectTitle'>

export interface TrayView {
  dispatch: DispatchState
  /** Notifications are silenced. */
  isSilent: boolean
  /** Some of those that run; `dispatch.running` counts all. */
  running: readonly RunningTask[]
  /** Those of today that failed last. */
  failed: readonly FailedTask[]
}

export type TrayAction =
  | { do: 'open' }
  | { do: 'open-task'; taskId: string }
  | { do: 'pause' }
  | { do: 'resume' }
  | { do: 'be-silent'; isSilent: boolean }
  | { do: 'quit' }

export type TrayItem =
  | { item: 'separator' }
  | { item: 'text'; label: string }
  | { item: 'action'; label: string; action: TrayAction; isChecked?: boolean }

/** How many running tasks, and how many failed ones, the menu names. */
export const MAX_NAMED = 5

/** The tray's menu: how it stands, what runs, and what one does from here. */
export function trayMenu({ dispatch, isSilent, running, failed }: TrayView): TrayItem[] {
  const named = running.slice(0, MAX_NAMED)
  const more = Math.max(0, dispatch.running - named.length)
  return [
    { item: 'text', label: stateLine(dispatch) },
    ...named.map(taskItem),
    ...(more > 0 ? [{ item: 'text' as const, label: `and ${more} more` }] : []),
    ...failedItems(failed),
    { item: 'separator' },
    { item: 'action', label: 'Open Hosting Desk', action: { do: 'open' } },
    dispatch.isPaused
      ? { item: 'action', label: 'Resume dispatching', action: { do: 'resume' } }
      : { item: 'action', label: 'Pause dispatching', action: { do: 'pause' } },
    {
      item: 'action',
      label: 'Do not disturb',
      action: { do: 'be-silent', isSilent: !isSilent },
      isChecked: isSilent,
    },
    { item: 'separator' },
    { item: 'action', label: quitLabel(dispatch), action: { do: 'quit' } },
  ]
}

/** One line on hover. */
export const trayToolTip = (dispatch: DispatchState): string =>
  `Hosting Desk: ${stateLine(dispatch)}`

function stateLine({ isPaused, running, queued, failedToday }: DispatchState): string {
  const counts = [
    running > 0 ? `${running} running` : '',
    queued > 0 ? `${queued} queued` : '',
    failedToday > 0 ? `${failedToday} failed today` : '',
  ].filter((count) => count !== '')
  const words = counts.length > 0 ? counts.join(', ') : 'Nothing to do'
  return isPaused ? `Paused · ${words}` : words
}

function failedItems(failed: readonly FailedTask[]): TrayItem[] {
  if (failed.length === 0) return []
  const items = failed
    .slice(0, MAX_NAMED)
    .map((task): TrayItem => ({ ...taskItem(task), label: `✕ ${labelOf(task)}` }))
  return [{ item: 'separator' }, { item: 'text', label: 'Failed today' }, ...items]
}

function taskItem(
  task: FailedTask & { progress?: Progress | null },
): TrayItem & { item: 'action' } {
  const { id, progress } = task
  const step = progress && progress.of > 0 ? ` · step ${progress.step} of ${progress.of}` : ''
  return {
    item: 'action',
    label: `${labelOf(task)}${step}`,
    action: { do: 'open-task', taskId: id },
  }
}

/** What a server wrote may stand in a title. An ampersand would underline the letter after it. */
const labelOf = ({ title, objectTitle }: FailedTask): string =>
  shorten(cleanText(`${title} ${objectTitle}`), 60).replaceAll('&', '&&')

const quitLabel = ({ running }: DispatchState): string =>
  running > 0 ? 'Quit (what runs goes on on its servers)' : 'Quit'
