import { z } from 'zod'
import type { Id, Json } from '#shared/domain/json.ts'
import { Secret } from '../lib/secret.ts'
import type { Secrets } from '../settings/secrets.ts'

/** As long as Aegir's frontend kept it. The application behind it may let it end sooner. */
const FRESH_MS = 86_400_000

const Link = z.object({
  url: z.url({ protocol: /^https?$/ }).max(4096),
  freshUntil: z.number().int(),
})
export type LoginLink = z.infer<typeof Link>

/**
 * Links that log in once, as tasks made them (`loginLink` of a result). Whoever has one is logged in, so it is kept among
 * the secrets: sealed or in memory, until it was opened or a day has passed.
 */
export class LoginLinks {
  readonly #secrets: Secrets
  readonly #now: () => number

  constructor(secrets: Secrets, now: () => number) {
    this.#secrets = secrets
    this.#now = now
  }

  /** Keeps what a result says. What is no web address is dropped: people would click on it. */
  async keep(taskId: Id, said: Json | undefined): Promise<void> {
    const url = typeof said === 'string' ? said.trim() : said
    const link = Link.safeParse({ url, freshUntil: this.#now() + FRESH_MS })
    if (link.success) await this.#secrets.set(nameOf(taskId), new Secret(JSON.stringify(link.data)))
  }

  find(taskId: Id): LoginLink | null {
    const kept = this.#secrets.get(nameOf(taskId))?.reveal()
    const link = kept === undefined ? undefined : Link.parse(JSON.parse(kept))
    return link !== undefined && link.freshUntil > this.#now() ? link : null
  }

  async forget(taskId: Id): Promise<void> {
    await this.#secrets.remove(nameOf(taskId))
  }

  /** Forgets it once it is of no use. */
  async sweep(taskId: Id): Promise<void> {
    if (this.find(taskId) === null) await this.forget(taskId)
  }
}

const PREFIX = 'login-link.'
const nameOf = (taskId: Id): string => `${PREFIX}${taskId}`

/** The task whose link a secret is; undefined where it is none. */
export const taskOfLoginLink = (name: string): Id | undefined =>
  name.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined
