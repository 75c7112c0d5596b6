import { z } from 'zod'
import { FormProblems } from '#shared/domain/form.ts'
import { type Id, JsonRecord } from '#shared/domain/json.ts'
import {
  Platform,
  Server,
  Site,
  type HostingObject,
  type ObjectKind,
} from '#shared/domain/objects.ts'
import type { ProvisionContext } from '#shared/protocol/provision.ts'
import type { PlannedQueue } from '#shared/domain/queue.ts'
import { AppError } from '#shared/errors.ts'
import { atOnce } from './at-once.ts'
import type { Feature, ServiceFact, ServiceTypeDefinition, TaskTypeDefinition } from './feature.ts'
import type { ReadingHost } from './host.ts'
import { changedNextTasks, type NextTasks } from './next-tasks.ts'
import { orderFeatures } from './order.ts'
import { toProblem, type HookProblem } from './problem.ts'
import { changePlannedQueues, collectQueues, type DeclaredQueue } from './queue.ts'
import { findServiceType } from './service-types.ts'
import { collectTaskTypes, keyOf } from './task-types.ts'

export { toProblem, type HookProblem }

/** The features in force: knows what they declare, and calls those of their hooks that give an answer. */
export class HookRegistry {
  #all: readonly Feature[]
  readonly #isOn: (feature: Feature) => boolean
  readonly #onProblem: (problem: HookProblem) => void
  #inForce: InForce

  /** `isOn` is asked again by {@link refresh}; what goes wrong in a hook that has no task to tell goes to `onProblem`. */
  constructor(
    features: readonly Feature[],
    {
      isOn = () => true,
      onProblem = () => undefined,
    }: { isOn?: (feature: Feature) => boolean; onProblem?: (problem: HookProblem) => void } = {},
  ) {
    this.#all = orderFeatures(features)
    this.#isOn = isOn
    this.#onProblem = onProblem
    this.#inForce = this.#collect()
  }

  /** All there are, switched on or not, in the order in which they are called. */
  get all(): readonly Feature[] {
    return this.#all
  }

  /** Features were switched on or off, or `features` are now all there are. */
  refresh(features: readonly Feature[] = this.#all): void {
    this.#all = orderFeatures(features)
    this.#inForce = this.#collect()
  }

  /** Those switched on, each with everything that it requires. */
  get features(): readonly Feature[] {
    return this.#inForce.features
  }

  /** Takes note of a hook that failed and has no task to tell it. */
  report(problem: HookProblem): void {
    this.#onProblem(problem)
  }

  taskTypes(kind: ObjectKind): TaskTypeDefinition[] {
    return [...this.#inForce.taskTypes.values()]
      .filter((type) => type.objectKind === kind)
      .sort((a, b) => a.weight - b.weight)
  }

  findTaskType(kind: ObjectKind, type: string): TaskTypeDefinition | undefined {
    return this.#inForce.taskTypes.get(keyOf({ objectKind: kind, type }))
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

  /**
   * What a service's own type finds wrong with its settings, once they fit its form. One that throws finds them wrong.
   */
  serviceProblems(service: string, server: Server, host: ReadingHost): FormProblems {
    const settings = server.services[service]
    return this.#askService(service, server, 'validate', FormProblems, {}, (type) =>
      settings === undefined ? {} : (type.validate?.(settings, server, host) ?? {}),
    )
  }

  /** What a service's own type says of it; nothing where it throws. */
  serviceFacts(service: string, server: Server, host: ReadingHost): ServiceFact[] {
    const settings = server.services[service]
    return this.#askService(service, server, 'view', ServiceFacts, [], (type) =>
      settings === undefined ? [] : (type.view?.(settings, server, host) ?? []),
    )
  }

