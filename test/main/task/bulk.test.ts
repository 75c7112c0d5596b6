import { beforeEach, describe, expect, test } from 'vitest'
import { shippedFeatures } from '../../../main/features/shipped.ts'
import { HookRegistry } from '../../../main/hooks/registry.ts'
import { IdMaker } from '../../../main/lib/ids.ts'
import { countBatch } from '../../../main/store/queries/batches.ts'
import { listSites, listTags } from '../../../main/store/queries/objects.ts'
import { listTasks } from '../../../main/store/queries/tasks.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import { Bulk } from '../../../main/task/bulk.ts'
import { Tasks } from '../../../main/task/tasks.ts'
import type { UnitParts } from '../../../main/task/unit-of-work.ts'
import { Inventory } from '../../../main/inventory/inventory.ts'
import { anId, aPlatform, aServer, aSite } from '../../support/objects.ts'
import { aBackend } from '../../support/rows.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openStore } from '../store/open-store.ts'

let parts: UnitParts
let bulk: Bulk
const ON = anId(4)
const OFF = anId(41)
const GONE = anId(99)

/** Two sites, of which one is disabled. */
beforeEach(async () => {
  const store = await openStore(temporaryFolder())
  const now = () => 1_700_000_000_000
  parts = { store, registry: new HookRegistry(shippedFeatures), ids: new IdMaker(now), now }
  bulk = new Bulk(parts, new Tasks(parts))
  await store.commit(
    new ChangeSet()
      .put('backend', aBackend())
      .put('server', aServer())
      .put('platform', aPlatform())
      .put('site', aSite())
      .put('site', aSite({ id: OFF, name: 'off.example.com', status: 'disabled' })),
  )
})
const add = (type: string, objectIds: string[], more = {}) =>
  bulk.add({ objectKind: 'site', objectIds, type, values: {}, ...more })

describe('a task for many objects', () => {
  test('is offered with those that would be left out, and why', () => {
    const backup = bulk.offer('site', [ON, OFF]).find(({ type }) => type === 'backup')
    expect(backup).toMatchObject({ allowed: 1, refused: [{ name: 'off.example.com' }] })
    expect(backup?.refused[0]?.reason).toContain('disabled')
  })

  test('is not offered where each object needs an answer of its own', () => {
    const types = bulk.offer('site', [ON]).map(({ type }) => type)
    expect(types).not.toContain('restore')
    expect(types).not.toContain('clone')
    expect(types).toContain('verify')
  })

  test('is added for all that allow it, and the tasks are found together', async () => {
    const { batchId, added, refused } = await add('backup', [ON, OFF, GONE])
    expect({ added, refused: refused.map(({ objectId }) => objectId) }).toEqual({
      added: 1,
      refused: [OFF, GONE],
    })
    const page = { offset: 0, limit: 10, batchId: batchId ?? '' }
    expect(listTasks(parts.store, page)).toMatchObject({ total: 1, items: [{ objectId: ON }] })
    expect(listTasks(parts.store, { ...page, statuses: ['error'] }).total).toBe(0)
    expect(await bulk.cancel(batchId ?? '')).toBe(1)
    expect(countBatch(parts.store, batchId ?? '')).toMatchObject({ cancelled: 1, queued: 0 })
    expect(await bulk.cancel(batchId ?? '')).toBe(0)
  })

  test('is no task at all where none allows it', async () => {
    expect(await add('backup', [OFF])).toMatchObject({ batchId: null, added: 0 })
  })

  test('that destroys asks for the words that say so', async () => {
    await expect(add('delete', [ON, OFF])).rejects.toThrow('Type “delete 2 sites” to confirm.')
    const typed = { confirmation: 'delete 2 sites' }
    expect(await add('delete', [ON, OFF], typed)).toMatchObject({ added: 2 })
  })
})

test('objects are tagged, found by their tags, and the tags are counted', async () => {
  const inventory = new Inventory(parts)
  await inventory.tag('site', [ON, OFF], { add: ['shop', 'acme'], remove: [] })
  await inventory.tag('site', [OFF], { add: [], remove: ['shop'] })
  expect(listTags(parts.store, 'site')).toEqual([
    { tag: 'acme', objects: 2 },
    { tag: 'shop', objects: 1 },
  ])
  const tagged = listSites(parts.store, { offset: 0, limit: 10, tag: 'shop' })
  expect(tagged.items.map(({ id }) => id)).toEqual([ON])
})

test('a list is sorted as asked for', () => {
  const sorted = (by: 'name' | 'server' | 'lastBackupAt', isDescending: boolean) =>
    listSites(parts.store, { offset: 0, limit: 10, sort: { by, isDescending } }).items.map(
      ({ id }) => id,
    )
  expect(sorted('name', false)).toEqual([OFF, ON])
  expect(sorted('name', true)).toEqual([ON, OFF])
  expect(sorted('server', true)).toEqual([OFF, ON])
  expect(sorted('lastBackupAt', false)).toEqual([OFF, ON])
})
