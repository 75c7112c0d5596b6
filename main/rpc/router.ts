import { implement } from '@orpc/server'
import { contract } from '#shared/contract/index.ts'
import { aegirCalls } from './aegir-calls.ts'
import { appCalls } from './app-calls.ts'
import { backendCalls } from './backend-calls.ts'
import { bulkCalls } from './bulk-calls.ts'
import { bootstrapCalls } from './bootstrap-calls.ts'
import { crontabCalls } from './crontab-calls.ts'
import { dataCalls } from './data-calls.ts'
import { toRpcError } from './errors.ts'
import { featureCalls } from './feature-calls.ts'
import { importCalls } from './import-calls.ts'
import { inventoryCalls } from './inventory-calls.ts'
import { overviewCalls } from './overview-calls.ts'
import type { RpcParts } from './parts.ts'
import { queueCalls } from './queue-calls.ts'
import { settingsCalls } from './settings-calls.ts'
import { siteMoveCalls } from './site-move-calls.ts'
import { taskCalls } from './task-calls.ts'

/** The contract, each call to be handled behind one place that turns errors into the contract's. */
export const deskImplementer = (parts: Pick<RpcParts, 'onBug'>) =>
  implement(contract).use(async ({ next }) => {
    try {
      return await next()
    } catch (error) {
      throw toRpcError(error, parts.onBug)
    }
  })
export type Desk = ReturnType<typeof deskImplementer>

/** Everything that a renderer or the command line may ask. */
export function createRouter(parts: RpcParts) {
  const desk = deskImplementer(parts)
  return desk.router({
    ...appCalls(desk, parts),
    ...backendCalls(desk, parts),
    ...bootstrapCalls(desk, parts),
    ...inventoryCalls(desk, parts),
    ...featureCalls(desk, parts),
    ...taskCalls(desk, parts),
    ...bulkCalls(desk, parts),
    ...queueCalls(desk, parts),
    ...crontabCalls(desk, parts),
    ...importCalls(desk, parts),
    ...aegirCalls(desk, parts),
    ...siteMoveCalls(desk, parts),
    ...overviewCalls(desk, parts),
    ...settingsCalls(desk, parts),
    ...dataCalls(desk, parts),
  })
}
export type DeskRouter = ReturnType<typeof createRouter>
