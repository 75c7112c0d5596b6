import { describe, expect, test } from 'vitest'
import {
  countDays,
  listExpiringSites,
  listOpenFailures,
  listUnsavedSites,
} from '../../../main/store/queries/overview.ts'
import { ChangeSet, type Store } from '../../../main/store/store.ts'
import { aPlatform, aServer, aSite, aTask, anId } from '../../support/objects.ts'
import { aBackend, aBackup } from '../../support/rows.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openStore } from './open-store.ts'

const DAY = 86_400_000

async function aStore(fill: (change: ChangeSet) => void): Promise<Store> {
  const store = await openStore(temporaryFolder())
  const change = new ChangeSet()
    .put('backend', aBackend())
    .put('server', aServer())
    .put('platform', aPlatform())
    .put('site', aSite())
  fill(change)
  await store.commit(change)
  return store
}
const ended = (number: number, facts: Parameters<typeof aTask>[0]) =>
  aTask({ id: anId(100 + number), number, startedAt: 0, ...facts })

describe('failures that need somebody', () => {
  const failures = (store: Store, since = 0) =>
    listOpenFailures(store, { since, limit: 10 }).items.map(({ number }) => number)

  test('are those after which nothing of their kind was begun, newest first', async () => {
    const store = await aStore((change) =>
      [
        ended(1, { status: 'error', endedAt: 10 }),
        ended(2, { status: 'success', endedAt: 20 }),
        ended(3, { status: 'error', endedAt: 30, type: 'backup' }),
        ended(4, { status: 'error', endedAt: 40 }),
        ended(5, { status: 'queued', type: 'backup', objectId: anId(2), objectKind: 'server' }),
      ].forEach((task) => change.put('task', task)),
    )
    expect(failures(store)).toEqual([4, 3])
    expect(failures(store, 35)).toEqual([4])
    expect(listOpenFailures(store, { since: 0, limit: 1 })).toMatchObject({ total: 2 })
  })

  test('are forgotten with what they were about', async () => {
    const store = await aStore((change) => {
      change.put('site', aSite({ id: anId(9), name: 'gone.example.com', status: 'deleted' }))
      change.put('task', ended(1, { status: 'error', endedAt: 10, objectId: anId(9) }))
      change.put('task', ended(2, { status: 'error', endedAt: 10, objectId: anId(77) }))
    })
    expect(failures(store)).toEqual([])
  })
})

describe('sites without a recent backup', () => {
  const unsaved = (store: Store) => listUnsavedSites(store, { since: 10 * DAY, limit: 10 })

  test('are named with their server and their last backup, those without any first', async () => {
    const store = await aStore((change) => {
      change.put('site', aSite({ id: anId(5), name: 'old.example.com' }))
      change.put('site', aSite({ id: anId(6), name: 'fresh.example.com' }))
      change.put('backup', aBackup({ id: anId(51), siteId: anId(5), createdAt: 3 * DAY }))
      change.put('backup', aBackup({ id: anId(61), siteId: anId(6), createdAt: 3 * DAY }))
      change.put('backup', aBackup({ id: anId(62), siteId: anId(6), createdAt: 11 * DAY }))
    })
    expect(unsaved(store)).toEqual({
      items: [
        { id: anId(4), name: 'www.example.com', serverTitle: 'web1', lastBackupAt: null },
        { id: anId(5), name: 'old.example.com', serverTitle: 'web1', lastBackupAt: 3 * DAY },
      ],
      total: 2,
    })
  })

  test('are neither new, nor off, nor on the demo server', async () => {
    const store = await aStore((change) => {
      change.put('site', aSite({ createdAt: 11 * DAY }))
      change.put('site', aSite({ id: anId(5), name: 'off.example.com', status: 'disabled' }))
      change.put('backend', aBackend({ id: anId(31), title: 'Demo', isDemo: true }))
      change.put('server', aServer({ id: anId(32), backendId: anId(31) }))
      change.put('platform', aPlatform({ id: anId(33), backendId: anId(31), serverId: anId(32) }))
      const demo = { id: anId(34), backendId: anId(31), platformId: anId(33) }
      change.put('site', aSite({ ...demo, name: 'demo.localhost' }))
    })
    expect(unsaved(store).total).toBe(0)
  })
})

test('certificates that end soon are those in use, the first to end first', async () => {
  const site = (id: number, https: 'off' | 'required', certificateExpiresAt: number | null) =>
    aSite({ id: anId(id), name: `s${id}.example.com`, https, certificateExpiresAt })
  const store = await aStore((change) =>
    [
      site(41, 'required', 5 * DAY),
      site(42, 'required', 2 * DAY),
      site(43, 'off', 1),
      site(44, 'required', 90 * DAY),
      site(45, 'required', null),
    ].forEach((one) => change.put('site', one)),
  )
  const { items, total } = listExpiringSites(store, { before: 10 * DAY, limit: 5 })
  expect({ ids: items.map(({ id }) => id), total }).toEqual({
    ids: [anId(42), anId(41)],
    total: 2,
  })
})

describe('the days', () => {
  test('count what ended on each by its outcome, with the median of what succeeded', async () => {
    const day = (number: number, at: number, tookMs: number, status: 'success' | 'warning') =>
      ended(number, { status, startedAt: at - tookMs, endedAt: at })
    const store = await aStore((change) =>
      [
        day(1, DAY + 1, 100, 'success'),
        day(2, DAY + 2, 900, 'success'),
        day(3, DAY + 3, 300, 'warning'),
        ended(4, { status: 'error', endedAt: DAY + 4 }),
        day(5, 2 * DAY, 10, 'success'),
        day(6, 2 * DAY + 5, 20, 'success'),
        ended(7, { status: 'cancelled', startedAt: null, endedAt: 2 * DAY + 6 }),
        ended(8, { status: 'processing' }),
      ].forEach((task) => change.put('task', task)),
    )
    expect(countDays(store, [0, DAY, 2 * DAY])).toEqual([
      { startAt: 0, success: 0, warning: 0, error: 0, cancelled: 0, medianMs: null },
      { startAt: DAY, success: 2, warning: 1, error: 1, cancelled: 0, medianMs: 300 },
      { startAt: 2 * DAY, success: 2, warning: 0, error: 0, cancelled: 1, medianMs: 15 },
    ])
  })
})
