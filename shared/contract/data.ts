import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { Id } from '../domain/json.ts'
import { desk } from './base.ts'

/** Typed twice by the person; it goes to main and nowhere else. */
export const Passphrase = z.string().min(12, 'A passphrase needs at least 12 characters.').max(1000)

export const ImportOutcome = z.object({
  servers: z.number().int(),
  platforms: z.number().int(),
  sites: z.number().int(),
  tasks: z.number().int(),
  /** Secrets that this shell cannot keep: they are asked for when they are needed. */
  secretsLeft: z.number().int(),
  /** Where what was here before is kept; null where there was nothing. */
  keptAs: z.string().nullable(),
})
export type ImportOutcome = z.infer<typeof ImportOutcome>

/** The data folder, and everything in it as one encrypted file. */
export const data = {
  size: desk.output(
    z.object({
      folder: z.string(),
      storeBytes: z.number().int(),
      logBytes: z.number().int(),
      otherBytes: z.number().int(),
      /** The shell can show the folder. */
      canOpen: z.boolean(),
    }),
  ),
  openFolder: desk.output(z.object({})),
  /** The file in pieces, base64 each; `secretsLeft` counts secrets that cannot be read here and are not in it. */
  export: desk
    .input(z.object({ passphrase: Passphrase }))
    .output(eventIterator(z.object({ base64: z.string(), secretsLeft: z.number().int() }))),
  /** The next piece of a file to import; with `id` null the first. */
  upload: desk
    .input(z.object({ id: Id.nullable(), base64: z.base64().max(8 * 1024 * 1024) }))
    .output(z.object({ id: Id })),
  /** Puts what was uploaded in the place of everything; `export.not-empty` where that has to be said. */
  import: desk
    .input(z.object({ id: Id, passphrase: z.string().min(1).max(1000), isReplacing: z.boolean() }))
    .output(ImportOutcome),
}
