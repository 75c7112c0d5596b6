import type { FormProblems } from '#shared/domain/form.ts'
import { checkForm } from '#shared/domain/form-check.ts'
import type { Id, JsonRecord } from '#shared/domain/json.ts'
import type { HostingObject, ObjectKind } from '#shared/domain/objects.ts'
import { isEnded, type Task, type TaskOrigin } from '#shared/domain/task.ts'
import { AppError } from '#shared/errors.ts'
import type { TaskTypeDefinition } from '../hooks/feature.ts'
import { ChangeSet } from '../store/store.ts'
import { listUnfinishedTasksOf } from '../store/queries/tasks.ts'
import { cancelFollowers } from './chain.ts'
import { secretsIn } from './task-secrets.ts'
import { UnitOfWork, type UnitParts } from './unit-of-work.ts'

/** What a person or a program asks for. */
export interface TaskWish {
  objectKind: ObjectKind
  objectId: Id
  type: string
  values: JsonRecord
  origin: TaskOrigin
  /** Of what was asked for of many objects at once. */
  batchId?: Id
  /** The object's name as typed, where the type is dangerous. */
  confirmation?: string
}

/** Adds, cancels and retries tasks: what is stored of them, not how they run. */
export class Tasks {
  readonly #parts: UnitParts

  constructor(parts: UnitParts) {
    this.#parts = parts
  }

  /** Stores a queued task. Throws `input.invalid` with problems at fields, `task.not-allowed`, `task.already-waiting`. */
  async add(wish: TaskWish): Promise<Task> {
    const unit = new UnitOfWork(this.#parts)
    const task = this.addIn(unit, wish)
    await this.#parts.store.commit(unit.toChange())
    return this.#parts.store.get('task', task.id)
  }

  /** The same within a larger transaction. */
  addIn(unit: UnitOfWork, wish: TaskWish): Task {
    const { objectKind, objectId, type, origin, batchId } = wish
    const { registry } = this.#parts
    const definition = registry.getTaskType(objectKind, type)
    const object = unit.object(objectKind, objectId)
    this.#checkAllowed(object, definition, unit)
    const values = checkedValues(definition, object, wish, unit)
    definition.addTasks?.(object, values, unit)
    return unit.addTaskOf({
      object,
      type,
      values,
      origin,
      ...(batchId === undefined ? {} : { batchId }),
    })
  }

  /** What adding would check before anything is confirmed, and the values as they would be stored. */
  check(
    { objectKind, objectId, type, values }: Omit<TaskWish, 'origin' | 'batchId' | 'confirmation'>,
    unit: UnitOfWork,
  ): { object: HostingObject; definition: TaskTypeDefinition; values: JsonRecord } {
    const definition = this.#parts.registry.getTaskType(objectKind, type)
    const object = unit.object(objectKind, objectId)
    const refusal = this.#refusalByRule(object, definition, unit)
    if (refusal !== null) throw notPossible(definition, object, refusal)
    // Nothing is done: nobody has to confirm it.
    const wish = { objectKind, objectId, type, values, origin: 'command-line' as const }
    return { object, definition, values: checkedValues(definition, object, wish, unit) }
  }

  /**
   * A queued task is cancelled at once. For a processing one the wish is stored; the runner carries it to the server.
   * Returns the task as it then stands.
   */
  async cancel(id: Id): Promise<Task> {
    const { store, now } = this.#parts
    const task = store.get('task', id)
    if (isEnded(task.status)) {
      throw new AppError('task.not-cancellable', `Task ${task.number} has already ended.`, {
        data: { id },
      })
    }
    if (task.cancelRequestedAt === null) {
      const at = now()
      const change = new ChangeSet()
      if (task.status === 'queued') {
        change.put('task', { ...task, status: 'cancelled', cancelRequestedAt: at, endedAt: at })
        cancelFollowers(store, change, task, at)
      } else {
        change.put('task', { ...task, cancelRequestedAt: at })
      }
      await store.commit(change)
    }
    return store.get('task', id)
  }

  /** Back to the queue with a new attempt to come; the old attempts and their logs stay. */
  async retry(id: Id): Promise<Task> {
    const { store, registry } = this.#parts
    const task = store.get('task', id)
    if (!isEnded(task.status)) {
      throw new AppError('task.not-allowed', `Task ${task.number} has not ended yet.`, {
        data: { id },
      })
    }
    const unit = new UnitOfWork(this.#parts)
    const object = unit.object(task.objectKind, task.objectId)
    const definition = registry.getTaskType(task.objectKind, task.type)
    this.#checkAllowed(object, definition, unit)
    const [problem] = Object.values(definition.validate?.(task.values, object, unit) ?? {})
    const refusal =
      definition.isBatch === true
        ? 'Its tasks have been added; ask for it anew.'
        : (problem ?? refusalOfSecrets(task) ?? this.#refusalOfPredecessor(task))
    if (refusal !== undefined) throw notPossible(definition, object, refusal)
    await store.commit(
      unit.toChange().put('task', {
        ...task,
        status: 'queued',
        attemptId: null,
        cancelRequestedAt: null,
        startedAt: null,
        endedAt: null,
        errorCode: null,
        errorMessage: null,
        warnings: 0,
      }),
    )
    return store.get('task', id)
  }

  /** A task in a chain runs only after the one before has succeeded, also when it is tried again. */
  #refusalOfPredecessor({ afterId }: Task): string | undefined {
    const before = afterId === null ? undefined : this.#parts.store.find('task', afterId)
    if (before === undefined || !['error', 'cancelled'].includes(before.status)) return undefined
    return `Task ${before.number} has to succeed first: retry that one.`
  }

  /** Why a task of this type cannot be added now, as a sentence; null where it can. */
  refusalOf(
    object: HostingObject,
    definition: TaskTypeDefinition,
    unit: UnitOfWork,
  ): string | null {
    const same = this.#findWaiting(object, definition)
    return (
      this.#refusalByRule(object, definition, unit) ??
      (same === undefined ? null : `It already waits as task ${same.number}.`)
    )
  }

  /** Throws `task.not-allowed` and `task.already-waiting`. */
  #checkAllowed(object: HostingObject, definition: TaskTypeDefinition, unit: UnitOfWork): void {
    const refusal = this.#refusalByRule(object, definition, unit)
    if (refusal !== null) throw notPossible(definition, object, refusal)
    this.#refuseDouble(object, definition)
  }

  #refusalByRule(
    object: HostingObject,
    definition: TaskTypeDefinition,
    unit: UnitOfWork,
  ): string | null {
    const refusal = definition.refusal(object, unit)
    if (refusal !== null) return refusal
    return this.#parts.registry.isGuarded(definition.type, object.id, unit)
      ? `${object.title} is guarded against it.`
      : null
  }

