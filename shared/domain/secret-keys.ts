import type { Json } from './json.ts'

/** Keys that carry a secret wherever they come from. */
const SECRET_KEY = /passw|passphrase|secret|token|private_?key/i

/** What stands in place of a secret. */
export const MASK = '••••••••'

/** Stands in place of a secret that is kept elsewhere, and names it. */
export const SECRET_TOKEN = /\{\{secret ([a-z]+\.[0-9a-f-]{36}\.[A-Za-z][A-Za-z0-9_]{0,63})\}\}/g
export const toSecretToken = (name: string): string => `{{secret ${name}}}`

const ADDRESS = /\b(https?:\/\/[^\s/"'<>]+)(\/[^\s"'<>]*)/gi
/** What in an address lets whoever has it in. */
const LETS_IN = /\/user\/reset\/|[?&][\w-]*(token|login|key|otp|nonce)[\w-]*=/i

/** A text of a server in which of addresses that log in only the host is shown. */
export const maskAddresses = (text: string): string =>
  text.replace(ADDRESS, (address, origin: string, rest: string) =>
    LETS_IN.test(rest) ? `${origin}/${MASK}` : address,
  )

/** A value as it may be shown: secrets, also those further in, are dots. Whether one is there at all stays to be seen. */
export function maskSecrets(key: string, value: Json): Json {
  if (value === null || value === '') return value
  if (SECRET_KEY.test(key)) return MASK
  if (typeof value === 'string') return value.replace(SECRET_TOKEN, MASK)
  if (Array.isArray(value)) return value.map((one) => maskSecrets('', one))
  if (typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, maskSecrets(name, one)]),
  )
}
