import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { realDisk } from '../../../main/store/disk.ts'
import { journalName, snapshotName } from '../../../main/store/generations.ts'
import { parseJournal, renderRecord } from '../../../main/store/journal.ts'
import { MIGRATIONS } from '../../../main/store/migrations.ts'
import { renderSnapshot } from '../../../main/store/snapshot.ts'
import { recover } from '../../../main/store/recovery.ts'
import type { Store } from '../../../main/store/store.ts'
import { FailingDisk } from '../../support/failing-disk.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openStore, putSetting, settingsOf } from './open-store.ts'

const file = (folder: string, name: string): string => path.join(folder, 'store', name)
const asideOf = (folder: string): string[] => {
  const aside = file(folder, 'aside')
  return fs.existsSync(aside) ? fs.readdirSync(aside) : []
}

/** A store with these settings committed one by one, closed. */
async function storeWith(folder: string, ...values: number[]): Promise<void> {
  const store = await openStore(folder)
  for (const value of values) await store.commit(putSetting('a', value))
  await store.close()
}

/** A copy of a data folder, to be damaged. */
function copyOf(folder: string): string {
  const copy = temporaryFolder()
  fs.cpSync(folder, copy, { recursive: true })
  return copy
}

async function reopened(folder: string): Promise<{ state: unknown; notices: readonly string[] }> {
  const store = await openStore(folder)
  const found = { state: settingsOf(store), notices: store.notices }
  await store.close()
  return found
}

/** What opening would find, without the changes that it makes to files. */
async function recovered(folder: string): Promise<{ state: unknown; notices: readonly string[] }> {
  const { database, notices } = await recover(folder, realDisk)
  const rows = database.all('SELECT name, data FROM setting')
  const valueOf = (data: unknown): unknown => (JSON.parse(String(data)) as { value: unknown }).value
  database.close()
  return {
    state: Object.fromEntries(rows.map((row) => [row['name'], valueOf(row['data'])])),
    notices,
  }
}

/** Adds a record to a journal as if it had been committed. */
function forgeRecord(folder: string, generation: number, sql: string): void {
  const name = file(folder, journalName(generation))
  const content = parseJournal(fs.readFileSync(name))
  if (content.state !== 'read') throw new Error('The journal cannot be read.')
  const previous = content.records.at(-1)?.sequence ?? content.previous
  const record = { sequence: previous + 1, previous, statements: [[sql, null]] as const }
  const whole = fs.readFileSync(name).subarray(0, content.end)
  fs.writeFileSync(name, Buffer.concat([whole, renderRecord(record)]))
}

