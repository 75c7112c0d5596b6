import type { Json } from '#shared/domain/json.ts'
import { maskSecrets } from '#shared/domain/secret-keys.ts'
import { cleanText, shorten } from '#shared/text.ts'

const MAX_LENGTH = 2000

/** A value of a context or an option as one text. Secrets are dots, even where one slipped through. */
export function toValueText(key: string, secretOrNot: Json): string {
  const value = maskSecrets(key, secretOrNot)
  if (value === null) return '(unset)'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text === '' ? '(empty)' : shorten(cleanText(text), MAX_LENGTH)
}
