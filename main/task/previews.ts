import type { Id } from '#shared/domain/json.ts'
import type { HostingObject } from '#shared/domain/objects.ts'
import { AppError } from '#shared/errors.ts'
import type { DialectDriver, Preview } from '../backend/backend.ts'
import type { Connection } from '../ssh/connection.ts'
import type { TaskTypeDefinition } from '../hooks/feature.ts'
import { newTask } from './new-task.ts'
import { collectRequest, toBackendRequest } from './request.ts'
import type { Tasks, TaskWish } from './tasks.ts'
import { UnitOfWork, type UnitParts } from './unit-of-work.ts'

export interface PreviewsParts extends UnitParts {
  tasks: Tasks
  /** A connection on which the far side can run our commands. */
  connect: (backendId: Id) => Promise<Connection>
  driverOf: (backendId: Id) => DialectDriver
}

/** What a task would change on its server, asked before it is added. Nothing is stored and nothing changed. */
export class Previews {
  readonly #parts: PreviewsParts

  constructor(parts: PreviewsParts) {
    this.#parts = parts
  }

  /** Whether this backend can say it, for a task that does something there itself. */
  isOffered({ backendId }: HostingObject, type: TaskTypeDefinition): boolean {
    return type.isBatch !== true && this.#parts.driverOf(backendId).preview !== undefined
  }

  /** Throws as adding the task would: `input.invalid`, `task.not-allowed`; and `task.no-preview`. */
  async preview(
    wish: Pick<TaskWish, 'objectKind' | 'objectId' | 'type' | 'values'>,
    signal?: AbortSignal,
  ): Promise<Preview> {
    const { tasks, registry, connect, driverOf } = this.#parts
    const unit = new UnitOfWork(this.#parts)
    const { object, definition, values } = tasks.check(wish, unit)
    const driver = driverOf(object.backendId)
    if (driver.preview === undefined || !this.isOffered(object, definition))
      throw new AppError(
        'task.no-preview',
        `The server of ${object.title} cannot say beforehand what “${definition.title}” changes.`,
      )
    const task = newTask({
      id: this.#parts.ids.next(),
      number: 0,
      object,
      type: wish.type,
      values,
      origin: 'user',
      now: this.#parts.now(),
    })
    const { sent } = collectRequest(task, definition, registry, unit)
    const connection = await connect(object.backendId)
    return driver.preview(connection, toBackendRequest(task, sent, definition), signal)
  }
}
