import type { PlannedQueue, QueueDefinition, QueueSettings } from './queue.ts'

/**
 * The arithmetic of queues, Aegir's to the number: used by the application and by the program on the server. Where it
 * differs on purpose, “not as Aegir” says so. Seconds are as the definition has them, instants are epoch ms.
 */

/** A spread queue has no two runs closer to each other than this. */
const LEAST_SPREAD_SECONDS = 60
/** How often a spread queue without any item is looked at. */
const IDLE_SPREAD_SECONDS = 86_400

export interface QueueCounts {
  /** Null where a serial queue does not say. */
  totalItems: number | null
  runningItems: number
}

export type QueuePace = Pick<
  PlannedQueue,
  'threads' | 'intervalSeconds' | 'plannedItems' | 'runningItems'
>

/** The definition as the operator wants it. `items` can be set of serial queues only: the others reckon it. */
export function withSettings(
  definition: QueueDefinition,
  settings: Pick<QueueSettings, 'frequencySeconds' | 'items' | 'isEnabled'> | undefined,
): QueueDefinition {
  return {
    ...definition,
    frequencySeconds: settings?.frequencySeconds ?? definition.frequencySeconds,
    items: (definition.type === 'serial' ? settings?.items : null) ?? definition.items,
    isEnabled: settings?.isEnabled ?? definition.isEnabled,
  }
}

/** How much one run takes on, and how far runs lie apart. */
export function paceOf(definition: QueueDefinition, counts: QueueCounts): QueuePace {
  switch (definition.type) {
    case 'serial':
      return {
        threads: null,
        intervalSeconds: definition.frequencySeconds,
        plannedItems: definition.items,
        runningItems: counts.runningItems,
      }
    case 'batch':
      return { ...batchPace(definition, counts.totalItems ?? 0), runningItems: counts.runningItems }
    case 'spread':
      // A spread queue never counts its running items; Aegir's hosting_get_queues() does the same.
      return { ...spreadPace(definition, counts.totalItems ?? 0), runningItems: 0 }
  }
}

/**
 * Between the two bounds the number of threads stays a fraction, so that a chunk is `threshold` items. Not as Aegir:
 * reckoned in whole numbers, as the quotient of a quotient rounds one above for some totals.
 */
function batchPace(
  { frequencySeconds, minThreads, maxThreads, threshold }: QueueDefinition,
  total: number,
): Omit<QueuePace, 'runningItems'> {
  const wanted = total / threshold
  if (wanted > minThreads && wanted <= maxThreads) {
    const intervalSeconds = Math.ceil((frequencySeconds * threshold) / total)
    return { threads: wanted, intervalSeconds, plannedItems: threshold }
  }
  const threads = wanted <= minThreads ? minThreads : maxThreads
  return {
    threads,
    intervalSeconds: Math.ceil(frequencySeconds / threads),
    plannedItems: Math.ceil(total / threads),
  }
}

/** Not as Aegir: where a minute is enough, one item is one item; 47 at 7 days gave it 1.0000000000000002 and so 2. */
function spreadPace(
  { frequencySeconds }: QueueDefinition,
  total: number,
): Omit<QueuePace, 'runningItems'> {
  if (total === 0) return { threads: null, intervalSeconds: IDLE_SPREAD_SECONDS, plannedItems: 0 }
  if (frequencySeconds >= LEAST_SPREAD_SECONDS * total)
    return { threads: null, intervalSeconds: frequencySeconds / total, plannedItems: 1 }
  return {
    threads: null,
    intervalSeconds: LEAST_SPREAD_SECONDS,
    plannedItems: Math.ceil((LEAST_SPREAD_SECONDS * total) / frequencySeconds),
  }
}

/** A definition with settings, counts and their pace. */
export function planQueue(
  definition: QueueDefinition,
  state: QueueCounts & Pick<PlannedQueue, 'isPaused' | 'lastRunAt'>,
): PlannedQueue {
  return { ...definition, ...state, ...paceOf(definition, state) }
}

/** What a queue is to do at `now`. */
export type QueueTurn =
  | { state: 'disabled' | 'paused' | 'idle' }
  | { state: 'too-early'; dueAt: number }
  | { state: 'full'; runningItems: number }
  | { state: 'due'; items: number }

/** Whether a queue runs now and how many items it may begin. `force` ignores the time, and nothing else. */
export function turnOf(
  queue: PlannedQueue,
  now: number,
  { force = false }: { force?: boolean } = {},
): QueueTurn {
  if (!queue.isEnabled) return { state: 'disabled' }
  if (queue.isPaused) return { state: 'paused' }
  const dueAt = dueAtOf(queue, now)
  if (dueAt > now && !force) return { state: 'too-early', dueAt }
  // Not as Aegir: a queue that knows of no item has nothing to do, whatever runs.
  if (queue.totalItems === 0 || queue.plannedItems === 0) return { state: 'idle' }
  const items = queue.plannedItems - queue.runningItems
  return items > 0 ? { state: 'due', items } : { state: 'full', runningItems: queue.runningItems }
}

/** When an interval since the last run is over; `now` where it never ran. */
export function dueAtOf(
  { lastRunAt, intervalSeconds }: Pick<PlannedQueue, 'lastRunAt' | 'intervalSeconds'>,
  now: number,
): number {
  // Not as Aegir: after a clock was set back a queue does not wait until the time of its last run comes again.
  if (lastRunAt === null || lastRunAt > now) return now
  return lastRunAt + intervalSeconds * 1000
}

/** A queue, or its plain period where nothing is known of its items. */
export type Recurring =
  | Pick<PlannedQueue, 'lastRunAt' | 'intervalSeconds'>
  | { lastRunAt: number | null; frequencySeconds: number }

/**
 * The next run to be expected, always later than `now`: the next point of the grid that the last run began, that of the
 * epoch where it never ran. Not as Aegir: of a queue it counts by its interval instead of its whole period, a last run in
 * the future counts as now, and a period is at least a second.
 */
export function queueNextRun(queue: Recurring, now: number): number {
  const seconds = 'intervalSeconds' in queue ? queue.intervalSeconds : queue.frequencySeconds
  const periodMs = Math.max(1, seconds) * 1000
  const last = Math.min(queue.lastRunAt ?? 0, now)
  return last + (Math.floor((now - last) / periodMs) + 1) * periodMs
}
