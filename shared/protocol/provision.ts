import { z } from 'zod'
import { JsonRecord } from '../domain/json.ts'
import { LogLevel } from '../domain/task.ts'

/** The version that this release speaks. A program on a server answers this one and the one before. */
export const PROTOCOL = 1

/** The longest line either side accepts, in bytes; a longer one is cut by its reader and said so. */
export const MAX_LINE_BYTES = 1024 * 1024

/** What a command reads on its standard input: one JSON object. */
export const ProvisionRequest = z.object({
  protocol: z.number().int().min(1),
  /** `provision-save`: lasting facts. A key with the value null is unset. */
  contextOptions: JsonRecord.optional(),
  /** Facts for this run only. */
  options: JsonRecord.optional(),
})
export type ProvisionRequest = z.infer<typeof ProvisionRequest>

/** A context as its backend stores it. `options` holds only what was set. */
export const ProvisionContext = z.object({
  format: z.number().int().min(1),
  name: z.string(),
  type: z.enum(['server', 'platform', 'site']),
  options: JsonRecord,
})
export type ProvisionContext = z.infer<typeof ProvisionContext>

/** What a command prints: one JSON object a line on standard output. `at` is the server's epoch ms. */
export const ProvisionEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('log'), level: LogLevel, message: z.string(), at: z.number() }),
  z.object({
    event: z.literal('progress'),
    step: z.number().int().min(0),
    of: z.number().int().min(0),
    title: z.string(),
    at: z.number(),
  }),
  z.object({
    event: z.literal('result'),
    isOk: z.boolean(),
    /** Of the form PROVISION_SOMETHING; null on success. */
    errorCode: z.string().max(64).nullable(),
    errorMessage: z.string().nullable(),
    data: JsonRecord,
    /** Contexts that the command wrote, whole. */
    contexts: z.array(ProvisionContext),
    /** Names of contexts that the command removed. */
    removedContexts: z.array(z.string()),
    at: z.number(),
  }),
])
export type ProvisionEvent = z.infer<typeof ProvisionEvent>
export type ProvisionResult = Extract<ProvisionEvent, { event: 'result' }>

/** One line of a command's output; undefined where it is none of ours (stray text of a tool). */
export function parseEvent(line: string): ProvisionEvent | undefined {
  if (!line.startsWith('{"event":')) return undefined
  try {
    return ProvisionEvent.parse(JSON.parse(line))
  } catch {
    return undefined
  }
}

export const renderEvent = (event: ProvisionEvent): string => `${JSON.stringify(event)}\n`
