import type { Secret } from '../lib/secret.ts'
import type { Secrets } from './secrets.ts'

const KINDS = ['password', 'passphrase'] as const

/** What opens the login of each backend. */
export class BackendSecrets {
  readonly #secrets: Secrets

  constructor(secrets: Secrets) {
    this.#secrets = secrets
  }

  of(backendId: string): { password?: Secret; passphrase?: Secret } {
    return Object.fromEntries(
      KINDS.map((kind) => [kind, this.#secrets.get(nameOf(backendId, kind))] as const).filter(
        ([, secret]) => secret !== undefined,
      ),
    )
  }

  async give(backendId: string, given: { password?: Secret; passphrase?: Secret }): Promise<void> {
    for (const kind of KINDS) {
      const secret = given[kind]
      if (secret !== undefined) await this.#secrets.set(nameOf(backendId, kind), secret)
    }
  }
}

const nameOf = (backendId: string, kind: string): string => `backend.${backendId}.${kind}`
