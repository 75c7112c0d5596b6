import { AppError } from '#shared/errors.ts'
import { countBatch, firstTaskOfBatch } from '../store/queries/batches.ts'
import { Bulk } from '../task/bulk.ts'
import type { RpcParts } from './parts.ts'
import type { Desk } from './router.ts'

export function bulkCalls({ bulk }: Desk, { store, registry, unit, tasks }: RpcParts) {
  const many = new Bulk(unit, tasks)
  return {
    bulk: bulk.router({
      offered: bulk.offered.handler(({ input }) => many.offer(input.objectKind, input.objectIds)),
      add: bulk.add.handler(({ input }) => many.add(input)),
      progress: bulk.progress.handler(({ input: { batchId } }) => {
        const first = firstTaskOfBatch(store, batchId)
        if (first === undefined)
          throw new AppError('object.not-found', 'These tasks are no longer here.')
        const counts = countBatch(store, batchId)
        const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
        const title = registry.findTaskType(first.objectKind, first.type)?.title ?? first.type
        return { title, total, ...counts }
      }),
      cancel: bulk.cancel.handler(async ({ input }) => ({
        cancelled: await many.cancel(input.batchId),
      })),
    }),
  }
}
