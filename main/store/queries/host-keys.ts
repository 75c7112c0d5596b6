import type { Store } from '../store.ts'
import type { StoredHostKey } from '../tables.ts'

/** The keys that the operator trusts for a host, oldest first. */
export const hostKeysOf = (
  store: Store,
  { host, port }: { host: string; port: number },
): StoredHostKey[] =>
  store.select('hostKey', 'WHERE host = ? AND port = ? ORDER BY id', [host, port])

export const listHostKeys = (store: Store): StoredHostKey[] =>
  store.select('hostKey', 'ORDER BY host, port, id')