describe('a journal', () => {
  test('cut at any byte opens to the state before or after the record there', async () => {
    const folder = temporaryFolder()
    await storeWith(folder, 1, 2)
    const name = file(folder, journalName(0))
    const bytes = fs.readFileSync(name)
    const content = parseJournal(bytes)
    if (content.state !== 'read') throw new Error('unreadable')
    const ends = content.records.map(({ end }) => end)
    const migrations = MIGRATIONS.length
    expect(ends).toHaveLength(migrations + 2)
    const expected = (length: number): unknown => {
      if (length >= (ends[migrations + 1] ?? 0)) return { a: 2 }
      return length >= (ends[migrations] ?? 0) ? { a: 1 } : {}
    }
    for (let length = ends[migrations - 1] ?? 0; length <= content.end; length++) {
      fs.writeFileSync(name, bytes.subarray(0, length))
      const { state, notices } = await recovered(folder)
      expect(state, `cut at ${length}`).toEqual(expected(length))
      expect(notices.length, `cut at ${length}`).toBe(ends.includes(length) ? 0 : 1)
    }
  }, 60_000)

  test('cut inside its beginning or its first record opens to an empty store', async () => {
    const folder = temporaryFolder()
    await storeWith(folder)
    const name = file(folder, journalName(0))
    const bytes = fs.readFileSync(name)
    for (let length = 0; length < 60; length++) {
      fs.writeFileSync(name, bytes.subarray(0, length))
      expect((await reopened(folder)).state, `cut at ${length}`).toEqual({})
      expect((await reopened(folder)).notices).toEqual([])
    }
  }, 60_000)

  test('with any byte of its last record changed opens to the state before it, and keeps the bytes', async () => {
    const folder = temporaryFolder()
    await storeWith(folder, 1, 2)
    const name = file(folder, journalName(0))
    const bytes = fs.readFileSync(name)
    const content = parseJournal(bytes)
    if (content.state !== 'read') throw new Error('unreadable')
    const from = content.records[MIGRATIONS.length]?.end ?? 0
    for (let at = from; at < content.end; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ 0x55
      fs.writeFileSync(name, damaged)
      const { state, notices } = await recovered(folder)
      expect(state, `byte ${at}`).toEqual({ a: 1 })
      expect(notices, `byte ${at}`).toHaveLength(1)
    }
    await reopened(folder)
    const tail = asideOf(folder)[0] ?? ''
    expect(fs.readFileSync(file(folder, `aside/${tail}`)).length).toBeGreaterThan(
      content.end - from - 1,
    )
    expect((await reopened(folder)).notices).toEqual([])
  }, 60_000)

  test('goes on after a torn end as if nothing had been', async () => {
    const folder = temporaryFolder()
    await storeWith(folder, 1, 2)
    fs.truncateSync(file(folder, journalName(0)), 400)
    const store = await openStore(folder)
    await store.commit(putSetting('b', 1))
    await store.close()
    expect(await reopened(folder)).toMatchObject({ state: { b: 1 }, notices: [] })
  })

  test('holding a row that does not fit its schema names that row and shows the others', async () => {
    const folder = temporaryFolder()
    await storeWith(folder, 1)
    for (const data of ['{', 'null', '{"value":{"__proto__":1}}', '[]'])
      forgeRecord(folder, 0, `INSERT OR REPLACE INTO queue VALUES ('bad', '${data}', 1)`)
    const store = await openStore(folder)
    expect(() => store.find('queue', 'bad')).toThrow(/queue bad .*cannot be read/)
    expect(() => store.find('queue', 'bad')).toThrow(
      expect.objectContaining({ code: 'store.damaged' }),
    )
    expect(settingsOf(store)).toEqual({ a: 1 })
  })

  test('with a record that SQLite refuses opens to the state before it', async () => {
    const folder = temporaryFolder()
    await storeWith(folder, 1)
    forgeRecord(folder, 0, 'INSERT INTO nowhere VALUES (1)')
    expect(await reopened(folder)).toMatchObject({ state: { a: 1 }, notices: [expect.anything()] })
    expect(await reopened(folder)).toMatchObject({ state: { a: 1 }, notices: [] })
  })

  test('of a newer version is refused and left untouched', async () => {
    const folder = temporaryFolder()
    await storeWith(folder, 1)
    forgeRecord(folder, 0, 'PRAGMA user_version = 999')
    const name = file(folder, journalName(0))
    fs.appendFileSync(name, 'torn')
    const before = fs.readFileSync(name)
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'store.newer-format' })
    expect(fs.readFileSync(name)).toEqual(before)
    expect(asideOf(folder)).toEqual([])
  })
})

