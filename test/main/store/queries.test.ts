import { describe, expect, test } from 'vitest'
import { listBackends, findBackendAt } from '../../../main/store/queries/backends.ts'
import { lastBackupsOf, listBackups } from '../../../main/store/queries/backups.ts'
import { listClients } from '../../../main/store/queries/clients.ts'
import { hostKeysOf } from '../../../main/store/queries/host-keys.ts'
import {
  countPlatformsOf,
  countSitesOf,
  countSitesOn,
  isContextNameTaken,
  listAllOn,
  listDeletedUnder,
  listNamed,
  listServers,
  listSites,
  listSitesNamed,
  listSitesOf,
} from '../../../main/store/queries/objects.ts'
import {
  countTasks,
  findTaskByNumber,
  lastTasksOf,
  listAttempts,
  listTasks,
  listUnfinishedTasks,
  nextTaskNumber,
} from '../../../main/store/queries/tasks.ts'
import type { Store } from '../../../main/store/store.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import type { Task, TaskStatus } from '#shared/domain/task.ts'
import { aPlatform, aServer, aSite, aTask, anId } from '../../support/objects.ts'
import { aBackend, aBackup, aClient, anAttempt } from '../../support/rows.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openStore } from './open-store.ts'

const page = { offset: 0, limit: 100 }
const STATUSES: TaskStatus[] = ['queued', 'processing', 'success', 'warning', 'error', 'cancelled']

/** Sixty tasks: six statuses, three objects, two backends in turn. */
const someTasks: Task[] = Array.from({ length: 60 }, (_, index) =>
  aTask({
    id: anId(100 + index),
    number: index + 1,
    status: STATUSES[index % 6] ?? 'queued',
    objectId: anId(10 + (index % 3)),
    objectName: ['www.example.com', 'server_Web1', 'xn--bcher-kva.example'][index % 3] ?? '',
    backendId: anId(1 + (index % 2)),
    type: index % 4 === 0 ? 'install' : 'verify',
    endedAt: index * 1000,
  }),
)

async function storeOf(change: ChangeSet): Promise<Store> {
  const store = await openStore(temporaryFolder())
  await store.commit(change)
  return store
}

function withTasks(): Promise<Store> {
  const change = new ChangeSet()
  for (const task of someTasks) change.put('task', task)
  return storeOf(change)
}

const numbers = (tasks: readonly Task[]): number[] => tasks.map(({ number }) => number)

