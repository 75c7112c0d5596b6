import { z } from 'zod'
import { Id } from '../domain/json.ts'
import { BackendAddress, ObjectKind } from '../domain/objects.ts'
import { desk } from './base.ts'
import { OtherDesk } from './desks.ts'

/** What an import came to. */
export const ImportResult = z.object({
  backendId: Id,
  /** Objects that are new here. */
  added: z.array(z.object({ kind: ObjectKind, id: Id, name: z.string() })),
  /** How many were here already, and were brought up to date. */
  known: z.number().int(),
  /** How many backups are new here. */
  backups: z.number().int(),
  /** Backups of sites that are not there any more: left alone. */
  foreignBackups: z.number().int(),
  /** Contexts that were not taken, with the reason; and features that were left out. */
  problems: z.array(z.object({ name: z.string(), message: z.string() })),
})
export type ImportResult = z.infer<typeof ImportResult>

export const inventory = {
  /** Makes the objects here that an account has contexts of; repeatable. Its host key must be known. */
  import: desk
    .input(z.union([z.object({ backendId: Id }), z.object({ address: BackendAddress })]))
    .output(ImportResult),
  /** Other desks that use a backend, as it said when it was last connected. */
  otherDesks: desk.input(z.object({ backendId: Id })).output(z.array(OtherDesk)),
}
