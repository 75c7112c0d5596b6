import { visibleFields } from '#shared/domain/form-check.ts'
import type { Form, FormField } from '#shared/domain/form.ts'
import type { Json, JsonRecord } from '#shared/domain/json.ts'
import { AppError } from '#shared/errors.ts'

/** What a form's fields may name: each answers with the ids of what is called so. */
export interface Named {
  objects(
    kind: Extract<FormField, { type: 'object' }>['objectKind'],
    typed: string,
  ): Promise<string[]>
  backups(typed: string): Promise<string[]>
}

/** A text that is not to be seen, asked for under this label; undefined where nobody can be asked. */
export type AskSecret = (label: string) => Promise<string | undefined>

/**
 * The values of a form from words NAME=TEXT, each as its field's type has it. Throws `input.invalid` for a word that is
 * none, a field that the form does not have or does not ask for with these values, and a password on the command line.
 */
export async function valuesOf(
  form: Form,
  words: readonly string[],
  named: Named,
): Promise<JsonRecord> {
  const values: JsonRecord = {}
  for (const word of words) {
    const { name, text } = pairOf(word)
    const field = form.fields.find((one) => one.name === name)
    if (field === undefined) throw wrong(`${name}: there is no such field. ${fieldsOf(form)}`)
    if (name in values) throw wrong(`${name} is there twice.`)
    values[name] = text === '' ? null : await toValue(field, text, named)
  }
  const shown = shownFields(form, values)
  const hidden = Object.keys(values).find((name) => !shown.some((field) => field.name === name))
  if (hidden !== undefined) throw wrong(`${hidden} is not asked for with these values.`)
  return values
}

/** The passwords that a form asks for with these values, each asked for where it is not seen. */
export async function secretsOf(
  form: Form,
  values: JsonRecord,
  ask: AskSecret,
): Promise<JsonRecord> {
  const secrets: JsonRecord = {}
  for (const { type, name, label, isRequired } of shownFields(form, values)) {
    if (type !== 'password') continue
    const secret = await ask(label)
    if (secret === undefined && isRequired === true)
      throw wrong(`${label} is needed: write it to the standard input, with --password-stdin.`)
    if (secret !== undefined) secrets[name] = secret
  }
  return secrets
}

/** The fields that the form asks for with these values, and its own where none is given. */
function shownFields(form: Form, values: JsonRecord): FormField[] {
  const defaults: JsonRecord = {}
  for (const field of form.fields) defaults[field.name] = field.default ?? null
  return visibleFields(form, { ...defaults, ...values })
}

function pairOf(word: string): { name: string; text: string } {
  const at = word.indexOf('=')
  if (at < 1) throw wrong(`“${word}”: write NAME=TEXT.`)
  return { name: word.slice(0, at), text: word.slice(at + 1) }
}

async function toValue(field: FormField, text: string, named: Named): Promise<Json> {
  switch (field.type) {
    case 'text':
      return text
    case 'password':
      throw wrong(
        `${field.name}: others can read a command line. Leave it out and be asked, or give it with --password-stdin.`,
      )
    case 'number':
      return toNumber(field.name, text)
    case 'checkbox':
      return toBoolean(field.name, text)
    case 'select':
    case 'radios':
      return toChoice(field, text)
    case 'checkboxes':
      return listOf(text).map((one) => toChoice(field, one))
    case 'object':
      return theOne(field.name, text, await named.objects(field.objectKind, text))
    case 'backup':
      return theOne(field.name, text, await named.backups(text))
    case 'backups':
      return Promise.all(
        listOf(text).map(async (one) => theOne(field.name, one, await named.backups(one))),
      )
  }
}

function toNumber(name: string, text: string): number {
  if (/^-?\d{1,15}(\.\d{1,10})?$/.test(text)) return Number(text)
  throw wrong(`${name}: “${text}” is no number.`)
}

function toBoolean(name: string, text: string): boolean {
  if (['true', 'yes', 'on', '1'].includes(text)) return true
  if (['false', 'no', 'off', '0'].includes(text)) return false
  throw wrong(`${name}: write yes or no.`)
}

function toChoice(
  { name, choices }: Extract<FormField, { type: 'select' | 'radios' | 'checkboxes' }>,
  text: string,
): string {
  const chosen =
    choices.find(({ value }) => value === text) ?? choices.find(({ label }) => label === text)
  if (chosen !== undefined) return chosen.value
  throw wrong(`${name}: “${text}” is none of ${choices.map(({ value }) => value).join(', ')}.`)
}

function theOne(name: string, text: string, ids: readonly string[]): string {
  const [id] = ids
  if (id === undefined) throw wrong(`${name}: there is nothing called “${text}”.`)
  if (ids.length === 1) return id
  throw wrong(`${name}: ${ids.length} are called “${text}”: name one by its id.`)
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')

const fieldsOf = ({ fields }: Form): string =>
  fields.length === 0
    ? 'This task has none.'
    : `There are: ${fields.map(({ name }) => name).join(', ')}.`

const wrong = (message: string): AppError => new AppError('input.invalid', message)
