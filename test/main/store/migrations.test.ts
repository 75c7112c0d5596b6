import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { Database } from '../../../main/store/database.ts'
import { snapshotName, storeFolder } from '../../../main/store/generations.ts'
import { MIGRATIONS } from '../../../main/store/migrations.ts'
import { runStatements } from '../../../main/store/recovery.ts'
import { renderSnapshot } from '../../../main/store/snapshot.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import { aPlatform, aServer, aSite } from '../../support/objects.ts'
import { aBackend } from '../../support/rows.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openStore } from './open-store.ts'

/** A store as the first version left it, with one site. */
async function firstVersion(): Promise<string> {
  const folder = temporaryFolder()
  const database = await Database.open()
  const data = JSON.stringify({
    verifiedAt: null,
    createdAt: 1,
    changedAt: 1,
    savedOptions: null,
    kind: 'site',
    aliases: [],
    url: null,
  })
  runStatements(database, [
    [`${MIGRATIONS[0] ?? ''};\nPRAGMA user_version = 1`, null],
    [
      'INSERT INTO backend (id, title, host, port, user, data, revision) VALUES (?, ?, ?, 22, ?, ?, 1)',
      [aBackend().id, 'web1', 'web1', 'desk', '{}'],
    ],
    [
      'INSERT INTO server (id, name, title, backendId, status, searchText, data, revision) ' +
        "VALUES (?, ?, ?, ?, 'enabled', ?, ?, 1)",
      [aServer().id, 'server_web1', 'web1', aBackend().id, 'web1', '{}'],
    ],
    [
      'INSERT INTO platform (id, name, title, backendId, serverId, status, searchText, data, revision) ' +
        "VALUES (?, ?, ?, ?, ?, 'enabled', ?, ?, 1)",
      [aPlatform().id, 'platform_static', 'Static', aBackend().id, aServer().id, 'static', '{}'],
    ],
    [
      'INSERT INTO site (id, name, title, backendId, platformId, status, searchText, data, revision) ' +
        'VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)',
      [
        aSite().id,
        'www.example.com',
        'www.example.com',
        aBackend().id,
        aPlatform().id,
        'enabled',
        'www.example.com',
        data,
      ],
    ],
  ])
  const bytes = database.export()
  database.close()
  fs.mkdirSync(storeFolder(folder), { recursive: true })
  fs.writeFileSync(
    path.join(storeFolder(folder), snapshotName(1)),
    Buffer.concat(renderSnapshot({ sequence: 1, bytes })),
  )
  return folder
}

test('a store of the first version is brought up to date, its rows get what they did not have', async () => {
  const folder = await firstVersion()
  const store = await openStore(folder)
  const site = store.get('site', aSite().id)
  expect(site).toMatchObject({ lastCronAt: null, backupEverySeconds: null, redirection: null })
  const change = new ChangeSet()
    .put('backend', aBackend())
    .put('server', aServer())
    .put('platform', aPlatform())
    .put('site', { ...site, lastCronAt: 5, backupEverySeconds: 60 })
  await store.commit(change)
  await store.close()
  const again = await openStore(folder)
  expect(again.get('site', site.id)).toMatchObject({ lastCronAt: 5, backupEverySeconds: 60 })
})
