import { describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { ObjectKind, Site } from '#shared/domain/objects.ts'
import type { Task } from '#shared/domain/task.ts'
import type { ProvisionContext } from '#shared/protocol/provision.ts'
import type { Outcome } from '../../../main/backend/backend.ts'
import { shippedFeatures } from '../../../main/features/shipped.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import { finishTask } from '../../../main/task/finish.ts'
import { Tasks } from '../../../main/task/tasks.ts'
import { aRunner } from '../../support/fake-backend.ts'
import { anId, aPlatform, aSite, aTask } from '../../support/objects.ts'
import { aBackend, aBackup, anAttempt } from '../../support/rows.ts'

const NOW = 1_700_000_000_000
const OTHER = anId(30)
const OBJECTS: Readonly<Record<ObjectKind, string>> = {
  server: anId(2),
  platform: anId(3),
  site: anId(4),
}

interface Came {
  data?: JsonRecord
  contexts?: ProvisionContext[]
  removedContexts?: string[]
}
const isOk = ({ data = {}, contexts = [], removedContexts = [] }: Came = {}): Outcome => ({
  isOk: true,
  data,
  contexts,
  removedContexts,
})
const FAILED: Outcome = {
  isOk: false,
  code: 'PROVISION_FAILED',
  message: 'no',
  contexts: [],
  removedContexts: [],
}
const aContext = (name: string, options: JsonRecord = {}): ProvisionContext => ({
  format: 1,
  name,
  type: 'site',
  options: { uri: name, platform: '@platform_static', ...options },
})

/** What is stored after a task has come to an outcome. */
async function after(
  facts: { kind?: ObjectKind; type: string; values?: JsonRecord },
  outcome: Outcome,
  change = new ChangeSet(),
) {
  const { kind = 'site', type, values = {} } = facts
  const task: Task = aTask({
    type,
    objectKind: kind,
    objectId: OBJECTS[kind],
    values,
    status: 'processing',
    attemptId: anId(8),
    attempts: 1,
  })
  const second = aPlatform({ id: OTHER, name: 'platform_other', title: 'Other' })
  const rows = new ChangeSet().put('platform', second)
  rows.changes.push(...change.changes)
  const desk = await aRunner(
    shippedFeatures,
    rows.put('task', task).put('attempt', anAttempt({ id: anId(8), taskId: task.id })),
  )
  await finishTask(desk.parts, task.id, anId(8), outcome)
  const { store, parts } = desk
  return {
    store,
    parts,
    ended: store.get('task', task.id),
    site: store.get('site', anId(4)),
    platform: store.get('platform', anId(3)),
    server: store.get('server', anId(2)),
    backups: store.select('backup', 'ORDER BY id'),
    waiting: store.select('task', "WHERE status = 'queued' ORDER BY number"),
  }
}

const siteWith = (facts: Partial<Site>): ChangeSet => new ChangeSet().put('site', aSite(facts))
const URL = { url: 'http://www.example.com:8080' }

describe('after a site’s task has succeeded', () => {
  test.each([
    ['install', 'queued', 'enabled'],
    ['import', 'queued', 'enabled'],
    ['undelete', 'deleted', 'enabled'],
    ['enable', 'disabled', 'enabled'],
    ['disable', 'enabled', 'disabled'],
    ['delete', 'enabled', 'deleted'],
    ['verify', 'enabled', 'enabled'],
    ['backup', 'enabled', 'enabled'],
    ['restore', 'enabled', 'enabled'],
    ['cron', 'enabled', 'enabled'],
  ] as const)('%s: a site that is %s is %s', async (type, before, then) => {
    const data = type === 'delete' ? {} : URL
    const { site, ended } = await after({ type }, isOk({ data }), siteWith({ status: before }))
    expect([ended.status, site.status]).toEqual(['success', then])
  })

  test('what the backend keeps of it is taken over', async () => {
    const contexts = [aContext('www.example.com', { site_enabled: false })]
    const { site } = await after({ type: 'disable' }, isOk({ contexts }))
    expect(site.savedOptions).toEqual(contexts[0]?.options)
  })

  test.each(['install', 'import', 'verify', 'enable', 'migrate'])(
    '%s: its address is what the backend said',
    async (type) => {
      const contexts = [aContext('www.example.com')]
      const { site } = await after({ type }, isOk({ data: URL, contexts }))
      expect(site.url).toBe(URL.url)
    },
  )

  test.each(['javascript:alert(1)', 'file:///etc/passwd', 'data:text/html,x', '//evil', ' '])(
    'an address that is %j is not kept, and the log tells',
    async (url) => {
      const { site, ended } = await after({ type: 'verify' }, isOk({ data: { url } }))
      expect(site.url).toBe('http://www.example.com')
      expect(ended.status).toBe('warning')
    },
  )

  test.each([
    ['backup', { description: 'before lunch' }, 'before lunch'],
    ['backup', {}, ''],
    ['restore', {}, 'Before a restore'],
    ['clone', {}, 'Before a clone'],
    ['migrate', {}, 'Before a migration'],
    ['rename', {}, 'Before a new name'],
    ['delete', {}, 'Before the site was deleted'],
  ])('%s %j: the archive that it reported is a backup, called %j', async (type, values, called) => {
    const data = { file: '/home/desk/backups/x.tar.gz', sizeBytes: 12 }
    const { backups } = await after({ type, values }, isOk({ data }))
    expect(backups).toMatchObject([{ ...data, siteId: anId(4), description: called }])
  })

  test('delete that was forced and reported no archive: the site is gone, and no backup is new', async () => {
    const { site, backups } = await after({ type: 'delete', values: { force: true } }, isOk())
    expect(site.status).toBe('deleted')
    expect(backups).toEqual([])
  })

  test('backup-delete: those that were chosen are gone', async () => {
    const rows = new ChangeSet()
    for (const number of [40, 41, 42])
      rows.put('backup', aBackup({ id: anId(number), file: `/b/${number}.tar.gz` }))
    const values = { backups: [anId(40), anId(42)] }
    const { backups } = await after({ type: 'backup-delete', values }, isOk(), rows)
    expect(backups.map(({ id }) => id)).toEqual([anId(41)])
  })

  test('clone: there is another site, as its backend made it, and the first is as it was', async () => {
    const contexts = [
      aContext('copy.example.com', { platform: '@platform_other', aliases: ['c.example.com'] }),
    ]
    const data = { url: 'http://copy.example.com' }
    const source = siteWith({ aliases: ['example.com'], redirection: 'example.com' })
    const { site, store } = await after({ type: 'clone' }, isOk({ data, contexts }), source)
    expect(site).toMatchObject({ name: 'www.example.com', aliases: ['example.com'] })
    const copy = store.select('site', '').find(({ id }) => id !== site.id)
    expect(copy).toMatchObject({
      name: 'copy.example.com',
      title: 'copy.example.com',
      status: 'enabled',
      platformId: OTHER,
      aliases: ['c.example.com'],
      redirection: null,
      url: 'http://copy.example.com',
      savedOptions: contexts[0]?.options,
    })
  })

  test('migrate: it is on the other platform', async () => {
    const contexts = [aContext('www.example.com', { platform: '@platform_other' })]
    const { site } = await after({ type: 'migrate' }, isOk({ contexts }))
    expect(site).toMatchObject({ platformId: OTHER, savedOptions: contexts[0]?.options })
  })

  test('rename: it keeps its id; an alias that is now its name is none, and the others lead to it', async () => {
    const contexts = [aContext('new.example.com')]
    const { site } = await after(
      { type: 'rename' },
      isOk({ contexts, removedContexts: ['www.example.com'] }),
      siteWith({
        aliases: ['new.example.com', 'edited.example.com'],
        redirection: 'www.example.com',
      }),
    )
    expect(site).toMatchObject({
      id: anId(4),
      name: 'new.example.com',
      title: 'new.example.com',
      aliases: ['edited.example.com'],
      redirection: 'new.example.com',
    })
  })

  test('cron: its time is kept', async () => {
    expect((await after({ type: 'cron' }, isOk())).site.lastCronAt).toBe(NOW)
  })
})

describe('after a site’s task has failed', () => {
  test.each(['install', 'import'])('%s: a site that was queued is disabled', async (type) => {
    const { site } = await after({ type }, FAILED, siteWith({ status: 'queued', url: null }))
    expect(site.status).toBe('disabled')
  })

  test('verify: it counts as not verified', async () => {
    const { site } = await after({ type: 'verify' }, FAILED, siteWith({ verifiedAt: 1 }))
    expect(site.verifiedAt).toBeNull()
  })

  test('undelete: it is still deleted', async () => {
    const { site } = await after({ type: 'undelete' }, FAILED, siteWith({ status: 'deleted' }))
    expect(site.status).toBe('deleted')
  })

  test.each([
    'backup',
    'restore',
    'clone',
    'migrate',
    'rename',
    'disable',
    'enable',
    'delete',
    'backup-delete',
    'cron',
    'login-reset',
  ])('%s: it is as it was', async (type) => {
    const { site, store, backups } = await after({ type }, FAILED)
    expect(site).toEqual(aSite())
    expect(store.select('site', '')).toHaveLength(1)
    expect(backups).toEqual([])
  })
})

describe('after a platform’s task', () => {
  test.each([
    ['verify', 'queued', 'enabled'],
    ['verify', 'locked', 'locked'],
    ['lock', 'enabled', 'locked'],
    ['unlock', 'locked', 'enabled'],
    ['delete', 'enabled', 'deleted'],
  ] as const)('%s: one that is %s is %s', async (type, before, then) => {
    const rows = new ChangeSet().put('platform', aPlatform({ status: before }))
    const data = { application: 'static', abilities: ['cron', 7] }
    const { platform } = await after({ kind: 'platform', type }, isOk({ data }), rows)
    expect(platform.status).toBe(then)
    expect(platform.abilities).toEqual(type === 'verify' ? ['cron'] : [])
  })

  test.each(['verify', 'lock', 'unlock', 'delete'])('%s that failed: as it was', async (type) => {
    expect((await after({ kind: 'platform', type }, FAILED)).platform).toEqual(aPlatform())
  })
})

describe('a server’s verify', () => {
  const verify = (change: ChangeSet, outcome = isOk()) =>
    after({ kind: 'server', type: 'verify' }, outcome, change)

  test('queues one of each platform that is enabled or locked, and of no other', async () => {
    const rows = new ChangeSet()
      .put('platform', aPlatform({ id: anId(31), name: 'p1', status: 'locked' }))
      .put('platform', aPlatform({ id: anId(32), name: 'p2', status: 'queued' }))
      .put('platform', aPlatform({ id: anId(33), name: 'p3', status: 'deleted' }))
    const { waiting, server } = await verify(rows)
    expect(waiting.map(({ type, objectId }) => [type, objectId]).sort()).toEqual([
      ['verify', anId(3)],
      ['verify', OTHER],
      ['verify', anId(31)],
    ])
    expect(server.status).toBe('enabled')
  })

  test.each(['queued', 'processing'] as const)(
    'adds none where one is %s, but does where another task is',
    async (status) => {
      const of = (id: number, objectId: string, type: string) =>
        aTask({ id: anId(id), number: id, objectKind: 'platform', objectId, type, status })
      const rows = new ChangeSet()
        .put('task', of(50, anId(3), 'verify'))
        .put('task', of(51, OTHER, 'lock'))
      const { store } = await verify(rows)
      const verifies = store.select('task', "WHERE type = 'verify' AND objectKind = 'platform'")
      expect(verifies.map(({ objectId }) => objectId).sort()).toEqual([anId(3), OTHER])
    },
  )

  test('adds none where it failed', async () => {
    expect((await verify(new ChangeSet(), FAILED)).waiting).toEqual([])
  })

  test('is not answered by another: the platforms’ verifies add nothing', async () => {
    expect((await after({ kind: 'platform', type: 'verify' }, isOk())).waiting).toEqual([])
  })
})

describe('a platform’s migrate', () => {
  const batch = async (change: ChangeSet, platformId = OTHER) => {
    const second = aPlatform({ id: OTHER, name: 'platform_other', title: 'Other' })
    const rows = new ChangeSet().put('platform', second)
    rows.changes.push(...change.changes)
    const { parts, store } = await aRunner(shippedFeatures, rows)
    const task = await new Tasks(parts).add({
      objectKind: 'platform',
      objectId: anId(3),
      type: 'migrate',
      values: { platformId },
      origin: 'user',
    })
    return { task, added: store.select('task', "WHERE objectKind = 'site' ORDER BY objectId") }
  }

  test('is done at once, and adds one migrate of each enabled site', async () => {
    const rows = new ChangeSet()
      .put('site', aSite({ id: anId(40), name: 'b.example.com' }))
      .put('site', aSite({ id: anId(41), name: 'c.example.com', status: 'disabled' }))
      .put('site', aSite({ id: anId(42), name: 'd.example.com', status: 'queued', url: null }))
    const { task, added } = await batch(rows)
    expect(task).toMatchObject({ status: 'success', attemptId: null })
    expect(
      added.map(({ type, objectId, status, values }) => [type, objectId, status, values]),
    ).toEqual([
      ['migrate', anId(4), 'queued', { platformId: OTHER }],
      ['migrate', anId(40), 'queued', { platformId: OTHER }],
    ])
  })

  test.each([
    ['itself', anId(3), {}],
    ['one that is locked', OTHER, { status: 'locked' as const }],
    ['one that was not verified', OTHER, { status: 'queued' as const }],
    ['one on another account', OTHER, { backendId: anId(99) }],
    ['one of another application', OTHER, { application: 'drupal' }],
  ])('onto %s is refused at its field, and adds nothing', async (_what, platformId, facts) => {
    const rows = new ChangeSet()
      .put('backend', aBackend({ id: anId(99) }))
      .put('platform', aPlatform({ application: 'static' }))
      .put('platform', aPlatform({ id: OTHER, name: 'p', application: 'static', ...facts }))
    await expect(batch(rows, platformId)).rejects.toMatchObject({
      data: { problems: { platformId: expect.any(String) as string } },
    })
  })
})

describe('what a backend found out of a site', () => {
  const facts = {
    certificateExpiresAt: NOW,
    certificateIssuer: 'Authority',
    databaseName: 'hd01_main',
    slot: 'hd01',
    sizeBytes: 1234,
  }

  test('is kept, and stays where a later task does not mention it', async () => {
    const first = await after({ type: 'verify' }, isOk({ data: { ...URL, ...facts } }))
    expect(first.site).toMatchObject(facts)
    const again = await after({ type: 'enable' }, isOk({ data: URL }), siteWith(facts))
    expect(again.site).toMatchObject(facts)
  })

  test('can be that there is none any more', async () => {
    const data = { ...URL, certificateExpiresAt: null, certificateIssuer: null }
    const { site } = await after({ type: 'verify' }, isOk({ data }), siteWith(facts))
    expect(site).toMatchObject({ certificateExpiresAt: null, certificateIssuer: null })
  })

  test('does not spoil the site where it does not read', async () => {
    const data = { ...URL, certificateExpiresAt: 'soon', slot: 7, sizeBytes: -1 }
    const { site, ended } = await after({ type: 'verify' }, isOk({ data }), siteWith(facts))
    expect(ended.status).toBe('success')
    expect(site).toMatchObject(facts)
  })

  test('has what the site says of itself, and nothing of before its code or its database became others', async () => {
    const report = {
      version: '6.1',
      php: { version: '8.2', memoryLimit: '256M', uploadLimit: '64M', maxSeconds: 60 },
      database: { isAnswering: true, version: '10.11' },
      isInMaintenance: false,
      pendingUpdates: 1,
      packages: [{ type: 'core' as const, name: 'wordpress', title: 'WordPress', version: '6.1' }],
    }
    const first = await after({ type: 'verify' }, isOk({ data: { ...URL, report } }))
    expect(first.site.report).toEqual(report)
    const cron = await after({ type: 'cron' }, isOk(), siteWith({ report }))
    expect(cron.site.report).toEqual(report)
    const before = { ...report, version: '5.9' }
    for (const type of ['verify', 'restore', 'migrate', 'rename', 'import'])
      for (const said of [report, undefined, 'well', { ...report, pendingUpdates: -1 }]) {
        const data = { ...URL, ...(said === undefined ? {} : { report: said }) }
        const came = isOk({ data, contexts: [aContext('www.example.com')] })
        const { site, ended } = await after({ type }, came, siteWith({ report: before }))
        expect(ended.status).toBe('success')
        expect(site.report).toEqual(said === report ? report : null)
      }
    const contexts = [aContext('copy.example.com')]
    const came = isOk({ data: { ...URL, report }, contexts })
    const { store, site } = await after({ type: 'clone' }, came, siteWith({ report: before }))
    expect(site.report).toEqual(before)
    expect(store.select('site', '').find(({ id }) => id !== site.id)?.report).toEqual(report)
  })

  test('is not the size of a backup', async () => {
    const data = { file: '/home/desk/backups/one.tar.gz', sizeBytes: 99 }
    const { site, backups } = await after({ type: 'backup' }, isOk({ data }), siteWith(facts))
    expect(site.sizeBytes).toBe(1234)
    expect(backups).toMatchObject([{ sizeBytes: 99 }])
  })

  test('goes to the copy from its own context, and leaves the source as it is', async () => {
    const copy = aContext('copy.example.com', {
      slot: 'hd02',
      db_name: 'hd02_main',
      site_title: 'A copy',
      https_enabled: 2,
      certificate_type: 'self-signed',
    })
    const came = isOk({ data: { ...URL, slot: 'hd02' }, contexts: [copy] })
    const { store, site } = await after(
      { type: 'clone', values: { newName: 'copy.example.com' } },
      came,
      siteWith(facts),
    )
    expect(site).toMatchObject(facts)
    const [made] = store.select('site', "WHERE name = 'copy.example.com'")
    expect(made).toMatchObject({
      slot: 'hd02',
      databaseName: 'hd02_main',
      siteTitle: 'A copy',
      https: 'required',
      certificate: { type: 'self-signed' },
      certificateExpiresAt: null,
      sizeBytes: null,
    })
  })
})
