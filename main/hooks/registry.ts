import type { JsonRecord } from '#shared/domain/json.ts'
import type { HostingObject, ObjectKind } from '#shared/domain/objects.ts'
import type { QueueDefinition } from '#shared/domain/queue.ts'
import { AppError } from '#shared/errors.ts'
import type { Feature, ServiceTypeDefinition, TaskTypeDefinition } from './feature.ts'
import type { ReadingHost } from './host.ts'

/** A hook that was left out, and why. */
export interface HookProblem {
  feature: string
  hook: string
  message: string
}

/** The features in force: knows what they declare, and calls those of their hooks that give an answer. */
export class HookRegistry {
  readonly features: readonly Feature[]
  readonly #taskTypes: ReadonlyMap<string, TaskTypeDefinition>

  constructor(features: readonly Feature[]) {
    this.features = orderFeatures(features)
    this.#taskTypes = new Map(
      this.features.flatMap((feature) =>
        (feature.taskTypes ?? []).map((type) => [keyOf(type.objectKind, type.type), type]),
      ),
    )
  }

  taskTypes(kind: ObjectKind): TaskTypeDefinition[] {
    return [...this.#taskTypes.values()]
      .filter((type) => type.objectKind === kind)
      .sort((a, b) => a.weight - b.weight)
  }

  findTaskType(kind: ObjectKind, type: string): TaskTypeDefinition | undefined {
    return this.#taskTypes.get(keyOf(kind, type))
  }

  getTaskType(kind: ObjectKind, type: string): TaskTypeDefinition {
    const found = this.findTaskType(kind, type)
    if (found !== undefined) return found
    throw new AppError('task.unknown-type', `There is no task “${type}” for a ${kind}.`, {
      data: { kind, type },
    })
  }

  services(): ServiceTypeDefinition[] {
    return this.features.flatMap((feature) => feature.services ?? [])
  }

  queues(): QueueDefinition[] {
    return this.features.flatMap((feature) => feature.queues ?? [])
  }

  /** The lasting facts of an object, asked of each feature in turn. A feature that throws is left out and named. */
  contextOptions(
    object: HostingObject,
    host: ReadingHost,
  ): { options: JsonRecord; problems: HookProblem[] } {
    const problems: HookProblem[] = []
    let options: JsonRecord = {}
    for (const feature of this.features) {
      try {
        options = feature.contextOptions?.({ ...options }, object, host) ?? options
      } catch (error) {
        problems.push(toProblem(feature, 'contextOptions', error))
      }
    }
    return { options, problems }
  }

  /** Why a host name may not be used; undefined where it may. A feature that throws counts as a no. */
  refusalOfDomain(
    name: string,
    options: Parameters<NonNullable<Feature['allowDomain']>>[1],
  ): string | undefined {
    for (const feature of this.features) {
      try {
        const answer = feature.allowDomain?.(name, options) ?? true
        if (answer !== true) return answer
      } catch (error) {
        return `${feature.title} could not say whether ${name} may be used: ${toProblem(feature, 'allowDomain', error).message}`
      }
    }
    return undefined
  }
}

/** In the order given, but each behind what it requires. A feature whose requirement is absent is refused by name. */
export function orderFeatures(features: readonly Feature[]): Feature[] {
  const byName = new Map(features.map((feature) => [feature.name, feature]))
  const ordered = new Set<Feature>()
  const visit = (feature: Feature, path: readonly string[]): void => {
    if (ordered.has(feature)) return
    if (path.includes(feature.name)) {
      throw new AppError(
        'hook.failed',
        `Features require each other: ${[...path, feature.name].join(', ')}.`,
      )
    }
    for (const name of feature.requires ?? []) {
      const required = byName.get(name)
      if (required === undefined) {
        throw new AppError(
          'hook.failed',
          `Feature ${feature.name} requires ${name}, which is not there.`,
        )
      }
      visit(required, [...path, feature.name])
    }
    ordered.add(feature)
  }
  for (const feature of features) visit(feature, [])
  return [...ordered]
}

export function toProblem(feature: Feature, hook: string, error: unknown): HookProblem {
  return {
    feature: feature.name,
    hook,
    message: error instanceof Error ? error.message : String(error),
  }
}

const keyOf = (kind: ObjectKind, type: string): string => `${kind} ${type}`
