import { z } from 'zod'
import { JsonRecord } from '../domain/json.ts'
import { ContextName } from '../domain/names.ts'
import { LogLevel } from '../domain/task.ts'

export {
  MAX_LINE_BYTES,
  parseRequest,
  PROTOCOL,
  type ProvisionRequest,
  renderEvent,
  renderRequest,
} from './wire.ts'

/** A context as its backend stores it. `options` holds only what was set. */
export const ProvisionContext = z.object({
  format: z.number().int().min(1),
  name: ContextName,
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
    errorCode: z
      .string()
      .regex(/^PROVISION_[A-Z0-9_]{1,54}$/)
      .nullable(),
    errorMessage: z.string().nullable(),
    data: JsonRecord,
    /** Contexts that the command wrote, whole. */
    contexts: z.array(ProvisionContext),
    /** Names of contexts that the command removed. */
    removedContexts: z.array(ContextName),
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
