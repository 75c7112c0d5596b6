import { z } from 'zod'
import { FormProblems } from '#shared/domain/form.ts'
import { JsonRecord } from '#shared/domain/json.ts'
import { ObjectKind } from '#shared/domain/objects.ts'
import { AppError } from '#shared/errors.ts'
import { atOnce } from './at-once.ts'
import type { Feature, TaskTypeDefinition } from './feature.ts'
import { toProblem, type HookProblem } from './problem.ts'

type OnProblem = (problem: HookProblem) => void

/**
 * Every task type as declared, then changed in turn (hook_hosting_tasks_alter). A feature that throws there, or leaves
 * what is no task type, is left out and named. Whatever a type's functions do, what comes out of the returned ones fits:
 * one that cannot say whether it is allowed is not, one that cannot check a form finds it wrong.
 */
export function collectTaskTypes(
  features: readonly Feature[],
  onProblem: OnProblem,
): TaskTypeDefinition[] {
  const owners = new Map<string, Feature>()
  let types: readonly TaskTypeDefinition[] = features.flatMap((feature) => {
    for (const type of feature.taskTypes ?? []) owners.set(keyOf(type), feature)
    return feature.taskTypes ?? []
  })
  for (const feature of features) {
    if (feature.changeTaskTypes === undefined) continue
    try {
      const changed = atOnce(feature.changeTaskTypes(types.map((type) => ({ ...type }))))
      types = changed.map(checkType)
      for (const type of types) if (!owners.has(keyOf(type))) owners.set(keyOf(type), feature)
    } catch (error) {
      onProblem(toProblem(feature, 'changeTaskTypes', error))
    }
  }
  return types.map((type) => {
    const owner = owners.get(keyOf(type))
    return owner === undefined ? type : withSafeAnswers(type, owner, onProblem)
  })
}

export const keyOf = ({
  objectKind,
  type,
}: Pick<TaskTypeDefinition, 'objectKind' | 'type'>): string => `${objectKind} ${type}`

function checkType(type: TaskTypeDefinition): TaskTypeDefinition {
  const isOne =
    typeof type.type === 'string' &&
    ObjectKind.safeParse(type.objectKind).success &&
    typeof type.title === 'string' &&
    typeof type.description === 'string' &&
    typeof type.weight === 'number' &&
    typeof type.refusal === 'function'
  if (!isOne) throw new Error(`what it left of the task ${String(type.type)} is no task type`)
  return type
}

const Refusal = z.string().nullable()
const Args = z.array(z.string())

function withSafeAnswers(
  type: TaskTypeDefinition,
  owner: Feature,
  onProblem: OnProblem,
): TaskTypeDefinition {
  /** What the function gave, once it fits; else `instead` of the problem, which is told. */
  const ask = <Answer>(
    hook: string,
    schema: z.ZodType<Answer>,
    call: () => unknown,
    instead: (problem: HookProblem, error: unknown) => Answer,
  ): Answer => {
    try {
      return schema.parse(atOnce(call()))
    } catch (error) {
      const problem = toProblem(owner, `${type.type}.${hook}`, error)
      onProblem(problem)
      return instead(problem, error)
    }
  }
  /** An error of ours says more than that the feature failed. */
  const fail = ({ hook, message }: HookProblem, error: unknown): never => {
    if (error instanceof AppError) throw error
    throw new AppError('hook.failed', `${owner.title} failed in ${hook}: ${message}`, {
      cause: error,
    })
  }
  return {
    ...type,
    refusal: (object, host) =>
      ask(
        'refusal',
        Refusal,
        () => type.refusal(object, host),
        ({ message }) => `${owner.title} could not say whether it is possible: ${message}`,
      ),
    ...(type.validate && {
      validate: (values, object, host) =>
        ask(
          'validate',
          FormProblems,
          () => type.validate?.(values, object, host) ?? {},
          ({ message }) => ({ '': `${owner.title} could not check this: ${message}` }),
        ),
    }),
    ...(type.args && {
      args: (...given) => ask('args', Args, () => type.args?.(...given), fail),
    }),
    ...(type.options && {
      options: (...given) => ask('options', JsonRecord, () => type.options?.(...given), fail),
    }),
    ...(type.valuesOf && {
      valuesOf: (...given) =>
        ask(
          'valuesOf',
          JsonRecord,
          () => type.valuesOf?.(...given),
          () => ({}),
        ),
    }),
    ...(type.addTasks && {
      addTasks: (...given) => ask('addTasks', z.unknown(), () => type.addTasks?.(...given), fail),
    }),
  }
}
