import { oc } from '@orpc/contract'
import { z } from 'zod'
import { FormProblems } from '../domain/form.ts'
import { JsonRecord } from '../domain/json.ts'

/**
 * What every call may answer instead of its output: an AppError as data. `code` is one of shared/errors.ts;
 * `problems` stands at the fields of a form (dots for nesting: `address.host`).
 */
export const DeskError = z.object({
  code: z.string(),
  facts: JsonRecord,
  problems: FormProblems.optional(),
})
export type DeskError = z.infer<typeof DeskError>

export const desk = oc.errors({ DESK: { status: 422, data: DeskError } })

/** A page of a list; `total` counts all that match. */
export const Page = z.object({
  search: z.string().max(300).optional(),
  offset: z.number().int().min(0).default(0),
  limit: z.number().int().min(1).max(1000).default(200),
})
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), total: z.number().int() })