describe('tasks', () => {
  const filters: [string, Parameters<typeof listTasks>[1], (task: Task) => boolean][] = [
    ['all', page, () => true],
    ['of one status', { ...page, statuses: ['error'] }, (task) => task.status === 'error'],
    [
      'of several statuses',
      { ...page, statuses: ['error', 'queued', 'error'] },
      (task) => ['error', 'queued'].includes(task.status),
    ],
    ['of an object', { ...page, objectId: anId(11) }, (task) => task.objectId === anId(11)],
    ['of a backend', { ...page, backendId: anId(2) }, (task) => task.backendId === anId(2)],
    [
      'of everything at once',
      { ...page, backendId: anId(2), objectId: anId(10), statuses: ['warning'], search: 'WWW' },
      (task) =>
        task.backendId === anId(2) && task.objectId === anId(10) && task.status === 'warning',
    ],
    [
      'by words in name and type',
      { ...page, search: 'web1  Install' },
      (task) => task.objectName === 'server_Web1' && task.type === 'install',
    ],
    [
      'by an international name',
      { ...page, search: 'bücher.example' },
      (task) => task.objectName.startsWith('xn--'),
    ],
    ['by a number', { ...page, search: '#12' }, (task) => task.number === 12],
    ['by nothing there is', { ...page, search: "%' OR 1=1 --" }, () => false],
  ]
  test.each(filters)(
    'are listed %s, newest first, with their total',
    async (_, filter, isFound) => {
      const store = await withTasks()
      const expected = numbers(someTasks.filter(isFound)).reverse()
      const { items, total } = listTasks(store, filter)
      expect(numbers(items)).toEqual(expected)
      expect(total).toBe(expected.length)
    },
  )

  test.each(filters)('are cut into pages that join without a gap (%s)', async (_, filter) => {
    const store = await withTasks()
    const all = numbers(listTasks(store, filter).items)
    const joined: number[] = []
    for (let offset = 0; offset < all.length + 7; offset += 7) {
      const { items, total } = listTasks(store, { ...filter, offset, limit: 7 })
      joined.push(...numbers(items))
      expect(total).toBe(all.length)
    }
    expect(joined).toEqual(all)
  })

  test('that have not ended are listed oldest first', async () => {
    const expected = numbers(someTasks.filter((_, index) => index % 6 < 2))
    expect(numbers(listUnfinishedTasks(await withTasks()))).toEqual(expected)
  })

  test('are counted by what the tray shows', async () => {
    const store = await withTasks()
    expect(countTasks(store, { failedSince: 40_000 })).toEqual({
      queued: 10,
      processing: 10,
      failed: 4,
    })
  })

  test('have a next number, and are found by their number', async () => {
    const store = await withTasks()
    expect(nextTaskNumber(store)).toBe(61)
    expect(findTaskByNumber(store, 7)).toEqual(someTasks[6])
    expect(findTaskByNumber(store, 61)).toBeUndefined()
    expect(nextTaskNumber(await openStore(temporaryFolder()))).toBe(1)
  })

  test('come last of each object, where there is one', async () => {
    const last = lastTasksOf(await withTasks(), [anId(10), anId(12), anId(99)])
    expect([...last].map(([id, { number }]) => [id, number])).toEqual([
      [anId(10), 58],
      [anId(12), 60],
    ])
  })

  test('have their attempts in order', async () => {
    const store = await storeOf(
      new ChangeSet()
        .put('task', aTask())
        .put('attempt', anAttempt({ id: anId(9), number: 2 }))
        .put('attempt', anAttempt({ id: anId(8), number: 1 })),
    )
    expect(listAttempts(store, aTask().id).map(({ number }) => number)).toEqual([1, 2])
  })
})

describe('objects', () => {
  const tree = (): ChangeSet =>
    new ChangeSet()
      .put('backend', aBackend())
      .put('server', aServer({ title: 'Zürich' }))
      .put('server', aServer({ id: anId(20), name: 'server_b', title: 'aarau' }))
      .put('platform', aPlatform())
      .put('platform', aPlatform({ id: anId(30), name: 'platform_b', serverId: anId(20) }))
      .put('client', aClient())
      .put('site', aSite({ aliases: ['xn--bcher-kva.example'], clientId: aClient().id }))
      .put('site', aSite({ id: anId(40), name: 'a.example.com', title: 'A', platformId: anId(30) }))
      .put('site', aSite({ id: anId(41), name: 'gone.example.com', status: 'deleted' }))

  test('are listed by title whatever its case, without deleted ones', async () => {
    const store = await storeOf(tree())
    expect(listServers(store, page).items.map(({ title }) => title)).toEqual(['aarau', 'Zürich'])
    expect(listSites(store, page)).toMatchObject({ total: 2 })
    const deleted = listSites(store, { ...page, status: 'deleted' })
    expect(deleted.items.map(({ name }) => name)).toEqual(['gone.example.com'])
  })

  test('are found without case and accents, by aliases and international names', async () => {
    const store = await storeOf(tree())
    const found = (search: string): string[] =>
      listSites(store, { ...page, search }).items.map(({ name }) => name)
    expect(listServers(store, { ...page, search: 'zurich' }).total).toBe(1)
    expect(found('BÜCHER')).toEqual(['www.example.com'])
    expect(found('xn--bcher')).toEqual(['www.example.com'])
    expect(found('example com a')).toEqual(['a.example.com', 'www.example.com'])
    expect(found('%')).toEqual([])
  })

  test('are filtered by what they stand on', async () => {
    const store = await storeOf(tree())
    const names = (filter: object): string[] =>
      listSites(store, { ...page, ...filter }).items.map(({ name }) => name)
    expect(names({ serverId: anId(20) })).toEqual(['a.example.com'])
    expect(names({ platformId: anId(3) })).toEqual(['www.example.com'])
    expect(names({ clientId: aClient().id })).toEqual(['www.example.com'])
    expect(names({ status: 'enabled', serverId: anId(2) })).toEqual(['www.example.com'])
  })

  test('count what stands on them, without deleted ones', async () => {
    const store = await storeOf(tree())
    expect(countPlatformsOf(store, anId(2))).toBe(1)
    expect(countSitesOf(store, anId(3))).toBe(1)
    expect(countSitesOn(store, anId(2))).toBe(1)
    expect(listSitesOf(store, anId(3))).toHaveLength(1)
    expect(listClients(store, page).items).toEqual([{ ...aClient(), sites: 1, sizeBytes: 0 }])
  })

  test('name what was deleted under them, so that they can be forgotten together', async () => {
    const store = await storeOf(tree())
    const under = listDeletedUnder(store, aPlatform())
    expect(under.map(({ id }) => id)).toEqual([anId(41)])
    const change = new ChangeSet()
    for (const { kind, id } of [...under, aSite(), aPlatform()]) change.remove(kind, id)
    await store.commit(change)
    expect(store.find('platform', aPlatform().id)).toBeUndefined()
  })

  test('on a backend are all listed with those deleted, so that it can be removed with them', async () => {
    const store = await storeOf(tree())
    const change = new ChangeSet().remove('backend', anId(1))
    const all = listAllOn(store, anId(1))
    expect(all.map(({ kind }) => kind)).toEqual([
      'site',
      'site',
      'site',
      'platform',
      'platform',
      'server',
      'server',
    ])
    for (const { kind, id } of all) change.remove(kind, id)
    await store.commit(change)
    expect(store.find('backend', anId(1))).toBeUndefined()
  })

  test('share one room of context names on a backend, and give theirs back when deleted', async () => {
    const store = await storeOf(tree())
    expect(isContextNameTaken(store, anId(1), 'platform_b')).toBe(true)
    expect(isContextNameTaken(store, anId(1), 'gone.example.com')).toBe(false)
    expect(isContextNameTaken(store, anId(99), 'platform_b')).toBe(false)
    expect(listNamed(store, 'www.example.com')).toEqual(listSitesNamed(store, 'www.example.com'))
  })
})

