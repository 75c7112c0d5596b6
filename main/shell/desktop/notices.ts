import type { SettingValues } from '#shared/domain/settings.ts'
import type { BackendState } from '#shared/domain/objects.ts'
import type { TaskRow } from '#shared/contract/task.ts'
import { cleanText, shorten } from '#shared/text.ts'

/** What is told to the person outside of the window, and where a click on it leads. */
export interface Notice {
  title: string
  body: string
  route: string
}

export type NoticeSettings = Pick<
  SettingValues,
  'notify.isOfEnds' | 'notify.isOfFailures' | 'notify.isOfNeeds' | 'notify.isSilent'
>

/** More ends at once than these are told in one notice. */
const MAX_SINGLE = 3

type Ended = Pick<
  TaskRow,
  'id' | 'status' | 'title' | 'objectTitle' | 'origin' | 'errorMessage' | 'warnings'
>

/**
 * What is told of tasks that have ended together. The end of a task that the person started is told while the window is
 * not in front; a failure of any task too, and of what nobody started also while it is.
 */
export function noticesOfEnds(
  ended: readonly Ended[],
  settings: NoticeSettings,
  isInFront: boolean,
): Notice[] {
  if (settings['notify.isSilent']) return []
  const told = ended.filter((task) => isTold(task, settings, isInFront))
  if (told.length <= MAX_SINGLE) return told.map(toNotice)
  const failed = told.filter(({ status }) => status === 'error').length
  return [
    {
      title:
        failed === 0 ? `${told.length} tasks are done` : `${failed} of ${told.length} tasks failed`,
      body: shorten(told.map(nameOf).join(', '), 200),
      route: '/tasks',
    },
  ]
}

function isTold(task: Ended, settings: NoticeSettings, isInFront: boolean): boolean {
  const isOwn = task.origin === 'user' || task.origin === 'edit'
  if (task.status === 'error') return settings['notify.isOfFailures'] && !(isOwn && isInFront)
  // Who cancelled a task knows that it ended.
  if (task.status === 'cancelled') return false
  return settings['notify.isOfEnds'] && isOwn && !isInFront
}

const nameOf = ({ title, objectTitle }: Ended): string =>
  shorten(cleanText(`${title} ${objectTitle}`), 100)

function toNotice(task: Ended): Notice {
  const route = `/tasks/${task.id}`
  const name = nameOf(task)
  if (task.status === 'error')
    return {
      title: `${name} failed`,
      body: shorten(cleanText(task.errorMessage ?? ''), 200),
      route,
    }
  const warnings = task.warnings === 1 ? '1 warning' : `${task.warnings} warnings`
  return { title: `${name} is done`, body: task.warnings > 0 ? `With ${warnings}.` : '', route }
}

/** What a server needs from the person now; undefined where it needs nothing. The same need has the same key. */
export function needOf({ needsSecret, problem }: BackendState): string | undefined {
  if (needsSecret !== null) return `secret ${needsSecret}`
  return problem?.code.startsWith('ssh.host-key') === true ? problem.code : undefined
}

export function noticeOfNeed(
  backend: { title: string },
  { needsSecret }: BackendState,
  settings: NoticeSettings,
): Notice | undefined {
  if (settings['notify.isSilent'] || !settings['notify.isOfNeeds']) return undefined
  const title = shorten(cleanText(backend.title), 80)
  return needsSecret === null
    ? {
        title: `${title} shows a host key that you have not compared`,
        body: 'Nothing is sent to it until you decide.',
        route: '/servers',
      }
    : {
        title: `${title} waits for its ${needsSecret}`,
        body: 'Its tasks go on once you have given it.',
        route: '/servers',
      }
}
