import type { DispatchState } from '#shared/contract/app.ts'
import type { Progress } from '#shared/domain/task.ts'
import { shorten } from '#shared/text.ts'

/** What the tray knows of a task that runs. */
export interface RunningTask {
  id: string
  title: string
  objectTitle: string
  progress: Progress | null
}

export interface TrayView {
  dispatch: DispatchState
  /** The first few; `dispatch.running` counts all. */
  running: readonly RunningTask[]
}

export type TrayAction =
  | { do: 'open' }
  | { do: 'open-task'; taskId: string }
  | { do: 'pause' }
  | { do: 'resume' }
  | { do: 'quit' }

export type TrayItem =
  | { item: 'separator' }
  | { item: 'text'; label: string }
  | { item: 'action'; label: string; action: TrayAction }

/** How many running tasks the menu names. */
export const MAX_NAMED = 5

/** The tray's menu: how it stands, what runs, and what one does from here. */
export function trayMenu({ dispatch, running }: TrayView): TrayItem[] {
  const named = running.slice(0, MAX_NAMED)
  const more = Math.max(0, dispatch.running - named.length)
  return [
    { item: 'text', label: stateLine(dispatch) },
    ...named.map(taskItem),
    ...(more > 0 ? [{ item: 'text' as const, label: `and ${more} more` }] : []),
    { item: 'separator' },
    { item: 'action', label: 'Open Hosting Desk', action: { do: 'open' } },
    dispatch.isPaused
      ? { item: 'action', label: 'Resume dispatching', action: { do: 'resume' } }
      : { item: 'action', label: 'Pause dispatching', action: { do: 'pause' } },
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

function taskItem({ id, title, objectTitle, progress }: RunningTask): TrayItem {
  const step = progress && progress.of > 0 ? ` · step ${progress.step} of ${progress.of}` : ''
  // An ampersand would underline the letter after it.
  const label = `${shorten(`${title} ${objectTitle}`, 60)}${step}`.replaceAll('&', '&&')
  return { item: 'action', label, action: { do: 'open-task', taskId: id } }
}

const quitLabel = ({ running }: DispatchState): string =>
  running > 0 ? 'Quit (what runs goes on on its servers)' : 'Quit'
