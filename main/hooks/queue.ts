import { z } from 'zod'
import type { Form, FormProblems } from '#shared/domain/form.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { Backup, HostingObject, Site } from '#shared/domain/objects.ts'
import type { PlannedQueue } from '#shared/domain/queue.ts'
import { PlannedQueue as PlannedQueueSchema, QueueDefinition } from '#shared/domain/queue.ts'
import { atOnce } from './at-once.ts'
import type { Feature } from './feature.ts'
import type { Host, ReadingHost } from './host.ts'
import { toProblem, type HookProblem } from './problem.ts'

/** Which sites a queue is about: enabled ones, on backends whose recurring work is done from here. */
export interface RecurringSites {
  /** Only on platforms whose application can do this: `cron`. */
  ability?: string
  /** Only those whose own schedule says that a backup is due. */
  isBackupDue?: boolean
  /** Only those with HTTPS whose certificate is renewed by their server, and ends before this or nobody knows when. */
  certificateEndsBefore?: number
  /** Only those that have a backup. */
  hasBackups?: boolean
  /** Only those for which no task of this type is unfinished, or ended after the instant. */
  withoutTask?: { type: string; endedAfter: number }
}

/** Which of them come first: the oldest; those that never had one come before all others. */
export interface SiteOrder {
  orderBy: 'lastCronAt' | 'lastBackupAt' | 'certificateExpiresAt' | 'name'
  limit: number
}

export type OldBackup = Pick<Backup, 'id' | 'siteId' | 'createdAt'>

/** Attempts that are not worth keeping: none of the newest of their object and task type, and ended before an instant. */
export interface OldHistory {
  /** How many attempts are kept of each object and task type. */
  keepNewest: number
  endedBefore: number
}

/** What a queue may look at. */
export interface QueueReadingHost extends ReadingHost {
  /** The queue's own settings, as its form has checked them. */
  readonly values: JsonRecord
  /** The queue's period as it is in force. */
  readonly frequencySeconds: number
  countTasks(status: 'queued' | 'processing'): number
  countSites(sites: RecurringSites): number
  listSites(sites: RecurringSites & SiteOrder): Site[]
  /** Why a task of this type may not be added for the object now; null where it may. */
  refusalOf(object: HostingObject, type: string): string | null
  /** Backups of such sites made before an instant, by site and newest first. */
  listOldBackups(sites: RecurringSites & { before: number }): OldBackup[]
  countHistory(history: OldHistory): number
}

/** The unit of work of one run of a queue: its changes, its tasks and when it ran are stored as one transaction. */
export interface QueueHost extends Host, QueueReadingHost {
  /** Starts waiting tasks once the run's changes are stored: the next ones, at most so many. */
  startTasks(limit: number): void
  /** Removes attempts with their logs, oldest first, and tasks of which no attempt is left. */
  forgetHistory(history: OldHistory & { limit: number }): void
}

/**
 * A queue (hook_hosting_queues): its definition and what one run of it does (hosting_TYPE_queue). The counts are asked
 * for often and should cost little.
 */
export type QueueDeclaration = z.input<typeof QueueDefinition> & {
  /** How many items there are; needed for batch and spread. */
  totalItems?(host: QueueReadingHost): number
  /** How many of them are being worked on; none where absent. */
  runningItems?(host: QueueReadingHost): number
  /** Settings of the queue's own, for the operator. */
  form?: Form
  /** Problems of values that fit the form, each at its field. */
  validate?(values: JsonRecord): FormProblems
  /** Begins the work on at most `count` items, within the queue's `timeoutSeconds`. */
  process(count: number, host: QueueHost): void | Promise<void>
}

/** A declared queue, checked. */
export interface DeclaredQueue {
  definition: QueueDefinition
  declaration: QueueDeclaration
  /** Who declared it. */
  feature: Feature
}

const Declaration = z
  .looseObject({ ...QueueDefinition.shape })
  .refine((queue) => typeof queue['process'] === 'function', 'it has no function process')
  .refine(
    (queue) => queue.type === 'serial' || typeof queue['totalItems'] === 'function',
    'a batch or spread queue needs a function totalItems',
  )

/**
 * Every queue as declared, a later feature's in place of an earlier one's of that name, then changed in turn
 * (hook_hosting_queues_alter). A feature that throws or leaves what is no queue is left out and named.
 */
export function collectQueues(
  features: readonly Feature[],
  onProblem: (problem: HookProblem) => void,
): DeclaredQueue[] {
  let queues: readonly DeclaredQueue[] = []
  for (const feature of features) {
    queues = attempt(feature, 'queues', queues, onProblem, () =>
      withLater(
        queues,
        (feature.queues ?? []).map((one) => toDeclared(one, feature)),
      ),
    )
  }
  for (const feature of features) {
    if (feature.changeQueues === undefined) continue
    queues = attempt(feature, 'changeQueues', queues, onProblem, () => {
      const owners = new Map(queues.map((one) => [one.definition.name, one.feature]))
      const before = queues.map(({ declaration }) => ({ ...declaration }))
      const after = atOnce(feature.changeQueues?.(before)) ?? before
      return withLater(
        [],
        after.map((one) => toDeclared(one, owners.get(one.name) ?? feature)),
      )
    })
  }
  return [...queues]
}

/**
 * The last word on queues after settings and arithmetic (hook_hosting_processed_queues_alter), in turn. One that throws
 * or leaves what is no queue, or one that nobody declared, is left out and named.
 */
export function changePlannedQueues(
  features: readonly Feature[],
  planned: readonly PlannedQueue[],
  onProblem: (problem: HookProblem) => void,
): PlannedQueue[] {
  const names = new Set(planned.map(({ name }) => name))
  let queues = planned
  for (const feature of features) {
    if (feature.changePlannedQueues === undefined) continue
    queues = attempt(feature, 'changePlannedQueues', queues, onProblem, () => {
      const changed =
        atOnce(feature.changePlannedQueues?.(queues.map((queue) => ({ ...queue })))) ?? queues
      return changed.map((queue) => toPlanned(queue, names))
    })
  }
  return [...queues]
}

function attempt<Result>(
  feature: Feature,
  hook: string,
  before: Result,
  onProblem: (problem: HookProblem) => void,
  call: () => Result,
): Result {
  try {
    return call()
  } catch (error) {
    onProblem(toProblem(feature, hook, error))
    return before
  }
}

function toDeclared(declaration: QueueDeclaration, feature: Feature): DeclaredQueue {
  const checked = Declaration.safeParse(declaration)
  if (!checked.success) throw new Error(`${nameOf(declaration)}: ${z.prettifyError(checked.error)}`)
  return { definition: QueueDefinition.parse(declaration), declaration, feature }
}

function toPlanned(queue: PlannedQueue, names: ReadonlySet<string>): PlannedQueue {
  const checked = PlannedQueueSchema.safeParse(queue)
  if (!checked.success) throw new Error(`${nameOf(queue)}: ${z.prettifyError(checked.error)}`)
  if (!names.has(checked.data.name)) throw new Error(`there is no queue ${checked.data.name}`)
  return checked.data
}

const nameOf = (queue: unknown): string =>
  typeof queue === 'object' && queue !== null && 'name' in queue
    ? `queue ${String(queue.name)}`
    : 'what it gave is no queue'

const withLater = (
  queues: readonly DeclaredQueue[],
  later: readonly DeclaredQueue[],
): DeclaredQueue[] => {
  const byName = new Map(queues.map((one) => [one.definition.name, one]))
  for (const one of later) byName.set(one.definition.name, one)
  return [...byName.values()]
}