  #findWaiting(object: HostingObject, { type }: TaskTypeDefinition): Task | undefined {
    return listUnfinishedTasksOf(this.#parts.store, object.id).find(
      (task) => task.type === type && task.status === 'queued',
    )
  }

  /** One waiting task of a type on an object is enough (Aegir's hosting_task_outstanding). */
  #refuseDouble(object: HostingObject, definition: TaskTypeDefinition): void {
    const same = this.#findWaiting(object, definition)
    if (same === undefined) return
    throw new AppError(
      'task.already-waiting',
      `${definition.title} of ${object.title} already waits as task ${same.number}.`,
      {
        data: { taskId: same.id },
      },
    )
  }
}

/** A password was forgotten when its task ended. */
const refusalOfSecrets = ({ values }: Task): string | undefined =>
  secretsIn(values).length === 0 ? undefined : 'Its password was not kept; ask for the task anew.'

const notPossible = (
  { type, title }: TaskTypeDefinition,
  object: HostingObject,
  refusal: string,
): AppError =>
  new AppError('task.not-allowed', `${title} of ${object.title} is not possible: ${refusal}`, {
    data: { type, objectId: object.id },
  })

function checkedValues(
  definition: TaskTypeDefinition,
  object: HostingObject,
  wish: TaskWish,
  unit: UnitOfWork,
): JsonRecord {
  const { values, problems } = checkForm(definition.form ?? { fields: [] }, wish.values)
  const found: FormProblems = { ...problems }
  if (Object.keys(problems).length === 0)
    Object.assign(found, definition.validate?.(values, object, unit))
  if (
    definition.isDangerous === true &&
    wish.confirmation !== undefined &&
    wish.confirmation !== object.title
  ) {
    found['confirmation'] = `Type ${object.title} to confirm.`
  }
  if (
    definition.isDangerous === true &&
    wish.origin === 'user' &&
    wish.confirmation === undefined
  ) {
    found['confirmation'] = `Type ${object.title} to confirm.`
  }
  if (Object.keys(found).length === 0) return values
  throw new AppError(
    'input.invalid',
    `${definition.title} of ${object.title} needs some fields to be put right.`,
    {
      data: { problems: found },
    },
  )
}
