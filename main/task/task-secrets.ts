import type { Form } from '#shared/domain/form.ts'
import type { Id, Json, JsonRecord } from '#shared/domain/json.ts'
import { MASK, SECRET_TOKEN, toSecretToken } from '#shared/domain/secret-keys.ts'
import { isEnded, type Task } from '#shared/domain/task.ts'
import { AppError } from '#shared/errors.ts'
import { Secret } from '../lib/secret.ts'
import type { Secrets } from '../settings/secrets.ts'

/**
 * What was typed into a task's password fields. It is kept among the secrets, under a name that stands in its place in
 * everything that is stored or logged; put in only where what goes to the backend is made; forgotten with the task's end.
 */
export interface TaskSecret {
  name: string
  secret: Secret
}

/** The values of a form as they may be stored, and what they hide. */
export function hideSecrets(
  form: Form | undefined,
  taskId: Id,
  values: JsonRecord,
): { values: JsonRecord; secrets: TaskSecret[] } {
  const hidden: JsonRecord = { ...values }
  const secrets = (form?.fields ?? []).flatMap((field): TaskSecret[] => {
    const value = values[field.name]
    if (field.type !== 'password' || typeof value !== 'string' || value === '') return []
    const name = `${TASK}${taskId}.${field.name}`
    hidden[field.name] = toSecretToken(name)
    return [{ name, secret: new Secret(value) }]
  })
  return { values: hidden, secrets }
}

const TASK = 'task.'

/** The task that a secret belongs to; undefined where it is none of a task's. */
export const taskOfSecret = (name: string): Id | undefined =>
  name.startsWith(TASK) ? name.slice(TASK.length).split('.')[0] : undefined

/** The names of the secrets that a value holds in its texts. */
export function secretsIn(value: Json): string[] {
  if (typeof value === 'string')
    return [...value.matchAll(SECRET_TOKEN)].map(([, name]) => name ?? '')
  if (Array.isArray(value)) return value.flatMap(secretsIn)
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsIn) : []
}

/** The value with the secrets of this task put in. Throws `task.secret-gone` where one is not at hand any more. */
export function revealSecrets<Value extends Json>(
  value: Value,
  taskId: Id,
  secrets: Secrets,
): Value {
  return mapTexts(value, (text) =>
    text.replace(SECRET_TOKEN, (token, name: string) => {
      // A token that somebody typed names another task's, or none.
      if (taskOfSecret(name) !== taskId) return token
      const secret = secrets.get(name)
      if (secret !== undefined) return secret.reveal()
      throw new AppError(
        'task.secret-gone',
        'A password of this task is not at hand any more: ask for the task anew.',
        { data: { taskId } },
      )
    }),
  ) as Value
}

function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapTexts(one, change)]))
}

/** Values as a form may begin with them again: without what was secret. */
export const withoutSecretValues = (values: JsonRecord): JsonRecord =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => secretsIn(value).length === 0))

/** Puts dots in place of a task's secrets, as far as they are at hand: what a backend says may repeat them. */
export function maskerOf({ values }: Task, secrets: Secrets | undefined): (text: string) => string {
  const texts = secretsIn(values).flatMap((name) => secrets?.get(name)?.reveal() ?? [])
  const forms = texts.flatMap((text) => [text, JSON.stringify(text).slice(1, -1)])
  return (text) => forms.reduce((masked, secret) => masked.replaceAll(secret, MASK), text)
}

/** Forgets the secrets of a task that has ended, or that is not there any more. */
export async function forgetSecrets(task: Task, secrets: Secrets): Promise<void> {
  if (!isEnded(task.status)) return
  for (const name of secretsIn(task.values))
    if (taskOfSecret(name) === task.id) await secrets.remove(name)
}
