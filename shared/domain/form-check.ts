import type { Form, FormField, FormProblems } from './form.ts'
import type { Json, JsonRecord } from './json.ts'

/** The longest text a field takes where it names no limit of its own. */
const MAX_TEXT = 2000

/** The fields that are shown with these values. */
export const visibleFields = (form: Form, values: JsonRecord): FormField[] =>
  form.fields.filter(
    ({ visibleWhen }) => visibleWhen === undefined || values[visibleWhen.field] === visibleWhen.is,
  )

/**
 * Values as they are stored (defaults filled in, hidden and unknown fields left out), and what is wrong with them.
 * Used by the renderer while one types and by main before anything is stored.
 */
export function checkForm(
  form: Form,
  typed: JsonRecord,
): { values: JsonRecord; problems: FormProblems } {
  const values: JsonRecord = {}
  const problems: FormProblems = {}
  for (const field of visibleFields(form, typed)) {
    const value = typed[field.name] ?? field.default ?? null
    const problem = isEmpty(value)
      ? field.isRequired === true
        ? `${field.label} is needed.`
        : undefined
      : problemOf(field, value)
    if (problem !== undefined) problems[field.name] = problem
    else if (!isEmpty(value)) values[field.name] = value
  }
  return { values, problems }
}

const isEmpty = (value: Json): boolean =>
  value === null || value === '' || (Array.isArray(value) && value.length === 0)

function problemOf(field: FormField, value: Json): string | undefined {
  switch (field.type) {
    case 'text':
    case 'password': {
      const limit = (field.type === 'text' ? field.maxLength : undefined) ?? MAX_TEXT
      if (typeof value !== 'string') return `${field.label} is a text.`
      return value.length > limit ? `${field.label} has at most ${limit} characters.` : undefined
    }
    case 'number': {
      if (typeof value !== 'number' || !Number.isFinite(value)) return `${field.label} is a number.`
      if (field.min !== undefined && value < field.min)
        return `${field.label} is at least ${field.min}.`
      if (field.max !== undefined && value > field.max)
        return `${field.label} is at most ${field.max}.`
      return undefined
    }
    case 'checkbox':
      return typeof value === 'boolean' ? undefined : `${field.label} is on or off.`
    case 'select':
    case 'radios':
      return field.choices.some((choice) => choice.value === value)
        ? undefined
        : `${field.label} is one of the choices.`
    case 'checkboxes':
      return Array.isArray(value) &&
        value.every((one) => field.choices.some((choice) => choice.value === one))
        ? undefined
        : `${field.label} is some of the choices.`
    case 'backup':
      return typeof value === 'string' ? undefined : `${field.label} is one of the site’s backups.`
    case 'backups':
      return Array.isArray(value) && value.every((one) => typeof one === 'string')
        ? undefined
        : `${field.label} are some of the site’s backups.`
    case 'object':
      return typeof value === 'string'
        ? undefined
        : `${field.label} is one of the ${field.objectKind}s.`
  }
}
