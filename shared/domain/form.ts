import { z } from 'zod'
import { Json } from './json.ts'

const common = {
  name: z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,63}$/),
  label: z.string(),
  help: z.string().optional(),
  isRequired: z.boolean().optional(),
  default: Json.optional(),
  /** Shown only while another field has this value. */
  visibleWhen: z.object({ field: z.string(), is: Json }).optional(),
}
const choices = z.array(
  z.object({ value: z.string(), label: z.string(), help: z.string().optional() }),
)

/** One field of a form, as data: drawn by the renderer, checked again in main. */
export const FormField = z.discriminatedUnion('type', [
  z.object({
    ...common,
    type: z.literal('text'),
    maxLength: z.number().optional(),
    isLong: z.boolean().optional(),
  }),
  z.object({ ...common, type: z.literal('password') }),
  z.object({
    ...common,
    type: z.literal('number'),
    min: z.number().optional(),
    max: z.number().optional(),
  }),
  z.object({ ...common, type: z.literal('select'), choices }),
  z.object({ ...common, type: z.literal('radios'), choices }),
  z.object({ ...common, type: z.literal('checkbox') }),
  z.object({ ...common, type: z.literal('checkboxes'), choices }),
  z.object({
    ...common,
    type: z.literal('object'),
    objectKind: z.enum(['server', 'platform', 'site', 'client']),
  }),
  /** One backup of the site that the form is about, or some of them. */
  z.object({ ...common, type: z.literal('backup') }),
  z.object({ ...common, type: z.literal('backups') }),
])
export type FormField = z.infer<typeof FormField>

export const Form = z.object({ fields: z.array(FormField) })
export type Form = z.infer<typeof Form>

/** Several problems at once, each at its field; `''` is the form as a whole. */
export const FormProblems = z.record(z.string(), z.string())
export type FormProblems = z.infer<typeof FormProblems>
