import { existsSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { TaskDetails } from '#shared/contract/task.ts'
import { RECORDED_CONTEXTS } from '../support/drush/aegir-account.ts'
import { openDeskAtAegir, type DeskAtAegir } from '../support/drush/desk-at-aegir.ts'
import { requireRecordings } from '../support/drush/recordings.ts'
import { addSiteAlone, logOf, untilEnded } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'

const SITE = 'site1.aegir.test'
const COPY = 'clone1.aegir.test'
const RENAMED = 'renamed1.aegir.test'
const FOUND = 'found1.aegir.test'

let desk: DeskAtAegir

beforeAll(async () => {
  requireRecordings()
  desk = await openDeskAtAegir()
}, 60_000)

afterAll(() => desk.close())

beforeEach(async () => {
  desk.aegir.clear()
  desk.aegir.put(RECORDED_CONTEXTS)
  await desk.openNew()
  await desk.importAll()
})

const begun = (): string[] =>
  desk.aegir
    .journal()
    .filter(({ event }) => event === 'begin')
    .map(({ on, command }) => `@${on} ${command.replace('provision-', '')}`)

test('an account of Aegir’s is found to be one, and what it has is here at once', async () => {
  const [backend] = await desk.calls().backend.list()
  expect(backend).toMatchObject({ dialect: 'aegir', recurringOwner: 'desk' })
  const sites = await desk.calls().site.list({})
  expect(sites.items).toMatchObject([
    { name: SITE, status: 'enabled', aliases: ['www.site1.aegir.test'], url: `http://${SITE}/` },
  ])
  const { items } = await desk.calls().server.list({})
  expect(items.map(({ name, services }) => [name, Object.keys(services)])).toEqual(
    expect.arrayContaining([
      ['server_master', ['http']],
      ['server_localhost', ['db']],
    ]) as unknown,
  )
  const stages = []
  for await (const stage of await desk.calls().backend.check({ backendId: backend?.id ?? '' }))
    if (stage.stage === 'dialect' && stage.state === 'ok') stages.push(stage)
  expect(stages).toMatchObject([
    { dialect: 'aegir', message: expect.stringContaining('8.4.12') as string },
  ])
  // To look changes nothing there.
  expect(begun()).toEqual([])
  expect((await desk.calls().task.list({})).items).toEqual([])
})

test('nothing of an imported object waits to be told to its server', async () => {
  for (const [kind, name] of [
    ['server', 'server_master'],
    ['platform', 'platform_drupal7'],
    ['site', SITE],
  ] as const) {
    const objectId = await desk.idOf(kind, name)
    const { changes } = await desk.calls().object.pendingChanges({ kind, id: objectId })
    // The limit of load is what tests add for a busy machine.
    const keys = changes.map(({ key }) => key).filter((key) => key !== 'critical_load_multiplier')
    expect(keys, name).toEqual([])
  }
})

test('a save keeps where a site’s database lies, and secrets where they are', async () => {
  expect((await desk.run('site', SITE, 'verify')).errorMessage).toBeNull()
  expect((await desk.run('server', 'server_localhost', 'verify')).errorMessage).toBeNull()
  expect(desk.aegir.record(SITE)).toMatchObject({
    db_server: '@server_localhost',
    cron_key: 'a-key-for-cron-alone',
  })
  expect(desk.aegir.record('server_localhost')).toMatchObject(
    RECORDED_CONTEXTS['server_localhost'] ?? {},
  )
})

describe('a task that fails there', () => {
  test.each([
    ['no-frame', 'backend.no-result'],
    ['not-utf8', 'backend.bad-output'],
    ['options-lost', 'backend.options-lost'],
  ] as const)('with %s is %s here', async (kind, code) => {
    desk.aegir.order({ command: 'provision-backup', kind })
    expect(await desk.run('site', SITE, 'backup')).toMatchObject({
      status: 'error',
      errorCode: code,
    })
  })

  test('while the machine is too busy goes back to its queue, and is tried again', async () => {
    desk.aegir.order({ command: 'provision-verify', kind: 'error', code: 'PROVISION_OVERLOAD' })
    const objectId = await desk.idOf('site', SITE)
    const { id } = await desk.calls().task.add({ objectKind: 'site', objectId, type: 'verify' })
    await eventually(async () => {
      const task = await desk.calls().task.get({ id })
      expect(task).toMatchObject({
        status: 'queued',
        activity: { waiting: { reason: 'overload' } },
      })
    })
    await desk.calls().task.cancel({ id })
  })
})

describe('while a task runs', () => {
  test('a cut connection kills nothing and loses no line', async () => {
    const whole = await logOf(desk.calls(), await desk.run('site', SITE, 'verify'))
    desk.aegir.set({ durationMs: 2500 })
    const objectId = await desk.idOf('site', SITE)
    const { id } = await desk.calls().task.add({ objectKind: 'site', objectId, type: 'verify' })
    await eventually(() => expect(begun().filter((one) => one.endsWith(' verify'))).toHaveLength(2))
    desk.aegir.sshd.killSessions()
    const task = await untilEnded(desk.calls(), id)
    expect(task).toMatchObject({ status: 'success' })
    const texts = (entries: typeof whole): string[] =>
      entries.filter(({ stage }) => stage !== null).map(({ text }) => text)
    expect(texts(await logOf(desk.calls(), task))).toEqual(texts(whole))
  })

  test('a command of its own would have died with its connection', async () => {
    desk.aegir.set({ durationMs: 2500 })
    const { spawn } = await import('node:child_process')
    const { account, sshd } = desk.aegir
    const child = spawn('ssh', [
      ...['-i', account.keyFile, '-p', `${sshd.port}`, '-o', 'StrictHostKeyChecking=no'],
      ...['-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'],
      `${account.user}@127.0.0.1`,
      `~/bin/drush --backend=2 @${SITE} provision-verify`,
    ])
    const ended = new Promise((resolve) => child.once('exit', resolve))
    await eventually(() => expect(begun()).toEqual([`@${SITE} verify`]))
    sshd.killSessions()
    await ended
    const [{ pid } = { pid: 0 }] = desk.aegir.journal()
    await eventually(() => expect(existsSync(`/proc/${pid}`)).toBe(false))
    expect(desk.aegir.journal().map(({ event }) => event)).toEqual(['begin'])
  })

  test('a restart of the application goes on with it', async () => {
    desk.aegir.set({ durationMs: 2000 })
    const objectId = await desk.idOf('site', SITE)
    const { id } = await desk.calls().task.add({ objectKind: 'site', objectId, type: 'backup' })
    await eventually(() => expect(begun()).toEqual([`@${SITE} backup`]))
    await desk.reopen()
    expect(await untilEnded(desk.calls(), id)).toMatchObject({ status: 'success' })
    expect(begun()).toEqual([`@${SITE} backup`])
    const { items } = await desk.calls().backup.list({ siteId: objectId, limit: 10 })
    expect(items).toHaveLength(1)
  })

  test('another of the same site waits, and one of another site does not', async () => {
    desk.aegir.put({ 'other.test': { ...RECORDED_CONTEXTS[SITE], uri: 'other.test', aliases: [] } })
    await desk.importAll()
    desk.aegir.set({ durationMs: 700 })
    const add = async (name: string, type: string): Promise<string> => {
      const objectId = await desk.idOf('site', name)
      return (await desk.calls().task.add({ objectKind: 'site', objectId, type })).id
    }
    const ids = [
      await add(SITE, 'verify'),
      await add(SITE, 'backup'),
      await add('other.test', 'backup'),
      await add(SITE, 'disable'),
    ]
    for (const id of ids) expect((await untilEnded(desk.calls(), id)).errorMessage).toBeNull()
    const spans = (name: string): { from: number; to: number }[] => {
      const entries = desk.aegir.journal().filter(({ on }) => on === name)
      const ends = entries.filter(({ event }) => event === 'end')
      return ends.map(({ pid, at }) => ({
        from: entries.find((one) => one.pid === pid)?.at ?? 0,
        to: at,
      }))
    }
    const own = spans(SITE).toSorted((a, b) => a.from - b.from)
    expect(own.length).toBeGreaterThan(3)
    for (const [at, { from }] of own.entries())
      if (at > 0) expect(from).toBeGreaterThanOrEqual(own[at - 1]?.to ?? 0)
    const [other = { from: 0, to: 0 }] = spans('other.test')
    expect(own.some(({ from, to }) => from < other.to && other.from < to)).toBe(true)
  })
})

describe('a one-time link', () => {
  test('comes back, and stands in no log', async () => {
    const task = await desk.run('site', SITE, 'login-reset')
    expect(task.status).toBe('success')
    const log = JSON.stringify(await logOf(desk.calls(), task))
    const kept = await desk.calls().task.loginLink({ id: task.id })
    expect(JSON.stringify(kept)).toMatch(/user\/reset\/1\/\d+/)
    expect(log).not.toMatch(/user\/reset\/\d/)
  })
})

describe('where Aegir’s own frontend is gone', () => {
  test('a clone is made in steps of ours', async () => {
    const task = await desk.run('site', SITE, 'clone', { newName: COPY })
    expect(task).toMatchObject({ status: 'success', errorMessage: null })
    expect(begun()).toEqual([
      `@${SITE} backup`,
      `@${COPY} save`,
      `@${COPY} deploy`,
      `@${COPY} verify`,
    ])
    expect(desk.aegir.record(COPY)).toMatchObject({
      uri: COPY,
      platform: '@platform_drupal7',
      db_server: '@server_localhost',
    })
    expect(desk.aegir.record(COPY)?.['aliases'] ?? []).toEqual([])
    const titles = (await logOf(desk.calls(), task)).filter(({ kind }) => kind === 'progress')
    expect(titles.map(({ text }) => text)).toContain(`Save @${COPY}`)
    const { items } = await desk.calls().site.list({})
    expect(items.map(({ name }) => name).toSorted()).toEqual([COPY, SITE])
    const backups = await desk.calls().backup.list({ limit: 10 })
    expect(backups.items).toHaveLength(1)
  })

  test('a clone whose verify fails is taken back', async () => {
    desk.aegir.order({ command: 'provision-verify', on: COPY, kind: 'error', code: 'PROVISION_X' })
    const task = await desk.run('site', SITE, 'clone', { newName: COPY })
    expect(task).toMatchObject({ status: 'error', errorCode: 'PROVISION_X' })
    expect(begun().slice(4)).toEqual([`@${COPY} delete`, `@${COPY} save`])
    expect(desk.aegir.names()).not.toContain(COPY)
    expect(desk.aegir.record(SITE)).toEqual(RECORDED_CONTEXTS[SITE])
  })

  test('a migration moves the site and then removes what was left', async () => {
    const platformId = await desk.idOf('platform', 'platform_drupal7b')
    const task = await desk.run('site', SITE, 'migrate', { platformId })
    expect(task).toMatchObject({ errorMessage: null })
    expect(begun()).toEqual([
      `@${SITE} backup`,
      `@${SITE} save`,
      `@${SITE} deploy`,
      `@${SITE} verify`,
      `@left.${SITE} save`,
      `@left.${SITE} delete`,
      `@${SITE} verify`,
    ])
    expect(desk.aegir.record(SITE)).toMatchObject({
      platform: '@platform_drupal7b',
      aliases: ['www.site1.aegir.test'],
    })
    expect(desk.aegir.names()).not.toContain(`left.${SITE}`)
    expect(await desk.calls().site.get({ id: await desk.idOf('site', SITE) })).toMatchObject({
      platformId,
    })
  })

  test('a migration that fails leaves the site where it was', async () => {
    const platformId = await desk.idOf('platform', 'platform_drupal7b')
    desk.aegir.order({
      command: 'provision-deploy',
      kind: 'error',
      code: 'PROVISION_DB_IMPORT_FAILED',
    })
    const task = await desk.run('site', SITE, 'migrate', { platformId })
    expect(task).toMatchObject({ status: 'error', errorCode: 'PROVISION_DB_IMPORT_FAILED' })
    expect(begun().slice(3)).toEqual([`@${SITE} save`, `@${SITE} verify`])
    expect(desk.aegir.record(SITE)).toMatchObject({
      platform: '@platform_drupal7',
      root: '/var/aegir/platforms/drupal7',
    })
    expect(await desk.calls().site.get({ id: await desk.idOf('site', SITE) })).toMatchObject({
      platformId: await desk.idOf('platform', 'platform_drupal7'),
    })
  })

  test('a new name is given in steps of ours, and the old site goes last', async () => {
    const id = await desk.idOf('site', SITE)
    const task = await desk.run('site', SITE, 'rename', { newName: RENAMED })
    expect(task).toMatchObject({ status: 'success', errorMessage: null })
    expect(begun()).toEqual([
      `@${SITE} backup`,
      `@${RENAMED} save`,
      `@${RENAMED} deploy`,
      `@${RENAMED} verify`,
      `@${SITE} delete`,
      `@${RENAMED} verify`,
    ])
    expect(desk.aegir.names()).not.toContain(SITE)
    expect(desk.aegir.record(RENAMED)).toMatchObject({
      uri: RENAMED,
      platform: '@platform_drupal7',
      db_server: '@server_localhost',
      aliases: ['www.site1.aegir.test'],
      site_path: `/var/aegir/platforms/drupal7/sites/${RENAMED}`,
    })
    expect(await desk.calls().site.get({ id })).toMatchObject({
      name: RENAMED,
      status: 'enabled',
      url: `http://${RENAMED}/`,
    })
  })

  test('a new name whose verify fails is taken back, and the site keeps its own', async () => {
    desk.aegir.order({
      command: 'provision-verify',
      on: RENAMED,
      kind: 'error',
      code: 'PROVISION_X',
    })
    const id = await desk.idOf('site', SITE)
    const task = await desk.run('site', SITE, 'rename', { newName: RENAMED })
    expect(task).toMatchObject({ status: 'error', errorCode: 'PROVISION_X' })
    expect(begun().slice(4)).toEqual([`@${RENAMED} delete`, `@${RENAMED} save`])
    expect(desk.aegir.names()).not.toContain(RENAMED)
    expect(desk.aegir.record(SITE)).toEqual(RECORDED_CONTEXTS[SITE])
    expect(await desk.calls().site.get({ id })).toMatchObject({ name: SITE, status: 'enabled' })
  })

  test('once the old site is gone, nothing takes the new one with it', async () => {
    const fault = { command: 'provision-verify', on: RENAMED } as const
    // The first verify goes well, as far as anybody can see; the second, after the old site went, does not.
    desk.aegir.order(
      { ...fault, kind: 'recording', name: 'verify-site-ok-b2' },
      { ...fault, kind: 'error', code: 'PROVISION_X' },
    )
    const id = await desk.idOf('site', SITE)
    const task = await desk.run('site', SITE, 'rename', { newName: RENAMED })
    expect(begun().slice(-2)).toEqual([`@${SITE} delete`, `@${RENAMED} verify`])
    expect(task).toMatchObject({ status: 'warning' })
    const texts = (await logOf(desk.calls(), task)).map(({ text }) => text)
    expect(texts).toContain(`This was left undone: Verify @${RENAMED} again`)
    expect(desk.aegir.names()).toContain(RENAMED)
    expect(await desk.calls().site.get({ id })).toMatchObject({ name: RENAMED })
  })

  test('a cancel after the old site began to go comes too late', async () => {
    desk.aegir.set({ durationMs: 700 })
    const objectId = await desk.idOf('site', SITE)
    const values = { newName: RENAMED }
    const { id } = await desk
      .calls()
      .task.add({ objectKind: 'site', objectId, type: 'rename', values })
    await eventually(() => expect(begun()).toContain(`@${SITE} delete`), { timeoutMs: 30_000 })
    await desk.calls().task.cancel({ id })
    await untilEnded(desk.calls(), id)
    expect(begun().at(-1)).toBe(`@${RENAMED} verify`)
    expect(desk.aegir.record(RENAMED)).toMatchObject({ uri: RENAMED })
  })

  test('BOA’s control file is used where the operator lets us', async () => {
    const [backend] = await desk.calls().backend.list()
    const backendId = backend?.id ?? ''
    const before = await desk.calls().aegir.account({ backendId })
    expect(before.controlFile).toEqual({ isThere: false, isAllowed: false })
    await desk.calls().aegir.allowControlFile({ backendId, isAllowed: true })
    const task = await desk.run('site', SITE, 'clone', { newName: COPY })
    expect(task).toMatchObject({ errorMessage: null })
    expect(begun()).toEqual([`@${SITE} clone`])
    expect(existsSync(desk.aegir.path('static/control/FastTrack.info'))).toBe(true)
  })
})

describe('a living frontend of Aegir’s is let to verify, and the log says so', () => {
  beforeEach(async () => {
    desk.aegir.set({ frontend: 'alive' })
    desk.aegir.put({
      hostmaster: { context_type: 'site', uri: 'aegir.test', platform: '@platform_h' },
    })
    await desk.reopen()
  })

  const saysSo = async (task: TaskDetails): Promise<void> => {
    const log = await logOf(desk.calls(), task)
    expect(log.some(({ text }) => text.includes('own frontend verifies'))).toBe(true)
  }

  test('in a clone', async () => {
    const task = await desk.run('site', SITE, 'clone', { newName: COPY })
    expect(task).toMatchObject({ errorMessage: null })
    expect(begun()).toEqual([`@${SITE} clone`])
    await saysSo(task)
  })

  test('in a migration', async () => {
    const platformId = await desk.idOf('platform', 'platform_drupal7b')
    const task = await desk.run('site', SITE, 'migrate', { platformId })
    expect(task).toMatchObject({ errorMessage: null })
    expect(begun()).toEqual([`@${SITE} migrate`])
    await saysSo(task)
  })

  test('in an import', async () => {
    const platformId = await desk.idOf('platform', 'platform_drupal7')
    await addSiteAlone(desk.calls(), FOUND, platformId)
    const task = await desk.run('site', FOUND, 'import')
    expect(task).toMatchObject({ errorMessage: null })
    const ofIt = begun().filter((one) => one.startsWith(`@${FOUND} `))
    expect(ofIt).toEqual([`@${FOUND} save`, `@${FOUND} import`])
    await saysSo(task)
  })
})