describe('a checkpoint', () => {
  /** Commits, checkpoints over a disk that is cut at a step, and tells what is there afterwards. */
  async function cutAt(step: number): Promise<{ isDone: boolean; state: unknown }> {
    const folder = temporaryFolder()
    await storeWith(folder, 1)
    const disk = new FailingDisk({ failAt: step + 2 })
    const store = await openStore(folder, { disk })
    await store.commit(putSetting('a', 2))
    const [result] = await Promise.allSettled([store.checkpoint()])
    const late = await Promise.allSettled([store.commit(putSetting('b', 1))])
    const isLateStored = late[0].status === 'fulfilled'
    await store.close()
    const { state, notices } = await reopened(folder)
    // The late commit was cut in the middle, or there was nothing to tell.
    expect(notices.length, `cut at step ${step}`).toBeLessThanOrEqual(isLateStored ? 0 : 1)
    expect(state, `cut at step ${step}`).toEqual({ a: 2, ...(isLateStored ? { b: 1 } : {}) })
    await storeWith(folder, 3)
    expect((await reopened(folder)).state).toMatchObject({ a: 3 })
    return { isDone: result.status === 'fulfilled', state }
  }

  test('cut at any step loses nothing', async () => {
    const outcomes = []
    for (let step = 1; ; step++) {
      const outcome = await cutAt(step)
      outcomes.push(outcome)
      if (outcome.isDone) break
    }
    expect(outcomes.length).toBeGreaterThan(5)
  }, 30_000)

  test('that the disk refuses at any step leaves a store that goes on and can be checkpointed later', async () => {
    for (let step = 1; step <= 6; step++) {
      const folder = temporaryFolder()
      const disk = new FailingDisk({ failAt: step + 2, mode: 'refuse' })
      await storeWith(folder, 1)
      const store = await openStore(folder, { disk })
      await store.commit(putSetting('a', 2))
      await Promise.allSettled([store.checkpoint()])
      await store.commit(putSetting('b', step)).catch(() => undefined)
      await store.commit(putSetting('c', step))
      await store.checkpoint()
      await store.commit(putSetting('d', step))
      const state = settingsOf(store)
      await store.close()
      expect(await reopened(folder), `refused at step ${step}`).toEqual({ state, notices: [] })
    }
  })

  test('goes on beside commits and loses none of them', async () => {
    const folder = temporaryFolder()
    const store = await openStore(folder)
    const work: Promise<void>[] = []
    for (let n = 0; n < 60; n++) {
      work.push(store.commit(putSetting(`s${n}`, n)))
      if (n % 20 === 10) work.push(store.checkpoint())
      await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(work)
    const state = settingsOf(store)
    await store.close()
    expect(Object.keys(state)).toHaveLength(60)
    expect((await reopened(folder)).state).toEqual(state)
  })

  test('comes by itself when the journal has grown long, or with idle time', async () => {
    const folder = temporaryFolder()
    const store = await openStore(folder, { checkpointBytes: 2000 })
    for (let n = 0; n < 40; n++) await store.commit(putSetting(`s${n}`, n))
    await store.close()
    expect(fs.readdirSync(file(folder, '')).some((name) => name.endsWith('.sqlite'))).toBe(true)
    expect(Object.keys((await reopened(folder)).state as object)).toHaveLength(40)
  })

  test('keeps three older snapshots with their journals, and no more', async () => {
    const folder = temporaryFolder()
    const store = await openStore(folder)
    await checkpoints(store, 8)
    await store.close()
    const names = fs.readdirSync(file(folder, '')).sort()
    const generations = [5, 6, 7, 8]
    expect(names).toEqual([...generations.map(journalName), ...generations.map(snapshotName)])
  })

  test('whose snapshot is damaged falls back to the one before, and nothing is lost or overwritten', async () => {
    const folder = temporaryFolder()
    const store = await openStore(folder)
    await checkpoints(store, 5)
    await store.commit(putSetting('late', 1))
    const state = settingsOf(store)
    await store.close()
    const newest = file(folder, snapshotName(5))
    for (const damage of [cutShort, flipInside, emptied]) {
      const copy = copyOf(folder)
      damage(file(copy, snapshotName(5)))
      const damaged = fs.readFileSync(file(copy, snapshotName(5)))
      const found = await reopened(copy)
      expect(found.state, damage.name).toEqual(state)
      expect(found.notices, damage.name).toHaveLength(1)
      const [aside = ''] = asideOf(copy)
      expect(fs.readFileSync(file(copy, `aside/${aside}`))).toEqual(damaged)
      expect(await reopened(copy)).toEqual({ state, notices: [] })
    }
    expect(fs.existsSync(newest)).toBe(true)
  })

  test('whose snapshots and journals are damaged says what is lost and puts it aside', async () => {
    const folder = temporaryFolder()
    const store = await openStore(folder)
    await checkpoints(store, 5)
    await store.commit(putSetting('late', 1))
    await store.close()
    flipInside(file(folder, snapshotName(5)))
    fs.truncateSync(file(folder, journalName(4)), 60)
    const found = await reopened(folder)
    expect(found.state).toEqual({ a: 4 })
    expect(found.notices).toHaveLength(3)
    expect(asideOf(folder).some((name) => name.endsWith(journalName(5)))).toBe(true)
    await storeWith(folder, 9)
    expect(await reopened(folder)).toEqual({ state: { a: 9 }, notices: [] })
  })

  test('whose snapshot checks out but is no database falls back too', async () => {
    const folder = temporaryFolder()
    const store = await openStore(folder)
    await checkpoints(store, 2)
    const state = settingsOf(store)
    await store.close()
    const parts = renderSnapshot({ sequence: 9, bytes: Buffer.alloc(9000, 'x') })
    fs.writeFileSync(file(folder, snapshotName(2)), Buffer.concat(parts))
    expect(await reopened(folder)).toMatchObject({ state, notices: [expect.anything()] })
  })

  test('with no readable snapshot left is refused and left untouched', async () => {
    const folder = temporaryFolder()
    const store = await openStore(folder)
    await checkpoints(store, 6)
    await store.close()
    for (const name of fs.readdirSync(file(folder, '')))
      if (name.endsWith('.sqlite')) flipInside(file(folder, name))
    const before = fs.readdirSync(file(folder, ''))
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'store.damaged' })
    expect(fs.readdirSync(file(folder, ''))).toEqual(before)
  })

  /** Makes generations 1 to `count`; the setting `a` is n when n is begun. */
  async function checkpoints(store: Store, count: number): Promise<void> {
    for (let n = 1; n <= count; n++) {
      await store.commit(putSetting('a', n))
      await store.checkpoint()
    }
  }

  const cutShort = (name: string): void => fs.truncateSync(name, 5000)
  const emptied = (name: string): void => fs.truncateSync(name, 0)
  function flipInside(name: string): void {
    const bytes = fs.readFileSync(name)
    bytes[3000] = (bytes[3000] ?? 0) ^ 1
    fs.writeFileSync(name, bytes)
  }
})

