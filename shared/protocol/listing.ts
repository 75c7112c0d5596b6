import { z } from 'zod'
import { Instant } from '../domain/json.ts'
import { ServerPath } from '../domain/names.ts'
import { ProvisionContext } from './provision.ts'

/** One line of `provision list`: something that a backend keeps. */
export const ListedItem = z.discriminatedUnion('item', [
  z.object({ item: z.literal('context'), context: ProvisionContext }),
  /** A context whose file does not read, or is of a newer release. */
  z.object({
    item: z.literal('unreadable'),
    name: z.string(),
    code: z.string(),
    message: z.string(),
  }),
  z.object({
    item: z.literal('backup'),
    file: ServerPath,
    /** The host name of its site, or the first 200 characters of it. */
    uri: z.string(),
    /** By the server's clock, to the second. */
    createdAt: Instant,
    sizeBytes: z.number().int().min(0),
    /** What was written of it when it was made; empty where its archive does not say. */
    description: z.string().default(''),
  }),
])
export type ListedItem = z.infer<typeof ListedItem>
