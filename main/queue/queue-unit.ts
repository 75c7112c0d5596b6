import type { Id, JsonRecord } from '#shared/domain/json.ts'
import type { HostingObject, Site } from '#shared/domain/objects.ts'
import type { OldBackup, OldHistory, QueueHost, RecurringSites, SiteOrder } from '../hooks/queue.ts'
import {
  countOldHistory,
  countRecurringSites,
  listOldBackups,
  listOldHistory,
  listRecurringSites,
  type RecurringSiteFilter,
} from '../store/queries/recurring.ts'
import { ChangeSet } from '../store/store.ts'
import { UnitOfWork, type UnitParts } from '../task/unit-of-work.ts'

export interface QueueUnitParts extends UnitParts {
  countTasks: (status: 'queued' | 'processing') => number
}

/** The unit of work of one look at a queue, or of one run of it. Nothing happens before its change is committed. */
export class QueueUnit extends UnitOfWork implements QueueHost {
  readonly values: JsonRecord
  readonly frequencySeconds: number
  /** Tasks that were added, in their order. */
  readonly added: Id[] = []
  readonly #queue: QueueUnitParts
  #startLimit = 0
  #history: ReturnType<typeof listOldHistory> = []

  constructor(
    parts: QueueUnitParts,
    { values, frequencySeconds }: { values: JsonRecord; frequencySeconds: number },
  ) {
    super(parts)
    this.#queue = parts
    this.values = values
    this.frequencySeconds = frequencySeconds
  }

  /** How many waiting tasks are to be started once the change is stored. */
  get startLimit(): number {
    return this.#startLimit
  }

  /** Attempts whose logs go once the change is stored. */
  get forgottenAttempts(): Id[] {
    return this.#history.flatMap(({ attempts }) => attempts.map(({ id }) => id))
  }

  countTasks(status: 'queued' | 'processing'): number {
    return this.#queue.countTasks(status)
  }

  countSites(sites: RecurringSites): number {
    return countRecurringSites(this.#queue.store, this.#toFilter(sites))
  }

  listSites({ orderBy, limit, ...sites }: RecurringSites & SiteOrder): Site[] {
    const rows = listRecurringSites(this.#queue.store, this.#toFilter(sites), { orderBy, limit })
    return rows.flatMap(({ id }) => this.find('site', id) ?? [])
  }

  listOldBackups({ before, ...sites }: RecurringSites & { before: number }): OldBackup[] {
    return listOldBackups(this.#queue.store, { ...this.#toFilter(sites), before })
  }

  refusalOf(object: HostingObject, type: string): string | null {
    const { registry } = this.#queue
    const definition = registry.findTaskType(object.kind, type)
    if (definition === undefined) return `There is no task “${type}” for a ${object.kind}.`
    if (registry.isGuarded(type, object.id, this)) return `${object.title} is guarded.`
    return definition.refusal(object, this)
  }

  countHistory(history: OldHistory): number {
    return countOldHistory(this.#queue.store, history)
  }

  startTasks(limit: number): void {
    this.#startLimit += Math.max(0, Math.floor(limit))
  }

  forgetHistory({ limit, ...history }: OldHistory & { limit: number }): void {
    this.#history = listOldHistory(this.#queue.store, history, limit)
  }

  override addTask(object: HostingObject, type: string, values: JsonRecord = {}): Id {
    const { id } = this.addTaskOf({ object, type, values, origin: 'queue' })
    this.added.push(id)
    return id
  }

  override toChange(change = new ChangeSet()): ChangeSet {
    super.toChange(change)
    for (const { task, attempts, isWhole } of this.#history) {
      for (const { id } of attempts) change.remove('attempt', id)
      if (isWhole) change.remove('task', task.id)
    }
    return change
  }

  #toFilter({ isBackupDue, ...sites }: RecurringSites): RecurringSiteFilter {
    return isBackupDue === true ? { ...sites, backupDueAt: this.now } : sites
  }
}