test('a new store cut at any step of being made opens', async () => {
  for (let step = 1; ; step++) {
    const folder = temporaryFolder()
    const [result] = await Promise.allSettled([
      openStore(folder, { disk: new FailingDisk({ failAt: step }) }),
    ])
    if (result.status === 'fulfilled') await result.value.close()
    expect(await reopened(folder), `cut at ${step}`).toMatchObject({ state: {} })
    await storeWith(folder, 1)
    expect(await reopened(folder)).toEqual({ state: { a: 1 }, notices: [] })
    if (result.status === 'fulfilled') break
  }
})

test('a data folder that cannot be written is refused with a reason', async () => {
  const folder = temporaryFolder()
  fs.writeFileSync(path.join(folder, 'store'), 'a file where the folder should be')
  await expect(openStore(folder)).rejects.toMatchObject({ code: 'store.write-failed' })
  const full = openStore(temporaryFolder(), { disk: new FailingDisk({ failAt: 2 }) })
  await expect(full).rejects.toMatchObject({ code: 'store.write-failed' })
})

test('opening a damaged store, cut at any step, loses nothing and tells again', async () => {
  const origin = temporaryFolder()
  await storeWith(origin, 1, 2)
  fs.appendFileSync(file(origin, journalName(0)), 'x')
  const bytes = parseJournal(fs.readFileSync(file(origin, journalName(0))))
  if (bytes.state === 'read') fs.truncateSync(file(origin, journalName(0)), bytes.end - 1)
  for (let step = 1; ; step++) {
    const folder = copyOf(origin)
    const disk = new FailingDisk({ failAt: step })
    const [result] = await Promise.allSettled([openStore(folder, { disk })])
    if (result.status === 'fulfilled') await result.value.close()
    const found = await reopened(folder)
    expect(found.state, `cut at ${step}`).toEqual({ a: 1 })
    if (result.status === 'fulfilled') break
    expect(asideOf(folder).length + found.notices.length).toBeGreaterThan(0)
  }
})
