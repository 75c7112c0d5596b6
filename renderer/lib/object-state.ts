import { toApplicationTitle } from '#shared/domain/applications.ts'
import type { Task } from '#shared/domain/task.ts'
import type { HostingObject } from '#shared/domain/objects.ts'
import type { Tone } from './task-state.ts'

export interface ObjectState {
  icon: string
  tone: Tone
  words: string
}

/** How a server, platform or site stands, from its status and its last task. */
export function toObjectState(
  object: Pick<HostingObject, 'kind' | 'status'>,
  lastTask: Pick<Task, 'status' | 'type'> | null,
): ObjectState {
  if (object.status === 'deleted') return state('i-lucide-trash-2', 'neutral', 'Deleted')
  if (lastTask?.status === 'processing')
    return state('i-lucide-loader-circle', 'info', `Running: ${wordOf(lastTask.type)}`)
  if (lastTask?.status === 'error')
    return state('i-lucide-x', 'error', `Last ${wordOf(lastTask.type)} failed`)
  switch (object.status) {
    case 'queued':
      return state('i-lucide-circle-dashed', 'neutral', BEFORE[object.kind])
    case 'enabled':
      return state('i-lucide-check', 'success', object.kind === 'site' ? 'Enabled' : 'Ready')
    case 'disabled':
      return state('i-lucide-power-off', 'neutral', 'Disabled')
    case 'locked':
      return state('i-lucide-lock', 'warning', 'Locked')
  }
}

const BEFORE: Readonly<Record<HostingObject['kind'], string>> = {
  server: 'Not verified yet',
  platform: 'Not verified yet',
  site: 'Not installed yet',
}

/** A task type as a word in a sentence: login-reset → login reset. */
const wordOf = (type: string): string => type.replace(/[-_]+/g, ' ')
const state = (icon: string, tone: Tone, words: string): ObjectState => ({ icon, tone, words })

/** What a platform carries: “WordPress 6.9”, “Static files”, “Not known yet”. */
export function toApplicationText(platform: {
  application: string | null
  version: string | null
}): string {
  const { application, version } = platform
  if (application === null) return 'Not known yet'
  return [toApplicationTitle(application), version ?? ''].join(' ').trim()
}

/** What is to be known of an application before somebody relies on it; undefined where there is nothing. */
export const toUntriedText = (application: string | null): string | undefined =>
  application === 'drupal'
    ? 'Drupal: not yet tried against a real one. Keep a backup of your own.'
    : undefined

/** Static files have no place for a site's title, and PHP of one's own asks for none. */
export const takesTitle = (application: string | null): boolean =>
  application !== null && application !== 'static' && application !== 'php'
