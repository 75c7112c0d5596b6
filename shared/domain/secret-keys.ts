import type { Json } from './json.ts'

/** Keys that carry a secret wherever they come from. */
const SECRET_KEY = /passw|passphrase|secret|token|private_?key/i

/** What stands in place of a secret. */
export const MASK = '••••••••'

/** A value as it may be shown: secrets, also those further in, are dots. Whether one is there at all stays to be seen. */
export function maskSecrets(key: string, value: Json): Json {
  if (value === null || value === '') return value
  if (SECRET_KEY.test(key)) return MASK
  if (Array.isArray(value)) return value.map((one) => maskSecrets('', one))
  if (typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, maskSecrets(name, one)]),
  )
}
