import { z } from 'zod'
import { cleanText } from '#shared/text.ts'

/** PHP writes an empty map as a list. */
const PhpMap = z.preprocess(
  (value) => (Array.isArray(value) || value == null ? {} : value),
  z.record(z.string(), z.unknown()),
)

/** Drush's answer to one command. Passwords are in it: nothing of it is kept but what is asked for by name. */
export const DrushFrame = z.object({
  object: z.unknown(),
  error_status: z.coerce.number(),
  /** Code → messages. With `set_error` packets, the only place where errors stand. */
  error_log: PhpMap.transform(toErrors),
  /** Where the command ran on a context: its record, and what its site keeps beside it. */
  self: PhpMap.optional().transform((self) => self ?? {}),
  /** All options at the end: those sent, and what the command left for its caller. */
  context: PhpMap,
  log: z.array(z.unknown()).catch([]),
})
export type DrushFrame = z.infer<typeof DrushFrame>

export interface DrushError {
  code: string
  message: string
}

function toErrors(log: Record<string, unknown>): DrushError[] {
  return Object.entries(log).map(([code, messages]) => ({
    code,
    message: [messages]
      .flat()
      .filter((message) => typeof message === 'string')
      .map(toPlainText)
      .filter((message, at, all) => message !== '' && all.indexOf(message) === at)
      .join(' '),
  }))
}

/** One packet: an entry of the log, or an error. */
export const DrushPacket = z.discriminatedUnion('packet', [
  z.object({
    packet: z.literal('log'),
    type: z.string().catch('notice'),
    message: z
      .union([z.string(), z.array(z.string()).transform((lines) => lines.join(' '))])
      .catch(''),
    timestamp: z.number().nullish().catch(null),
  }),
  z.object({
    packet: z.literal('set_error'),
    error: z.coerce.string(),
    message: z.string().nullish().catch(''),
  }),
])
export type DrushPacket = z.infer<typeof DrushPacket>

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#039': "'",
  nbsp: ' ',
}

/** A message as one line of text: Drupal writes HTML into its messages. */
export const toPlainText = (message: string): string =>
  cleanText(
    message
      .replace(/<\/?[a-z][^<>]{0,500}>/gi, '')
      .replace(/&(amp|lt|gt|quot|#039|nbsp);/g, (_all, name: string) => ENTITIES[name] ?? '')
      .replace(/\s*\n\s*/g, ' '),
  ).trim()
