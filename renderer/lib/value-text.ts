import type { Json } from '#shared/domain/json.ts'
import { cleanText, shorten } from '#shared/text.ts'

/** Keys that carry a secret wherever they come from; shown as dots even where one slipped through. */
const SECRET_KEY = /passw|passphrase|secret|token|private_?key/i
const MAX_LENGTH = 2000

/** A value of a context or an option as one text. */
export function toValueText(key: string, value: Json): string {
  if (SECRET_KEY.test(key) && value !== null && value !== '') return '••••••••'
  if (value === null) return '(unset)'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text === '' ? '(empty)' : shorten(cleanText(text), MAX_LENGTH)
}
