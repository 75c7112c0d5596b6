import { expect, test } from 'vitest'
import type { Runs } from '../../../main/ssh/run.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import { removeLeftRuns } from '../../../main/task/left-runs.ts'
import { anId, aTask } from '../../support/objects.ts'
import { anAttempt } from '../../support/rows.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openStore } from '../store/open-store.ts'

test('folders of runs whose results are stored go; those of others and of what still runs stay', async () => {
  const store = await openStore(temporaryFolder())
  const change = new ChangeSet().put('task', aTask())
  const statuses = ['processing', 'success', 'warning', 'error', 'cancelled'] as const
  statuses.forEach((status, at) =>
    change.put('attempt', anAttempt({ id: anId(80 + at), number: at + 1, status })),
  )
  await store.commit(change)
  const removed: string[] = []
  const ids = [...statuses.map((_status, at) => anId(80 + at)), anId(90), 'not-an-id']
  const runs: Pick<Runs, 'list' | 'remove'> = {
    list: () => Promise.resolve(ids.map((id) => ({ id, run: { state: 'lost' } }))),
    remove: (names) => Promise.resolve(void removed.push(...names)),
  }
  await removeLeftRuns(store, runs as Runs)
  expect(removed).toEqual([81, 82, 83, 84].map(anId))
})