  #askService<Answer>(
    service: string,
    server: Server,
    hook: 'validate' | 'view',
    schema: z.ZodType<Answer>,
    nothing: Answer,
    call: (type: ServiceTypeDefinition) => unknown,
  ): Answer {
    for (const feature of this.features) {
      const type = findServiceType(feature.services ?? [], service, server.services[service]?.type)
      if (type === undefined) continue
      try {
        return schema.parse(atOnce(call(type)))
      } catch (error) {
        const problem = toProblem(feature, `${service}.${hook}`, error)
        this.#onProblem(problem)
        return hook === 'view'
          ? nothing
          : schema.parse({ type: `${feature.title} could not check this: ${problem.message}` })
      }
    }
    return nothing
  }

  /** Every queue as its features declare it, changed in turn; before the operator's settings. */
  queues(): DeclaredQueue[] {
    return collectQueues(this.features, this.#onProblem)
  }

  /** The features' last word on queues, after settings and arithmetic. */
  changedPlannedQueues(planned: readonly PlannedQueue[]): PlannedQueue[] {
    return changePlannedQueues(this.features, planned, this.#onProblem)
  }

  /** Which of the waiting tasks may start, in which order; the default where a feature breaks it. */
  nextTasks(host: ReadingHost): NextTasks {
    return changedNextTasks(this.features, host, this.#onProblem)
  }

  /**
   * The lasting facts of an object, asked of each feature in turn, then of the types of a server's services. A feature that
   * throws, or gives what is no record, is left out and named.
   */
  contextOptions(
    object: HostingObject,
    host: ReadingHost,
  ): { options: JsonRecord; problems: HookProblem[] } {
    const problems: HookProblem[] = []
    let options: JsonRecord = {}
    const attempt = (feature: Feature, change: () => JsonRecord | undefined): void => {
      try {
        const changed = JsonRecord.safeParse(atOnce(change()) ?? options)
        if (!changed.success)
          throw new Error(`it gave no options: ${z.prettifyError(changed.error)}`)
        options = changed.data
      } catch (error) {
        problems.push(toProblem(feature, 'contextOptions', error))
      }
    }
    const known = object.kind === 'server' ? this.#withKnownServices(object) : object
    for (const feature of this.features)
      attempt(feature, () => feature.contextOptions?.({ ...options }, known, host))
    if (known.kind === 'server')
      for (const feature of this.features)
        for (const type of feature.services ?? [])
          if (known.services[type.service]?.type === type.type)
            attempt(feature, () => type.contextOptions?.({ ...options }, known, host))
    return { options, problems }
  }

  /** A service that no feature in force declares is not spoken of: its backend would refuse what it does not know. */
  #withKnownServices(server: Server): Server {
    const declared = this.services()
    const isKnown = (service: string, type: string): boolean =>
      declared.some((one) => one.service === service && one.type === type)
    const services = Object.entries(server.services).filter(([name, { type }]) =>
      isKnown(name, type),
    )
    return { ...server, services: Object.fromEntries(services) }
  }

  /** An imported object, asked of each feature in turn. A feature that throws or gives no such object is left out and named. */
  importedObject(
    object: HostingObject,
    context: ProvisionContext,
    host: ReadingHost,
  ): { object: HostingObject; problems: HookProblem[] } {
    const problems: HookProblem[] = []
    let imported = object
    for (const feature of this.features) {
      try {
        const given = feature.importContext?.(imported, context, host) ?? imported
        imported = checkImported(given, object)
      } catch (error) {
        problems.push(toProblem(feature, 'importContext', error))
      }
    }
    return { object: imported, problems }
  }

  /** Whether a dangerous task is refused on this object because a feature guards it. */
  isGuarded(type: string, objectId: Id, host: ReadingHost): boolean {
    const dangerous = this.#ask('dangerousTasks', (feature) => feature.dangerousTasks?.() ?? [])
    if (!dangerous.includes(type)) return false
    return this.#ask('guardedObjects', (feature) => feature.guardedObjects?.(host) ?? []).includes(
      objectId,
    )
  }

  /** Why a host name may not be used; undefined where it may. A feature that throws counts as a no. */
  refusalOfDomain(
    name: string,
    options: Parameters<NonNullable<Feature['allowDomain']>>[1],
  ): string | undefined {
    for (const feature of this.features) {
      try {
        const answer: unknown = atOnce(feature.allowDomain?.(name, options)) ?? true
        if (answer === true) continue
        if (typeof answer === 'string') return answer
        throw new Error('it gave neither true nor a reason')
      } catch (error) {
        return `${feature.title} could not say whether ${name} may be used: ${toProblem(feature, 'allowDomain', error).message}`
      }
    }
    return undefined
  }

  /** What every feature gives, together; one that throws is left out and named. */
  #ask<Answer>(hook: keyof Feature, call: (feature: Feature) => readonly Answer[]): Answer[] {
    return this.features.flatMap((feature) => {
      try {
        return [...atOnce(call(feature))]
      } catch (error) {
        this.#onProblem(toProblem(feature, hook, error))
        return []
      }
    })
  }

  #collect(): InForce {
    const on = new Set<string>()
    for (const feature of this.all) {
      const hasAll = (feature.requires ?? []).every((name) => on.has(name))
      if (hasAll && (feature.isRequired === true || this.#isOn(feature))) on.add(feature.name)
    }
    const features = this.all.filter(({ name }) => on.has(name))
    const types = collectTaskTypes(features, this.#onProblem)
    return { features, taskTypes: new Map(types.map((type) => [keyOf(type), type])) }
  }
}

/** What must not change on the way, and that the rest is still an object. */
function checkImported(given: HostingObject, before: HostingObject): HostingObject {
  const isSame = (['kind', 'id', 'name', 'backendId'] as const).every(
    (key) => given[key] === before[key],
  )
  if (!isSame) throw new Error('it gave another object')
  const schemas = { server: Server, platform: Platform, site: Site }
  return schemas[before.kind].parse(given)
}

const ServiceFacts = z.array(z.object({ label: z.string(), value: z.string() }))

interface InForce {
  features: readonly Feature[]
  taskTypes: ReadonlyMap<string, TaskTypeDefinition>
}