test('backups are listed newest first, by site, and the last of each site is known', async () => {
  const store = await storeOf(
    new ChangeSet()
      .put('backend', aBackend())
      .put('server', aServer())
      .put('platform', aPlatform())
      .put('site', aSite())
      .put('backup', aBackup({ createdAt: 1 }))
      .put('backup', aBackup({ id: anId(71), createdAt: 3 }))
      .put('backup', aBackup({ id: anId(72), createdAt: 2, siteId: anId(99) })),
  )
  const ids = (filter: object): string[] =>
    listBackups(store, { ...page, ...filter }).items.map(({ id }) => id)
  expect(ids({})).toEqual([anId(71), anId(72), anId(7)])
  expect(ids({ siteId: aSite().id })).toEqual([anId(71), anId(7)])
  expect(ids({ search: 'EXAMPLE' })).toEqual([anId(71), anId(7)])
  expect([...lastBackupsOf(store, [aSite().id, anId(98)])].map(([, { id }]) => id)).toEqual([
    anId(71),
  ])
})

test('backends are found by address without regard to the case of the host', async () => {
  const store = await storeOf(
    new ChangeSet()
      .put('backend', aBackend())
      .put('backend', aBackend({ id: anId(9), port: 2222 })),
  )
  const found = findBackendAt(store, { host: 'WEB1.example.com', port: 2222, user: 'desk' })
  expect(found?.id).toBe(anId(9))
  expect(
    findBackendAt(store, { host: 'web1.example.com', port: 22, user: 'other' }),
  ).toBeUndefined()
  expect(listBackends(store)).toHaveLength(2)
})

test('host keys are found by host and port', async () => {
  const key = {
    id: anId(1),
    host: 'web1',
    port: 22,
    type: 'ssh-ed25519',
    key: 'AAAA',
    fingerprint: 'SHA256:x',
    trustedAt: 1,
  }
  const store = await storeOf(new ChangeSet().put('hostKey', key))
  expect(hostKeysOf(store, { host: 'web1', port: 22 })).toEqual([key])
  expect(hostKeysOf(store, { host: 'web1', port: 23 })).toEqual([])
})
