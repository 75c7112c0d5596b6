import { z } from 'zod'
import { Id } from '../domain/json.ts'
import { BackendAddress, Dialect, ObjectKind } from '../domain/objects.ts'
import { Secrets } from './backend.ts'
import { desk } from './base.ts'
import { OtherDesk } from './desks.ts'

/** What an import came to. */
export const ImportResult = z.object({
  backendId: Id,
  /** Objects that are new here. */
  added: z.array(z.object({ kind: ObjectKind, id: Id, name: z.string() })),
  /** How many were here already. */
  known: z.number().int(),
  /** Those of them that were not as they are there, with what differed. */
  changed: z.array(z.object({ kind: ObjectKind, name: z.string(), keys: z.array(z.string()) })),
  /** Lasting keys that nobody here knows: they stay on the server as they are. */
  unknownKeys: z.array(z.object({ name: z.string(), keys: z.array(z.string()) })),
  /** How many backups are new here. */
  backups: z.number().int(),
  /** Backups of sites that are not there any more: left alone. */
  foreignBackups: z.number().int(),
  /** Contexts that were not taken, with the reason; and features that were left out. */
  problems: z.array(z.object({ name: z.string(), message: z.string() })),
})
export type ImportResult = z.infer<typeof ImportResult>

/** What an import would come to, with nothing stored. */
export const ImportPreview = ImportResult.omit({ backendId: true, added: true }).extend({
  dialect: Dialect,
  added: z.array(z.object({ kind: ObjectKind, name: z.string() })),
})
export type ImportPreview = z.infer<typeof ImportPreview>

const ImportSource = z.union([
  z.object({ backendId: Id }),
  z.object({ address: BackendAddress, secrets: Secrets.optional() }),
])

export const inventory = {
  /** Looks at what an account has contexts of. Its host key must be known. */
  preview: desk.input(ImportSource).output(ImportPreview),
  /** Makes the objects here that an account has contexts of, and brings those up to date that are here; repeatable. Its host key must be known. */
  import: desk.input(ImportSource).output(ImportResult),
  /** Other desks that use a backend, as it said when it was last connected. */
  otherDesks: desk.input(z.object({ backendId: Id })).output(z.array(OtherDesk)),
}
