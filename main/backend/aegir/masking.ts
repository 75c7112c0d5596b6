import type { Json, JsonRecord } from '#shared/domain/json.ts'
import { MASK } from '#shared/domain/secret-keys.ts'

/** Keys of Aegir's records whose values nobody is to see; those of shared/domain/secret-keys.ts beside them. */
const SECRET_KEY =
  /passw|passphrase|secret|token|private_?key|^master_db$|db_passwd|cron_key|sitekey|^db-password$/i

/** What looks like a secret in a text, wherever it stands: what comes before it, the secret, and what ends it. */
const SECRETS: readonly { pattern: RegExp; masked: string }[] = [
  { pattern: /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@]*(?=@)/gi, masked: `$1${MASK}` },
  { pattern: /(\/user\/reset\/)[^\s"'<>]+/g, masked: `$1${MASK}` },
  { pattern: /(--?[\w-]*passw(?:or)?d[\w-]*[= ]+)("[^"]*"|'[^']*'|\S+)/gi, masked: `$1${MASK}` },
  { pattern: /(\bpassword(?: is)?\s*[:=]\s*)("[^"]*"|'[^']*'|\S+)/gi, masked: `$1${MASK}` },
  { pattern: /(\bIDENTIFIED BY\s+)("[^"]*"|'[^']*')/gi, masked: `$1${MASK}` },
  {
    pattern: /(['"]?(?:db_passwd|cron_key)['"]?\s*(?:=>|[:=])\s*)("[^"]*"|'[^']*'|\S+)/gi,
    masked: `$1${MASK}`,
  },
]

/** Shorter ones would take ordinary words out of a text. */
const MIN_SECRET = 6

/** Takes secrets out of text: what looks like one, and the values that are known to be. */
export class Masking {
  readonly #known: readonly string[]

  /** `sent`: what this run is told; values of its secret keys are never shown. */
  constructor(sent: readonly JsonRecord[] = []) {
    this.#known = sent
      .flatMap((record) => Object.entries(record))
      .filter(([key]) => SECRET_KEY.test(key))
      .flatMap(([, value]) => textsIn(value))
      .filter((text) => text.length >= MIN_SECRET)
  }

  mask(text: string): string {
    const withoutKnown = this.#known.reduce((left, secret) => left.replaceAll(secret, MASK), text)
    return SECRETS.reduce(
      (left, { pattern, masked }) => left.replace(pattern, masked),
      withoutKnown,
    )
  }
}

const textsIn = (value: Json): string[] =>
  typeof value === 'string' ? [value] : Array.isArray(value) ? value.flatMap(textsIn) : []

/** A record without what is secret in it: those keys are left out, as they are not ours to keep. */
export const withoutSecrets = (record: JsonRecord): JsonRecord =>
  Object.fromEntries(Object.entries(record).filter(([key]) => !SECRET_KEY.test(key)))
