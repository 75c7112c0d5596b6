import type { Needs, UnsavedSite } from '#shared/contract/overview.ts'
import type { TaskRow } from '#shared/contract/task.ts'
import { toShownName } from '#shared/domain/names.ts'
import { cleanText } from '#shared/text.ts'
import { toCodeText } from './error-text.ts'
import { toDurationText } from './duration.ts'
import { nameOf } from './task-sentence.ts'
import { toShortClockText } from './instant.ts'
import type { Tone } from './task-state.ts'

/** One thing that asks for the person: what is so, why or since when, and where the next step is. */
export interface Need {
  key: string
  icon: string
  tone: Tone
  happened: string
  meaning: string
  at: number | null
  action: string
  to: string
}

/** What needs the person, the most pressing first. */
export const toNeeds = (needs: Needs, now: number): Need[] => [
  ...needs.doubtful.map(doubtOf),
  ...needs.failed.items.map(failureOf),
  ...needs.unsaved.items.map((site) => unsavedOf(site, now)),
]

/** What was left out of {@link toNeeds}, in words; each with the list that has it all. */
export function toRest({ failed, unsaved }: Needs): { text: string; to: string }[] {
  const failures = failed.total - failed.items.length
  const sites = unsaved.total - unsaved.items.length
  return [
    ...(failures > 0
      ? [{ text: `${count(failures, 'more failed task')}`, to: '/tasks?state=failed' }]
      : []),
    ...(sites > 0
      ? [
          {
            text: `${count(sites, 'more site')} without a recent backup`,
            to: '/sites?sort=lastBackupAt',
          },
        ]
      : []),
  ]
}

function failureOf(task: TaskRow): Need {
  const why = toCodeText(task.errorCode ?? '', task.errorMessage ?? '')
  return {
    key: task.id,
    icon: 'i-lucide-x',
    tone: 'error',
    happened: `${task.title} of ${nameOf(task)} failed.`,
    meaning: cleanText(why.happened),
    at: task.endedAt,
    action: 'See why',
    to: `/tasks/${task.id}`,
  }
}

function doubtOf(task: TaskRow): Need {
  const { doubtSince = null, doubtReason = null } = task.activity ?? {}
  const since = doubtSince === null ? '' : ` since ${toShortClockText(doubtSince)}`
  return {
    key: task.id,
    icon: 'i-lucide-circle-help',
    tone: 'warning',
    happened: `Nothing is known of ${task.title} of ${nameOf(task)}${since}.`,
    meaning: `${doubtReason ?? `${task.backendTitle} is not reachable`}. It may go on there; what became of it is collected later.`,
    at: doubtSince,
    action: 'See the task',
    to: `/tasks/${task.id}`,
  }
}

function unsavedOf({ id, name, serverTitle, lastBackupAt }: UnsavedSite, now: number): Need {
  const shown = toShownName(name)
  return {
    key: id,
    icon: 'i-lucide-archive',
    tone: 'warning',
    happened:
      lastBackupAt === null
        ? `${shown} has no backup.`
        : `The last backup of ${shown} is ${toDurationText(now - lastBackupAt)} old.`,
    meaning: `It is on ${serverTitle}. Set a schedule, or make a backup now.`,
    at: null,
    action: 'Back up',
    to: `/sites/${id}?do=backup`,
  }
}

const count = (number: number, what: string): string =>
  `${number} ${what}${number === 1 ? '' : 's'}`
