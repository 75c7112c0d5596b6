import type { ClientLink } from '@orpc/client'
import { shallowRef } from 'vue'

export type Link = ClientLink<Record<never, never>>

/**
 * The way to main. `connecting` before the first link, `open` while calls go through, `lost` while it is tried again.
 * A new link means that every stream has to be opened again.
 */
export type Connection =
  { state: 'connecting' } | { state: 'open'; link: Link } | { state: 'lost'; since: number }

export const connection = shallowRef<Connection>({ state: 'connecting' })

/** The link as soon as there is one. Waits while the connection is made or made again. */
export function whenOpen(): Promise<Link> {
  const now = connection.value
  if (now.state === 'open') return Promise.resolve(now.link)
  return new Promise((resolve) => waiting.push(resolve))
}

const waiting: ((link: Link) => void)[] = []

export function setOpen(link: Link): void {
  connection.value = { state: 'open', link }
  for (const resolve of waiting.splice(0)) resolve(link)
}

export function setLost(): void {
  if (connection.value.state !== 'lost') connection.value = { state: 'lost', since: Date.now() }
}
