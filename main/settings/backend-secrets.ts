import type { BackendAddress } from '#shared/domain/objects.ts'
import { Secret } from '../lib/secret.ts'
import type { Secrets } from './secrets.ts'

const KINDS = ['password', 'passphrase'] as const
type Kind = (typeof KINDS)[number]
type Address = Pick<BackendAddress, 'host' | 'port' | 'user'>

/**
 * What opens the login of each backend. A password is for the account that it was given for: once the address is another
 * one, it is asked for anew, and shown to nobody.
 */
export class BackendSecrets {
  readonly #secrets: Secrets
  readonly #addressOf: (backendId: string) => Address

  constructor(secrets: Secrets, addressOf: (backendId: string) => Address) {
    this.#secrets = secrets
    this.#addressOf = addressOf
  }

  of(backendId: string): { password?: Secret; passphrase?: Secret } {
    return Object.fromEntries(
      KINDS.map((kind) => [kind, this.#find(backendId, kind)] as const).filter(
        ([, secret]) => secret !== undefined,
      ),
    )
  }

  async give(backendId: string, given: { password?: Secret; passphrase?: Secret }): Promise<void> {
    for (const kind of KINDS) {
      const secret = given[kind]
      if (secret === undefined) continue
      const kept = `${this.#placeOf(backendId, kind)} ${secret.reveal()}`
      await this.#secrets.set(nameOf(backendId, kind), new Secret(kept))
    }
  }

  async forget(backendId: string): Promise<void> {
    for (const kind of KINDS) await this.#secrets.remove(nameOf(backendId, kind))
  }

  #find(backendId: string, kind: Kind): Secret | undefined {
    const kept = this.#secrets.get(nameOf(backendId, kind))?.reveal()
    const start = `${this.#placeOf(backendId, kind)} `
    return kept?.startsWith(start) === true ? new Secret(kept.slice(start.length)) : undefined
  }

  /** Where a secret may be used: a passphrase opens a key of this computer, whatever the server. */
  #placeOf(backendId: string, kind: Kind): string {
    if (kind === 'passphrase') return 'here'
    const { host, port, user } = this.#addressOf(backendId)
    return `${user}@${host}:${port}`
  }
}

const nameOf = (backendId: string, kind: Kind): string => `backend.${backendId}.${kind}`
