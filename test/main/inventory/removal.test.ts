import { beforeEach, expect, test } from 'vitest'
import { forgetAccount, forgetObject } from '../../../main/inventory/removal.ts'
import { ChangeSet, type Store } from '../../../main/store/store.ts'
import { anId, aPlatform, aServer, aSite } from '../../support/objects.ts'
import { aBackend, aBackup } from '../../support/rows.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openStore } from '../store/open-store.ts'

let store: Store

/** Two accounts; on the first a site that was deleted, with a backup of it. */
beforeEach(async () => {
  store = await openStore(temporaryFolder())
  await store.commit(
    new ChangeSet()
      .put('backend', aBackend())
      .put('backend', aBackend({ id: anId(20), title: 'web2', host: 'web2.example.com' }))
      .put('server', aServer())
      .put('platform', aPlatform({ status: 'deleted' }))
      .put('site', aSite({ status: 'deleted' }))
      .put('backup', aBackup())
      .put('backup', aBackup({ id: anId(21), siteId: anId(22), backendId: anId(20) })),
  )
})

const left = () => ({
  backends: store.select('backend', 'ORDER BY id').map(({ id }) => id),
  backups: store.select('backup', 'ORDER BY id').map(({ id }) => id),
  sites: store.select('site', '').map(({ id }) => id),
})

test.each([
  ['an account', () => forgetAccount(store, anId(1))],
  ['its only server', () => forgetObject(store, 'server', anId(2))],
])('with %s go the backups that lie there, and no others', async (_what, forget) => {
  await forget()
  expect(left()).toEqual({ backends: [anId(20)], backups: [anId(21)], sites: [] })
})

test('a backup stays where only its site is forgotten: it can still be downloaded', async () => {
  await forgetObject(store, 'site', anId(4))
  expect(left()).toMatchObject({ backups: [anId(7), anId(21)], sites: [] })
})
