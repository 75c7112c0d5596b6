import type { ObjectKind } from '#shared/domain/objects.ts'
import { toObjectState } from './object-state.ts'

const STATUSES = {
  server: ['queued', 'enabled', 'locked', 'deleted'],
  platform: ['queued', 'enabled', 'locked', 'deleted'],
  site: ['queued', 'enabled', 'disabled', 'deleted'],
} as const

type StatusOf<Kind extends ObjectKind> = (typeof STATUSES)[Kind][number]

/** The statuses of a kind of object to choose from, in the words in which lists show them. */
export const STATUS_CHOICES = {
  server: choicesOf('server'),
  platform: choicesOf('platform'),
  site: choicesOf('site'),
} as const

function choicesOf(kind: ObjectKind): { value: string; label: string }[] {
  return STATUSES[kind].map((status) => ({
    value: status,
    label: toObjectState({ kind, status }, null).words,
  }))
}

/** A status as it came from a page's address; undefined where it is none. */
export const toStatus = <Kind extends ObjectKind>(
  kind: Kind,
  text: string | undefined,
): StatusOf<Kind> | undefined =>
  (STATUSES[kind] as readonly string[]).find((status) => status === text) as
    StatusOf<Kind> | undefined
