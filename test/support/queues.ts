import type { QueueDeclaration } from '../../main/hooks/queue.ts'
import type { Feature } from '../../main/hooks/feature.ts'
import { HookRegistry, type HookProblem } from '../../main/hooks/registry.ts'
import { IdMaker } from '../../main/lib/ids.ts'
import { QueueSwitches } from '../../main/queue/queue-switches.ts'
import { Queues } from '../../main/queue/queues.ts'
import type { ChangeSet, Store } from '../../main/store/store.ts'
import { openStore } from '../main/store/open-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

export const aQueue = (facts: Partial<QueueDeclaration> = {}): QueueDeclaration => ({
  name: 'tested',
  title: 'Tested',
  frequencySeconds: 60,
  process: () => undefined,
  ...facts,
})

export const aFeature = (facts: Partial<Feature> = {}): Feature => ({
  name: 'tester',
  title: 'Tester',
  ...facts,
})

/** All queues over a store of their own, with what was asked of the parts around them. */
export interface QueueDesk {
  store: Store
  queues: Queues
  switches: QueueSwitches
  problems: HookProblem[]
  /** Limits with which tasks were started, and attempts whose logs were removed. */
  starts: number[]
  removedLogs: string[]
  tasks: { queued: number; processing: number }
  clock: { now: number; monotonic: number }
}

export async function openQueues(
  features: readonly Feature[],
  change?: ChangeSet,
): Promise<QueueDesk> {
  const store = await openStore(temporaryFolder())
  if (change !== undefined) await store.commit(change)
  const clock = { now: 1_700_000_000_000, monotonic: 0 }
  const problems: HookProblem[] = []
  const onProblem = (problem: HookProblem): void => void problems.push(problem)
  const registry = new HookRegistry(features, { onProblem })
  const now = (): number => clock.now
  const switches = new QueueSwitches(store)
  const starts: number[] = []
  const removedLogs: string[] = []
  const tasks = { queued: 0, processing: 0 }
  const queues = new Queues({
    store,
    registry,
    ids: new IdMaker(now),
    now,
    switches,
    countTasks: (status) => tasks[status],
    startTasks(limit) {
      starts.push(limit)
      return []
    },
    removeLogs(ids) {
      removedLogs.push(...ids)
      return Promise.resolve()
    },
    onProblem,
    monotonic: () => clock.monotonic,
  })
  return { store, queues, switches, problems, starts, removedLogs, tasks, clock }
}
