import { Secret } from '../lib/secret.ts'
import type { SecretBox } from './secret-box.ts'

/** Where sealed secrets are kept; app.ts hands in the store's table. */
export interface SecretStorage {
  read(name: string): string | undefined
  /** Durable when it resolves. */
  write(name: string, sealed: string): Promise<void>
  remove(name: string): Promise<void>
}

/**
 * Secrets by name. With a SecretBox they are kept sealed and outlive the application; without one they are kept in
 * memory only, and asked for once per start.
 */
export class Secrets {
  readonly #storage: SecretStorage
  readonly #box: SecretBox | null
  readonly #inMemory = new Map<string, Secret>()

  constructor(storage: SecretStorage, box: SecretBox | null) {
    this.#storage = storage
    this.#box = box
  }

  /** Undefined where there is none, or where it cannot be unsealed any more (another account, another keychain). */
  get(name: string): Secret | undefined {
    const known = this.#inMemory.get(name)
    if (known !== undefined || this.#box === null) return known
    const sealed = this.#storage.read(name)
    if (sealed === undefined) return undefined
    const secret = unseal(this.#box, sealed)
    if (secret !== undefined) this.#inMemory.set(name, secret)
    return secret
  }

  /** At hand from now on; returns it sealed, for a row that is stored with others. Null: it stays in memory only. */
  hold(name: string, secret: Secret): string | null {
    this.#inMemory.set(name, secret)
    return this.#box === null ? null : this.#box.seal(secret.reveal())
  }

  async set(name: string, secret: Secret): Promise<void> {
    const sealed = this.hold(name, secret)
    if (sealed !== null) await this.#storage.write(name, sealed)
  }

  async remove(name: string): Promise<void> {
    this.#inMemory.delete(name)
    if (this.#storage.read(name) !== undefined) await this.#storage.remove(name)
  }
}

function unseal(box: SecretBox, sealed: string): Secret | undefined {
  try {
    return new Secret(box.unseal(sealed))
  } catch {
    return undefined
  }
}
