import type { Form } from '#shared/domain/form.ts'
import type { JsonRecord } from '#shared/domain/json.ts'

/** What a form begins with: defaults count as typed, so that fields that depend on them are shown. */
export const initialValues = (form: Form, known: JsonRecord = {}): JsonRecord => ({
  ...Object.fromEntries(
    form.fields.flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, value]])),
  ),
  ...known,
})
