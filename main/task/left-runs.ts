import { isEnded } from '#shared/domain/task.ts'
import type { Runs } from '../ssh/run.ts'
import type { Store } from '../store/store.ts'

/**
 * Removes the folders of runs whose results are stored here: what is left where the connection or this application ended
 * between the one and the other. A run that nobody knows here may be another desk's.
 */
export async function removeLeftRuns(store: Store, runs: Runs): Promise<void> {
  const ids = (await runs.list()).map(({ id }) => id)
  const left = ids.filter((id) => isEnded(store.find('attempt', id)?.status ?? 'queued'))
  if (left.length > 0) await runs.remove(left)
}
