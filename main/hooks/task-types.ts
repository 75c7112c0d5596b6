import { ObjectKind } from '#shared/domain/objects.ts'
import { atOnce } from './at-once.ts'
import type { Feature, TaskTypeDefinition } from './feature.ts'
import { toProblem, type HookProblem } from './problem.ts'

/**
 * Every task type as declared, then changed in turn (hook_hosting_tasks_alter). A feature that throws there, or leaves
 * what is no task type, is left out and named. A type that cannot say whether it is allowed is not.
 */
export function collectTaskTypes(
  features: readonly Feature[],
  onProblem: (problem: HookProblem) => void,
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
  return types.map((type) => withSafeRefusal(type, owners.get(keyOf(type)), onProblem))
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

function withSafeRefusal(
  type: TaskTypeDefinition,
  owner: Feature | undefined,
  onProblem: (problem: HookProblem) => void,
): TaskTypeDefinition {
  return {
    ...type,
    refusal(object, host) {
      try {
        const answer: unknown = atOnce(type.refusal(object, host))
        if (answer === null || typeof answer === 'string') return answer
        throw new Error('it gave neither a text nor null')
      } catch (error) {
        if (owner === undefined) throw error
        const problem = toProblem(owner, `${type.type}.refusal`, error)
        onProblem(problem)
        return `${owner.title} could not say whether it is possible: ${problem.message}`
      }
    },
  }
}
