import { expect, test } from 'vitest'
import type { ListedItem } from '#shared/protocol/listing.ts'
import type { DialectDriver } from '../../../main/backend/backend.ts'
import { shippedFeatures } from '../../../main/features/shipped.ts'
import { HookRegistry } from '../../../main/hooks/registry.ts'
import { Imports } from '../../../main/inventory/import.ts'
import { IdMaker } from '../../../main/lib/ids.ts'
import type { Connection } from '../../../main/ssh/connection.ts'
import { ChangeSet, type Store } from '../../../main/store/store.ts'
import { FailingDisk } from '../../support/failing-disk.ts'
import { aBackend } from '../../support/rows.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openStore } from '../store/open-store.ts'

const context = (
  type: 'server' | 'platform' | 'site',
  name: string,
  options: Record<string, string>,
): ListedItem => ({ item: 'context', context: { format: 1, type, name, options } })

const ACCOUNT: readonly ListedItem[] = [
  context('server', 'server_web1', { remote_host: 'web1.example.com' }),
  context('platform', 'platform_a', { web_server: '@server_web1', root: '/srv/a' }),
  context('site', 'a.example.com', { platform: '@platform_a', uri: 'a.example.com' }),
  context('site', 'b.example.com', { platform: '@platform_a', uri: 'b.example.com' }),
]

const driver: DialectDriver = {
  prepare: () => Promise.resolve(),
  stages: () => [],
  reader: () => {
    throw new Error('An import runs nothing.')
  },
  list: () => Promise.resolve([...ACCOUNT]),
  isOverload: () => false,
}

const connection: Connection = {
  far: { uid: 1, user: 'a', home: '/home/a', system: 'Linux', clockOffsetMs: 0, node: null },
  askAgain: () => Promise.resolve(),
  runs: {
    start: () => Promise.reject(new Error('An import runs nothing.')),
    async *follow() {
      /* Nothing runs. */
    },
    cancel: () => Promise.resolve({ state: 'absent' }),
    list: () => Promise.resolve([]),
    remove: () => Promise.resolve(),
  },
  exec: () => Promise.reject(new Error('An import runs nothing.')),
  closed: new Promise(() => undefined),
}

function importsInto(store: Store): Imports {
  const now = (): number => 1_700_000_000_000
  return new Imports({
    ...{ store, now, ids: new IdMaker(now), registry: new HookRegistry(shippedFeatures) },
    connect: () => Promise.resolve(connection),
    open: () => Promise.resolve({ ...connection, close: () => undefined }),
    disconnect: () => Promise.resolve(),
    giveSecrets: () => Promise.resolve(),
    findDialect: () =>
      Promise.resolve({ dialect: 'aegir', message: '', isSharedWithFrontend: false }),
    driverOf: () => driver,
    backendLimit: 4,
  })
}

const countOf = (store: Store): number =>
  (['server', 'platform', 'site', 'client', 'task'] as const)
    .map((table) => store.select(table, '').length)
    .reduce((sum, count) => sum + count)

test('an import whose writing fails anywhere leaves nothing of the account, and can be done again', async () => {
  const backend = aBackend({ dialect: 'aegir' })
  let failures = 0
  for (let failAt = 1; ; failAt += 1) {
    const folder = temporaryFolder()
    const first = await openStore(folder)
    await first.commit(new ChangeSet().put('backend', backend))
    await first.close()
    const disk = new FailingDisk({ mode: 'refuse' })
    const store = await openStore(folder, { disk })
    disk.failIn(failAt)
    const outcome = await importsInto(store)
      .importBackend(backend.id)
      .then(
        () => 'done',
        (error: unknown) => error,
      )
    if (outcome === 'done') {
      expect(countOf(store)).toBe(ACCOUNT.length)
      break
    }
    failures += 1
    expect(outcome).toMatchObject({ code: 'store.write-failed' })
    expect(countOf(store)).toBe(0)
    expect((await importsInto(store).importBackend(backend.id)).added).toHaveLength(4)
    await store.close()
  }
  expect(failures).toBeGreaterThan(0)
})
