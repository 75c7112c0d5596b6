import { describe, expect, test } from 'vitest'
import { ChangeSet } from '../../../main/store/store.ts'
import { FailingDisk } from '../../support/failing-disk.ts'
import { aPlatform, aServer, aSite, aTask, anId } from '../../support/objects.ts'
import { aBackend, anAttempt } from '../../support/rows.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openStore, putSetting, settingsOf } from './open-store.ts'

const objects = (): ChangeSet =>
  new ChangeSet()
    .put('site', aSite())
    .put('platform', aPlatform())
    .put('server', aServer())
    .put('backend', aBackend())

describe('a store', () => {
  test('has what was committed after opening again', async () => {
    const folder = temporaryFolder()
    const store = await openStore(folder)
    await store.commit(objects())
    await store.close()
    const again = await openStore(folder)
    expect(again.find('site', aSite().id)).toEqual(aSite())
    expect(again.get('backend', anId(1))).toEqual(aBackend())
    expect(again.notices).toEqual([])
  })

  test('shows a commit to readers before it is on disk, and resolves after', async () => {
    const store = await openStore(temporaryFolder())
    const commit = store.commit(putSetting('a', 1))
    expect(settingsOf(store)).toEqual({ a: 1 })
    await commit
  })

  test('does all of a commit or nothing', async () => {
    const store = await openStore(temporaryFolder())
    await store.commit(putSetting('a', 1))
    const change = putSetting('a', 2).expect('setting', 'a', 999)
    await expect(store.commit(change)).rejects.toMatchObject({ code: 'object.changed-meanwhile' })
    expect(settingsOf(store)).toEqual({ a: 1 })
  })

  test('accepts an expectation that holds, also that a row is absent', async () => {
    const store = await openStore(temporaryFolder())
    await store.commit(putSetting('a', 1).expect('setting', 'a', null))
    const revision = store.revisionOf('setting', 'a') ?? null
    await store.commit(putSetting('a', 2).expect('setting', 'a', revision))
    expect(settingsOf(store)).toEqual({ a: 2 })
    await expect(
      store.commit(putSetting('a', 3).expect('setting', 'a', revision)),
    ).rejects.toMatchObject({ code: 'object.changed-meanwhile' })
  })

  test('never gives a row that was removed and made again the revision it had', async () => {
    const store = await openStore(temporaryFolder())
    await store.commit(putSetting('a', 1))
    const before = store.revisionOf('setting', 'a')
    await store.commit(new ChangeSet().remove('setting', 'a'))
    await store.commit(putSetting('a', 1))
    expect(store.revisionOf('setting', 'a')).not.toBe(before)
  })

  test('refuses a second site of one name on a backend, unless the first was deleted', async () => {
    const store = await openStore(temporaryFolder())
    await store.commit(objects())
    const second = new ChangeSet().put('site', aSite({ id: anId(40) }))
    await expect(store.commit(second)).rejects.toMatchObject({ code: 'object.name-taken' })
    await store.commit(new ChangeSet().put('site', aSite({ status: 'deleted' })))
    await store.commit(second)
    expect(store.find('site', anId(40))?.name).toBe('www.example.com')
  })

  test('keeps an object that others refer to, also after a checkpoint', async () => {
    const store = await openStore(temporaryFolder())
    await store.commit(objects())
    const removal = new ChangeSet().remove('backend', anId(1))
    await expect(store.commit(removal)).rejects.toMatchObject({ code: 'object.in-use' })
    await store.checkpoint()
    await expect(store.commit(removal)).rejects.toMatchObject({ code: 'object.in-use' })
    const orphan = new ChangeSet().put('attempt', anAttempt())
    await expect(store.commit(orphan)).rejects.toMatchObject({ code: 'object.in-use' })
    expect(store.find('backend', anId(1))).toEqual(aBackend())
  })

  test('takes nothing in that it could not read again', async () => {
    const store = await openStore(temporaryFolder())
    const wrong = { ...aTask(), status: 'nonsense' } as unknown as ReturnType<typeof aTask>
    await expect(store.commit(new ChangeSet().put('task', wrong))).rejects.toThrow()
    const cut = new ChangeSet().put('task', aTask({ objectName: 'a\0b' }))
    await expect(store.commit(cut)).rejects.toMatchObject({ code: 'input.invalid' })
    expect(store.query('SELECT count(*) AS n FROM task')).toEqual([{ n: 0 }])
  })

  test.each([
    "'; DROP TABLE setting; --",
    '$(touch /tmp/x)',
    '\u0000\ud800\u202e\n"\\',
    'ß'.repeat(100_000),
  ])('stores hostile text as it is (%#)', async (text) => {
    const folder = temporaryFolder()
    const store = await openStore(folder)
    await store.commit(putSetting('a', text))
    await store.close()
    expect(settingsOf(await openStore(folder))).toEqual({ a: text })
  })

  test('lets a query only read', async () => {
    const store = await openStore(temporaryFolder())
    expect(() => store.query('DELETE FROM setting')).toThrow('only reads')
  })

  test('throws object.not-found for what is not there', async () => {
    const store = await openStore(temporaryFolder())
    expect(store.find('site', anId(1))).toBeUndefined()
    expect(() => store.get('site', anId(1))).toThrow(
      expect.objectContaining({ code: 'object.not-found' }),
    )
  })

  test('tells of changed rows once they are on disk, each row once', async () => {
    const disk = new FailingDisk()
    const store = await openStore(temporaryFolder(), { disk })
    const told: unknown[] = []
    store.changed.add((touched) => told.push(touched))
    const commits = [store.commit(putSetting('a', 1)), store.commit(putSetting('a', 2))]
    expect(told).toEqual([])
    await Promise.all(commits)
    expect(told).toEqual([[{ table: 'setting', ids: ['a'] }]])
  })

  test('is closed to commits and reads after close', async () => {
    const store = await openStore(temporaryFolder())
    await store.close()
    await expect(store.commit(putSetting('a', 1))).rejects.toThrow('closed')
    expect(() => store.find('setting', 'a')).toThrow('closed')
  })

  test('keeps what was committed just before close', async () => {
    const folder = temporaryFolder()
    const store = await openStore(folder)
    const commit = store.commit(putSetting('a', 1))
    await Promise.all([commit, store.close()])
    expect(settingsOf(await openStore(folder))).toEqual({ a: 1 })
  })
})

