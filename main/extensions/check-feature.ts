import { z } from 'zod'
import { Form } from '#shared/domain/form.ts'
import { Title } from '#shared/domain/names.ts'
import { ObjectKind } from '#shared/domain/objects.ts'
import { TaskType } from '#shared/domain/task.ts'
import { cleanText } from '#shared/text.ts'
import type { Feature, ServiceTypeDefinition, TaskTypeDefinition } from '../hooks/feature.ts'

/** The name of a feature that a user wrote, and of its folder. */
export const EXTENSION_NAME = /^[a-z][a-z0-9-]{0,47}$/

const MAX_DECLARED = 200

const isFunction = (value: unknown): boolean => typeof value === 'function'
const hook = z.custom<never>(isFunction, 'is no function')
const aHook = hook.optional()
const text = z
  .string()
  .max(2000)
  .transform((value) => cleanText(value))

/** One line a key of the type, so that the compiler misses what is added there and not here. */
const taskType = z.strictObject({
  type: TaskType,
  objectKind: ObjectKind,
  title: Title,
  description: text,
  weight: z.number(),
  command: TaskType.optional(),
  savesContext: z.boolean(),
  forgetsContext: z.boolean().optional(),
  hasDialog: z.boolean().optional(),
  isDangerous: z.boolean().optional(),
  isHidden: z.boolean().optional(),
  form: Form.optional(),
  validate: aHook,
  refusal: hook,
  uses: aHook,
  args: aHook,
  options: aHook,
  valuesOf: aHook,
  addTasks: aHook,
  isBatch: z.boolean().optional(),
} satisfies Record<keyof TaskTypeDefinition, z.ZodType>)

/** Its values are lasting keys, which their server stores as they are. */
const serviceForm = Form.refine(
  ({ fields }) => fields.every(({ type }) => type !== 'password'),
  'a service has no password field: its values are stored on the server as they are',
).refine(
  ({ fields }) => fields.every(({ name }) => /^[a-z][a-z0-9_]{0,63}$/.test(name)),
  'the fields of a service are named as lasting keys: lower-case letters, digits and _',
)

const serviceType = z.strictObject({
  service: z.string().regex(/^[a-z][a-z0-9_]{0,31}$/),
  type: z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/),
  title: Title,
  description: text,
  defaultPort: z.number().int().min(1).max(65_535).nullable(),
  defaultRestartCommand: z.string().max(1024).nullable().optional(),
  form: serviceForm.optional(),
  validate: aHook,
  view: aHook,
  isHidden: z.boolean().optional(),
  contextOptions: aHook,
} satisfies Record<keyof ServiceTypeDefinition, z.ZodType>)

/** What else a queue must be is checked where queues are collected. */
const queue = z.looseObject({ name: z.string() })

const feature = z.strictObject({
  name: z.string().regex(EXTENSION_NAME),
  title: Title,
  description: text.optional(),
  group: Title.optional(),
  isRequired: z.literal(false, 'an extension can always be switched off').optional(),
  isOffByDefault: z.boolean().optional(),
  requires: z.array(z.string()).max(MAX_DECLARED).optional(),
  taskTypes: z.array(taskType).max(MAX_DECLARED).optional(),
  changeTaskTypes: aHook,
  guardedObjects: aHook,
  dangerousTasks: aHook,
  services: z.array(serviceType).max(MAX_DECLARED).optional(),
  queues: z.array(queue).max(MAX_DECLARED).optional(),
  changeQueues: aHook,
  changePlannedQueues: aHook,
  changeNextTasks: aHook,
  contextOptions: aHook,
  importContext: aHook,
  afterTask: aHook,
  afterRollback: aHook,
  taskStatusChanged: aHook,
  allowDomain: aHook,
} satisfies Record<keyof Feature, z.ZodType>)

/**
 * What an extension's module exports, as a feature of that name: a copy of what was checked, nothing else. Throws an
 * Error that says all that is wrong; an unknown key is wrong, since a misspelt hook would never be called.
 */
export function checkFeature(exported: unknown, name: string): Feature {
  const checked = parse(exported)
  if (!checked.success) throw new Error(z.prettifyError(checked.error))
  const { data } = checked
  if (data.name !== name)
    throw new Error(`It is called ${data.name}, and its folder ${name}: they must be the same.`)
  // What is left is a feature by each of its keys, with functions that only a call can prove.
  return data as unknown as Feature
}

/** A getter or a proxy may throw. */
function parse(exported: unknown): ReturnType<typeof feature.safeParse> {
  try {
    return feature.safeParse(exported)
  } catch (error) {
    throw new Error(
      `It cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    )
  }
}
