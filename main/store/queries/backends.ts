import type { Backend } from '#shared/domain/objects.ts'
import type { Store } from '../store.ts'

/** All backends by title; there are as many as accounts on servers, hundreds at most. */
export const listBackends = (store: Store): Backend[] =>
  store.select('backend', 'ORDER BY title COLLATE NOCASE, id')

/** The backend of one account on one machine; the host is compared without case. */
export const findBackendAt = (
  store: Store,
  { host, port, user }: { host: string; port: number; user: string },
): Backend | undefined =>
  store.select('backend', 'WHERE host = ? COLLATE NOCASE AND port = ? AND user = ?', [
    host,
    port,
    user,
  ])[0]

/** The embedded demo server's backend, where there is one. */
export const findDemoBackend = (store: Store): Backend | undefined =>
  listBackends(store).find(({ isDemo }) => isDemo)
