import fs from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { AppError } from '#shared/errors.ts'
import { checkStore, exportStore, restoreStore } from '../../../main/store/maintenance.ts'
import { acquireOwnership } from '../../../main/store/owner.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import { aTask } from '../../support/objects.ts'
import { aBackend } from '../../support/rows.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openStore, putSetting, settingsOf } from './open-store.ts'

async function aStore(value: number): Promise<string> {
  const folder = temporaryFolder()
  const store = await openStore(folder)
  await store.commit(putSetting('a', value).put('task', aTask()).put('backend', aBackend()))
  await store.checkpoint()
  await store.commit(putSetting('b', value))
  await store.close()
  return folder
}

const options = (folder: string) => ({ folder, waitMs: 0, now: () => 5 })

/** An export, changed by SQL. */
async function anExport(sql = ''): Promise<string> {
  const file = path.join(temporaryFolder(), 'export.sqlite')
  await exportStore(options(await aStore(7)), file)
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
  return file
}

test('a whole store checks out, with its rows counted', async () => {
  const { problems, rows } = await checkStore(options(await aStore(1)))
  expect(problems).toEqual([])
  expect(rows).toMatchObject({ setting: 2, task: 1, site: 0 })
})

test('a check names damaged snapshots, and changes nothing', async () => {
  const folder = await aStore(1)
  const store = path.join(folder, 'store')
  fs.truncateSync(path.join(store, 'snapshot-000001.sqlite'), 4000)
  const before = fs.readdirSync(store)
  const { problems } = await checkStore(options(folder))
  expect(problems).toEqual([expect.stringContaining('snapshot-000001.sqlite')])
  expect(fs.readdirSync(store)).toEqual(before)
})

test('a restore refuses an export with rows that cannot be read, and names them', async () => {
  const file = await anExport(
    `PRAGMA foreign_keys = OFF; UPDATE task SET data = '{}';
     INSERT INTO attempt VALUES ('x', 'nowhere', 1, '{}', 1)`,
  )
  const refused = await restoreStore(options(temporaryFolder()), file).catch(
    (error) => error as AppError,
  )
  expect(refused).toMatchObject({ code: 'store.damaged' })
  expect(JSON.stringify((refused as AppError).data)).toContain(aTask().id)
})

test('an export is a plain SQLite file that restores to the same store', async () => {
  const file = await anExport()
  const folder = temporaryFolder()
  expect(await restoreStore(options(folder), file)).toEqual({ keptAs: undefined })
  const store = await openStore(folder)
  expect(settingsOf(store)).toEqual({ a: 7, b: 7 })
  expect(store.find('task', aTask().id)).toEqual(aTask())
  expect(store.notices).toEqual([])
  await store.commit(
    putSetting('a', 8).expect('setting', 'a', store.revisionOf('setting', 'a') ?? 0),
  )
  await expect(
    store.commit(new ChangeSet().put('task', aTask({ id: aBackend().id }))),
  ).rejects.toMatchObject({ code: 'object.name-taken' })
})

test('an export never overwrites a file', async () => {
  const file = path.join(temporaryFolder(), 'there')
  fs.writeFileSync(file, 'mine')
  await expect(exportStore(options(await aStore(1)), file)).rejects.toMatchObject({
    code: 'store.write-failed',
  })
  expect(fs.readFileSync(file, 'utf8')).toBe('mine')
})

test('a restore keeps what was there as a file that can be restored again', async () => {
  const folder = await aStore(1)
  const { keptAs = '' } = await restoreStore(options(folder), await anExport())
  let store = await openStore(folder)
  expect(settingsOf(store)).toEqual({ a: 7, b: 7 })
  await store.close()
  await restoreStore({ ...options(folder), now: () => 6 }, keptAs)
  store = await openStore(folder)
  expect(settingsOf(store)).toEqual({ a: 1, b: 1 })
})

test.each([
  ['no database', 'store.damaged', (file: string) => fs.writeFileSync(file, 'hello '.repeat(1000))],
  ['an empty file', 'store.damaged', (file: string) => fs.writeFileSync(file, '')],
  ['half an export', 'store.damaged', (file: string) => fs.truncateSync(file, 40_000)],
  ['no file', 'input.invalid', (file: string) => fs.rmSync(file)],
])('a restore refuses %s and changes nothing', async (_, code, damage) => {
  const folder = await aStore(1)
  const file = await anExport()
  damage(file)
  const before = fs.readdirSync(path.join(folder, 'store'))
  await expect(restoreStore(options(folder), file)).rejects.toMatchObject({ code })
  expect(fs.readdirSync(path.join(folder, 'store'))).toEqual(before)
})

test('a restore refuses an export of a newer version', async () => {
  const file = await anExport('PRAGMA user_version = 99')
  await expect(restoreStore(options(temporaryFolder()), file)).rejects.toMatchObject({
    code: 'store.newer-format',
  })
})

test('maintenance waits for the owner, and says who it is', async () => {
  const folder = await aStore(1)
  const owner = await acquireOwnership({ folder, kind: 'one-shot', waitMs: 0 })
  await expect(checkStore(options(folder))).rejects.toMatchObject({ code: 'store.locked' })
  const waiting = checkStore({ folder, waitMs: 5000 })
  await owner.release()
  expect((await waiting).problems).toEqual([])
})
