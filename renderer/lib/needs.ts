import type { DispatchState } from '#shared/contract/app.ts'
import type { ExpiringSite, Needs, UnsavedSite } from '#shared/contract/overview.ts'
import type { TaskRow } from '#shared/contract/task.ts'
import { toShownName } from '#shared/domain/names.ts'
import { cleanText } from '#shared/text.ts'
import { toCertificateAge } from './certificate.ts'
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
  ...needs.expiring.items.map((site) => expiringOf(site, now)),
  ...needs.unsaved.items.map((site) => unsavedOf(site, now)),
]

/** What a pause keeps from starting; undefined where dispatch is on, or nothing waits for it. */
export const toPauseText = (
  dispatch: Pick<DispatchState, 'isPaused' | 'queued'> | null,
): { happened: string; meaning: string } | undefined =>
  dispatch?.isPaused === true && dispatch.queued > 0
    ? {
        happened: `Dispatch is paused, and ${count(dispatch.queued, 'task waits', 'tasks wait')}.`,
        meaning: 'Nothing starts until it is resumed.',
      }
    : undefined

/** What was left out of {@link toNeeds}, in words; each with the list that has it all. */
export function toRest({ failed, unsaved, expiring }: Needs): { text: string; to: string }[] {
  const failures = failed.total - failed.items.length
  const certificates = expiring.total - expiring.items.length
  const sites = unsaved.total - unsaved.items.length
  const rest: { text: string; to: string }[] = []
  if (failures > 0)
    rest.push({ text: count(failures, 'more failed task'), to: '/tasks?state=failed' })
  if (certificates > 0)
    rest.push({
      text: `${count(certificates, 'more certificate')} near the end`,
      to: '/sites?status=enabled',
    })
  if (sites > 0)
    rest.push({
      text: `${count(sites, 'more site')} without a recent backup`,
      to: '/sites?sort=lastBackupAt',
    })
  return rest
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

function expiringOf({ id, name, serverTitle, expiresAt }: ExpiringSite, now: number): Need {
  const { words, tone } = toCertificateAge(expiresAt, now)
  return {
    key: `certificate ${id}`,
    icon: 'i-lucide-shield-alert',
    tone,
    happened: `The certificate of ${toShownName(name)} ${words}.`,
    meaning: `It is on ${serverTitle}. A verify renews what comes from an authority, or says what keeps it from that.`,
    at: null,
    action: 'Look at the site',
    to: `/sites/${id}`,
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

const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`
