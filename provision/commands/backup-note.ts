import type { JsonRecord } from '#shared/domain/json.ts'
import { cleanText, shorten } from '#shared/text.ts'
import { findSmallText } from '../system/files.ts'

const MAX_NOTE = 500

/** Beside a backup: what was written of it when it was made. */
export const noteOf = (archive: string): string => `${archive}.note`

/** What is to be written of a backup: one line, perhaps of nothing. */
export const toNote = ({ description }: JsonRecord): string =>
  typeof description === 'string' ? shorten(cleanText(description).trim(), MAX_NOTE) : ''

export async function findNote(archive: string): Promise<string> {
  const text = await findSmallText(noteOf(archive), 4 * MAX_NOTE)
  return shorten(cleanText(text ?? '').trim(), MAX_NOTE)
}
