import { toBulkConfirmation, type BulkOffer, type Refused } from '#shared/contract/bulk.ts'
import type { FormField } from '#shared/domain/form.ts'
import type { Id, JsonRecord } from '#shared/domain/json.ts'
import type { HostingObject, ObjectKind } from '#shared/domain/objects.ts'
import { toShownName } from '#shared/domain/names.ts'
import { AppError, isAppError } from '#shared/errors.ts'
import type { TaskTypeDefinition } from '../hooks/feature.ts'
import { listUnfinishedTasksOfBatch } from '../store/queries/batches.ts'
import type { Tasks } from './tasks.ts'
import { UnitOfWork, type UnitParts } from './unit-of-work.ts'

export interface BulkWish {
  objectKind: ObjectKind
  objectIds: readonly Id[]
  type: string
  values: JsonRecord
  confirmation?: string | undefined
}

/** The same task for many objects: what that would come to, adding it, and cancelling what is left of it. */
export class Bulk {
  readonly #parts: UnitParts
  readonly #tasks: Tasks

  constructor(parts: UnitParts, tasks: Tasks) {
    this.#parts = parts
    this.#tasks = tasks
  }

  /** Every type that makes sense for many, with the objects that it would leave out. */
  offer(kind: ObjectKind, ids: readonly Id[]): BulkOffer[] {
    const unit = new UnitOfWork(this.#parts)
    const objects = ids.flatMap((id) => unit.find(kind, id) ?? [])
    return this.#parts.registry
      .taskTypes(kind)
      .filter(isForMany)
      .map((type) => this.#offerOf(type, objects, unit))
  }

  #offerOf(
    definition: TaskTypeDefinition,
    objects: readonly HostingObject[],
    unit: UnitOfWork,
  ): BulkOffer {
    const refused = objects.flatMap((object): Refused[] => {
      const reason = this.#tasks.refusalOf(object, definition, unit)
      return reason === null ? [] : [{ objectId: object.id, name: nameOf(object), reason }]
    })
    const { type, title, description, weight, form = { fields: [] } } = definition
    const { isDangerous = false, hasDialog = false } = definition
    const allowed = objects.length - refused.length
    return { type, title, description, weight, form, isDangerous, hasDialog, allowed, refused }
  }

  /**
   * All that are allowed, in one transaction. Throws `input.invalid` where something is to be destroyed and the words for
   * that were not typed, or where the values suit none of the objects.
   */
  async add({ objectKind, objectIds, type, values, confirmation }: BulkWish): Promise<{
    batchId: Id | null
    added: number
    refused: Refused[]
  }> {
    const unit = new UnitOfWork(this.#parts)
    const definition = this.#parts.registry.getTaskType(objectKind, type)
    if (definition.isDangerous === true)
      checkConfirmation(definition.title, objectIds.length, objectKind, confirmation)
    const batchId = unit.newId()
    const refused: Refused[] = []
    const problems: AppError[] = []
    for (const objectId of objectIds) {
      const object = unit.find(objectKind, objectId)
      try {
        if (object === undefined) throw new AppError('object.not-found', 'It is no longer here.')
        const wish = { objectKind, objectId, type, values, batchId, origin: 'user' as const }
        this.#tasks.addIn(unit, { ...wish, confirmation: object.title })
      } catch (error) {
        if (!isAppError(error)) throw error
        problems.push(error)
        refused.push({
          objectId,
          name: object === undefined ? '' : nameOf(object),
          reason: error.message,
        })
      }
    }
    const added = objectIds.length - refused.length
    const [invalid] = problems.filter(({ code }) => code === 'input.invalid')
    if (added === 0 && invalid !== undefined) throw invalid
    if (added > 0) await this.#parts.store.commit(unit.toChange())
    return { batchId: added === 0 ? null : batchId, added, refused }
  }

  /** Cancels what has not ended; one that ended meanwhile is left as it is. */
  async cancel(batchId: Id): Promise<number> {
    let cancelled = 0
    for (const { id } of listUnfinishedTasksOfBatch(this.#parts.store, batchId)) {
      try {
        await this.#tasks.cancel(id)
        cancelled += 1
      } catch (error) {
        if (!isAppError(error, 'task.not-cancellable')) throw error
      }
    }
    return cancelled
  }
}

/** What has to be chosen for each object by itself cannot be asked of many. */
const isForMany = ({ isHidden, form }: TaskTypeDefinition): boolean =>
  isHidden !== true && !(form?.fields ?? []).some(isOwn)

const isOwn = (field: FormField): boolean =>
  field.type === 'backup' ||
  field.type === 'backups' ||
  (field.isRequired === true && field.type === 'text' && field.default === undefined)

const nameOf = (object: HostingObject): string =>
  object.kind === 'site' ? toShownName(object.name) : object.title

function checkConfirmation(
  title: string,
  count: number,
  kind: ObjectKind,
  typed: string | undefined,
): void {
  const words = toBulkConfirmation(title, count, kind)
  if (typed === words) return
  throw new AppError('input.invalid', `Type “${words}” to confirm.`, {
    data: { problems: { confirmation: `Type ${words} to confirm.` } },
  })
}
