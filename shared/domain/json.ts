import { z } from 'zod'
import '../words.ts'

/** Values that travel as context options, options and form values. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export const Json: z.ZodType<Json> = z.json()

export type JsonRecord = Record<string, Json>
export const JsonRecord = z.record(z.string(), Json)

/** UUIDv7 text made by main. */
export const Id = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/)
export type Id = string

/** Milliseconds since the epoch, by this computer's clock unless the name says otherwise. */
export const Instant = z.number().int()