describe('commits', () => {
  test('of one tick share one flush', async () => {
    const disk = new FailingDisk()
    const store = await openStore(temporaryFolder(), { disk })
    const before = disk.changes
    await Promise.all(Array.from({ length: 50 }, (_, n) => store.commit(putSetting(`s${n}`, n))))
    expect(disk.changes - before).toBe(1)
  })

  test('that come during a flush wait for the next', async () => {
    const disk = new FailingDisk()
    const store = await openStore(temporaryFolder(), { disk })
    const before = disk.changes
    const first = store.commit(putSetting('a', 1))
    await Promise.resolve()
    await Promise.resolve()
    const later = [store.commit(putSetting('b', 2)), store.commit(putSetting('c', 3))]
    await Promise.all([first, ...later])
    expect(disk.changes - before).toBe(2)
  })

  test('are taken back in memory when the disk refuses, and the store goes on', async () => {
    const folder = temporaryFolder()
    const disk = new FailingDisk()
    const store = await openStore(folder, { disk })
    await store.commit(objects())
    await store.commit(putSetting('a', 1))
    const failing = await withFailure(folder, store, disk)
    expect(failing).toEqual({ a: 1 })
  })

  /** Opens the same data over a disk whose next write fails. */
  async function withFailure(
    folder: string,
    store: Awaited<ReturnType<typeof openStore>>,
    disk: FailingDisk,
  ): Promise<Record<string, unknown>> {
    await store.close()
    expect(disk.hasFailed).toBe(false)
    const next = new FailingDisk({ failAt: 2, mode: 'refuse' })
    const again = await openStore(folder, { disk: next })
    const told: unknown[] = []
    again.changed.add((touched) => told.push(touched))
    const results = await Promise.allSettled([
      again.commit(putSetting('a', 2).put('setting', { name: 'b', value: 2 })),
      again.commit(new ChangeSet().remove('setting', 'a').remove('site', aSite().id)),
    ])
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected'])
    expect(results[0]).toMatchObject({ reason: { code: 'store.write-failed' } })
    expect(again.find('site', aSite().id)).toEqual(aSite())
    expect(told).toHaveLength(1)
    const state = settingsOf(again)
    await again.commit(putSetting('c', 3))
    await again.close()
    const last = await openStore(folder)
    expect(settingsOf(last)).toEqual({ ...state, c: 3 })
    expect(last.notices).toEqual([])
    return state
  }
})
