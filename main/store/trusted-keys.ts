import type { IdMaker } from '../lib/ids.ts'
import { hostKeysOf } from './queries/host-keys.ts'
import { ChangeSet, type Store } from './store.ts'
import type { StoredHostKey } from './tables.ts'

/** The host keys that the operator has compared: one key of a type for a host and port. */
export class TrustedKeys {
  readonly #parts: { store: Store; ids: IdMaker; now: () => number }

  constructor(parts: { store: Store; ids: IdMaker; now: () => number }) {
    this.#parts = parts
  }

  keysOf(host: string, port: number): StoredHostKey[] {
    return hostKeysOf(this.#parts.store, { host, port })
  }

  /** The host is asked for its key again at the next connection. Returns what was forgotten. */
  async forget(id: string): Promise<StoredHostKey> {
    const key = this.#parts.store.get('hostKey', id)
    await this.#parts.store.commit(new ChangeSet().remove('hostKey', id))
    return key
  }

  /** From now on this is the host's key, in place of every other that was trusted for it. */
  async trust(key: Omit<StoredHostKey, 'id' | 'trustedAt'>): Promise<void> {
    const { store, ids, now } = this.#parts
    const before = this.keysOf(key.host, key.port)
    if (before.length === 1 && before[0]?.key === key.key) return
    const change = new ChangeSet()
    for (const { id } of before) change.remove('hostKey', id)
    const { host, port, type, fingerprint } = key
    await store.commit(
      change.put('hostKey', {
        id: ids.next(),
        host,
        port,
        type,
        key: key.key,
        fingerprint,
        trustedAt: now(),
      }),
    )
  }
}
