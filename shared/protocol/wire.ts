import type { JsonRecord } from '../domain/json.ts'
import type { ProvisionEvent } from './provision.ts'

// What the program on the server needs of the protocol, without the schema library: every task starts it twice,
// and loading zod would make each start half as long again.

/** The version that this release speaks. A program on a server answers this one and the one before. */
export const PROTOCOL = 1

/** The longest line either side accepts, in bytes; a longer one is cut by its reader and said so. */
export const MAX_LINE_BYTES = 1024 * 1024

/** What a command reads on its standard input: one JSON object. */
export interface ProvisionRequest {
  protocol: number
  /** `provision-save`: lasting facts. A key with the value null is unset. */
  contextOptions: JsonRecord
  /** Facts for this run only. */
  options: JsonRecord
  /**
   * Nothing is changed: the result's data are `changes`, what would be. `contextOptions` are laid over the context as a save
   * before the command would.
   */
  dryRun: boolean
}

export const renderRequest = (request: Partial<ProvisionRequest>): string =>
  `${JSON.stringify({ protocol: PROTOCOL, ...request })}\n`

/** A request, or why it is none. The protocol's number is only checked to be one. */
export function parseRequest(text: string): ProvisionRequest | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'The request is no JSON.'
  }
  if (!isRecord(value)) return 'The request is no JSON object.'
  const { protocol, contextOptions = {}, options = {}, dryRun = false } = value
  if (typeof protocol !== 'number' || !Number.isInteger(protocol) || protocol < 1)
    return 'The request names no protocol.'
  if (!isRecord(contextOptions)) return 'contextOptions is no object.'
  if (!isRecord(options)) return 'options is no object.'
  if (typeof dryRun !== 'boolean') return 'dryRun is neither true nor false.'
  return { protocol, contextOptions, options, dryRun }
}

/** What came out of JSON.parse and is an object holds only JSON. */
export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const renderEvent = (event: ProvisionEvent): string => `${JSON.stringify(event)}\n`
