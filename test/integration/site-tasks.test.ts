import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { App } from '../../main/app.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { build } from '../../tools/build.ts'
import {
  aDataFolder,
  addressOf,
  logOf,
  openDeskAt,
  removeFolder,
  resetAccount,
  untilEnded,
} from '../support/desk.ts'
import { freePort } from '../support/free-port.ts'
import { fetchByHost, stopNginx } from '../support/nginx.ts'
import { ANY_LOAD, listTree } from '../support/provision.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from '../support/sshd.ts'

const account = ensureSandboxAccount('hdtasks')
const PROGRAM = path.join(import.meta.dirname, '../../dist/provision/provision.mjs')
const TEMPLATE = path.join(import.meta.dirname, '../../provision/templates/static-site')
const SITE = 'www.tasks.example'
const ALIAS = 'alias.tasks.example'

let sshd: Sshd
let folder: string
let app: App
let calls: DeskClient
let port: number
let serverId: string
let firstId: string
let secondId: string
let siteId: string

const inHome = (name: string) => path.join(account.home, name)
const own = (name: string) =>
  execFileSync('chown', ['-R', `${account.uid}:${account.uid}`, inHome(name)])
const put = (name: string, text: string): void => {
  writeFileSync(inHome(name), text)
  own(name)
}
const contextOf = (name: string) =>
  (
    JSON.parse(readFileSync(inHome(`.hosting-desk/contexts/${name}.json`), 'utf8')) as {
      options: JsonRecord
    }
  ).options
const toName = (line: string): string => line.split(' ')[0] ?? ''
const fetch = (host: string, target = '/') => fetchByHost(port, host, target)

/** Everything that tasks change in the account's home, runs and the program itself left out. */
const tree = (): string[] =>
  ['sites', 'backups', 'nginx/vhost.d', '.hosting-desk/contexts', '.hosting-desk/journals'].flatMap(
    (name) => listTree(account.home, name),
  )

async function run(
  type: string,
  values: JsonRecord = {},
  { objectKind = 'site', objectId = siteId, status = 'success', confirmation = SITE } = {},
) {
  const added = await calls.task.add({
    objectKind: objectKind as 'site',
    objectId,
    type,
    values,
    confirmation,
  })
  return ended(added.id, status)
}

async function ended(taskId: string, status = 'success') {
  const task = await untilEnded(calls, taskId)
  const log = await logOf(calls, task)
  const said = log.map(({ text }) => text).join('\n')
  expect(task.status, `${task.errorMessage ?? ''}\n${said}`).toBe(status)
  return task
}

const site = () => calls.site.get({ id: siteId })
const backups = async () => (await calls.backup.list({ siteId })).items
const newest = async () => {
  const [backup] = await backups()
  if (backup === undefined) throw new Error('there is no backup')
  return backup
}

/** Runs a task that fails there, and expects object, server and what is served to be as before. */
async function expectTakenBack(type: string, values: JsonRecord, code: string): Promise<void> {
  const [before, object, page, kept] = [tree(), await site(), await fetch(SITE), await backups()]
  const task = await run(type, values, { status: 'error' })
  expect(task.errorCode).toBe(code)
  expect(tree()).toEqual(before)
  expect(await fetch(SITE)).toEqual(page)
  expect(await backups()).toEqual(kept)
  const { name, status, platformId, url, savedOptions } = await site()
  expect({ name, status, platformId, url, savedOptions }).toEqual({
    name: object.name,
    status: object.status,
    platformId: object.platformId,
    url: object.url,
    savedOptions: object.savedOptions,
  })
}

/** The account may not change its contexts meanwhile: each command fails at its last step. */
async function withoutContexts(work: () => Promise<void>): Promise<void> {
  chmodSync(inHome('.hosting-desk/contexts'), 0o500)
  try {
    await work()
  } finally {
    chmodSync(inHome('.hosting-desk/contexts'), 0o700)
  }
}

async function addPlatform(title: string): Promise<string> {
  cpSync(TEMPLATE, inHome(`platforms/${title}`), { recursive: true })
  own('platforms')
  const { platform, task } = await calls.platform.add({
    title,
    serverId,
    root: inHome(`platforms/${title}`),
  })
  await ended(task.id)
  return platform.id
}

beforeAll(async () => {
  await build({ targets: ['provision'] })
  await stopNginx(account.home)
  resetAccount(account)
  execFileSync('sh', ['-c', 'cd "$1" && rm -rf nginx sites backups platforms', 'sh', account.home])
  sshd = await startSshd({ publicKeyFiles: [`${account.keyFile}.pub`] })
  port = await freePort()
  folder = aDataFolder()
  ;({ app, calls } = await openDeskAt(folder, { programFile: PROGRAM }))
  await calls.backend.trustHostKey(sshd.hostKey)
  const { server, task } = await calls.server.add({
    title: 'web1',
    backend: { address: addressOf(sshd, account) },
    services: { http: { type: 'nginx', port, restartCommand: null } },
  })
  await ended(task.id)
  serverId = server.id
  const file = inHome('.hosting-desk/contexts/server_web1.json')
  const context = JSON.parse(readFileSync(file, 'utf8')) as { options: JsonRecord }
  context.options['critical_load_multiplier'] = ANY_LOAD
  writeFileSync(file, JSON.stringify(context))
  firstId = await addPlatform('first')
  secondId = await addPlatform('second')
  const added = await calls.site.add({ name: SITE, platformId: firstId, aliases: [] })
  siteId = added.site.id
  await ended(added.task.id)
}, 120_000)

afterAll(async () => {
  await app.close()
  await stopNginx(account.home)
  await sshd.stop()
  removeFolder(folder)
})

describe('every task of a static site, through the whole application', () => {
  test('an edited alias and redirection reach the virtual host by the verify that is queued', async () => {
    const { task } = await calls.site.edit({
      id: siteId,
      clientId: null,
      aliases: [ALIAS],
      redirection: SITE,
    })
    await ended(task.id)
    expect(await fetch(ALIAS)).toMatchObject({ status: 301, location: `http://${SITE}:${port}/` })
    expect((await fetch(SITE))?.status).toBe(200)
    expect(contextOf(SITE)).toMatchObject({ aliases: [ALIAS], redirection: SITE })
    expect(await site()).toMatchObject({ savedOptions: { redirection: SITE } })
  })

  test('can be asked before what they would change, which changes nothing', async () => {
    const [before, listed] = [tree(), await calls.task.list({ objectId: siteId })]
    const about = { objectKind: 'site' as const, objectId: siteId }
    const { changes, refusal } = await calls.task.preview({ ...about, type: 'disable' })
    expect(refusal).toBeNull()
    expect(changes.map(({ kind, action, target }) => [kind, action, target])).toEqual([
      ['file', 'change', inHome(`nginx/vhost.d/${SITE}.conf`)],
      ['reload', 'run', 'nginx'],
      ['context', 'change', `@${SITE}`],
    ])
    expect(changes[0]?.diff).toMatch(/^\+\s+return 503/m)
    // What destroys needs no confirmation to be asked about.
    const deleting = await calls.task.preview({ ...about, type: 'delete' })
    expect(deleting.changes.map(({ target }) => target)).toContain(inHome(`sites/${SITE}`))
    await expect(calls.task.preview({ ...about, type: 'clone', values: {} })).rejects.toMatchObject(
      { data: { code: 'input.invalid' } },
    )
    await expect(calls.task.preview({ ...about, type: 'enable' })).rejects.toMatchObject({
      data: { code: 'task.not-allowed' },
    })
    expect(tree()).toEqual(before)
    expect((await calls.task.list({ objectId: siteId })).total).toBe(listed.total)
    expect((await fetch(SITE))?.status).toBe(200)
    const offered = await calls.task.offered(about)
    expect(offered.find(({ type }) => type === 'disable')?.canPreview).toBe(true)
  })

  test('backup and restore: what was changed since is gone, and lies in a backup', async () => {
    await run('backup', { description: 'the first' })
    const { id } = await newest()
    put(`sites/${SITE}/index.html`, 'changed')
    expect((await fetch(SITE))?.body).toBe('changed')
    await run('restore', { backup: id })
    expect((await fetch(SITE))?.body).toContain('<html')
    expect((await backups()).map(({ description }) => description)).toEqual([
      'Before a restore',
      'the first',
    ])
    expect(existsSync((await newest()).file)).toBe(true)
  })

  test('a restore that fails leaves site and backups as they were', async () => {
    const { id, file } = await newest()
    const whole = readFileSync(file)
    writeFileSync(file, whole.subarray(0, 100))
    await expectTakenBack('restore', { backup: id }, 'PROVISION_BAD_ARCHIVE')
    writeFileSync(file, whole)
  })

  test('disable and enable', async () => {
    await withoutContexts(() => expectTakenBack('disable', {}, 'PROVISION_NO_PERMISSION'))
    await run('disable')
    expect(await site()).toMatchObject({
      status: 'disabled',
      savedOptions: { site_enabled: false },
    })
    expect((await fetch(SITE))?.status).toBe(503)
    await expect(run('backup')).rejects.toMatchObject({ data: { code: 'task.not-allowed' } })
    await withoutContexts(() => expectTakenBack('enable', {}, 'PROVISION_NO_PERMISSION'))
    await run('enable')
    expect(await site()).toMatchObject({ status: 'enabled', url: `http://${SITE}:${port}` })
    expect((await fetch(SITE))?.status).toBe(200)
  })

  test('clone: a site of its own, here and there', async () => {
    const values = { newName: 'Copy.Tasks.example', platformId: secondId }
    await withoutContexts(() => expectTakenBack('clone', values, 'PROVISION_NO_PERMISSION'))
    expect((await calls.site.list({})).items).toHaveLength(1)
    await run('clone', values)
    const { items } = await calls.site.list({})
    const copy = items.find(({ name }) => name === 'copy.tasks.example')
    expect(copy).toMatchObject({
      status: 'enabled',
      platformId: secondId,
      aliases: [],
      redirection: null,
      url: `http://copy.tasks.example:${port}`,
      savedOptions: contextOf('copy.tasks.example'),
    })
    expect(copy?.id).not.toBe(siteId)
    expect((await fetch('copy.tasks.example'))?.status).toBe(200)
    expect(await newest()).toMatchObject({ description: 'Before a clone', siteName: SITE })
    const verify = await calls.task.add({
      objectKind: 'site',
      objectId: copy?.id ?? '',
      type: 'verify',
    })
    await ended(verify.id)
    const gone = { objectId: copy?.id ?? '', confirmation: 'copy.tasks.example' }
    await run('delete', {}, gone)
    expect(await fetch('copy.tasks.example')).toBeUndefined()
    // The last backup of a site that is gone can go, too.
    const { items: last } = await calls.backup.list({ siteId: copy?.id ?? '' })
    await run('backup-delete', { backups: last.map(({ id }) => id) }, gone)
    expect(last.map(({ file }) => existsSync(file))).toEqual([false])
  })

  test.each([
    ['a name that another site has', { newName: ALIAS }, 'newName'],
    ['its own name', { newName: SITE.toUpperCase() }, 'newName'],
    ['no name', { newName: '$(touch /tmp/x)' }, 'newName'],
  ])('clone to %s is refused at its field', async (_what, values, field) => {
    await expect(
      calls.task.add({ objectKind: 'site', objectId: siteId, type: 'clone', values }),
    ).rejects.toMatchObject({ data: { problems: { [field]: expect.any(String) as string } } })
  })

  test('migrate to another platform and back', async () => {
    await withoutContexts(() =>
      expectTakenBack('migrate', { platformId: secondId }, 'PROVISION_NO_PERMISSION'),
    )
    await run('migrate', { platformId: secondId })
    expect(await site()).toMatchObject({ platformId: secondId, status: 'enabled', name: SITE })
    expect(contextOf(SITE)['platform']).toBe('@platform_second')
    expect((await fetch(SITE))?.status).toBe(200)
    expect(await newest()).toMatchObject({ description: 'Before a migration' })
    await run('migrate', { platformId: firstId })
  })

  test('rename: the site keeps its id, its tasks and its backups', async () => {
    const values = { newName: 'new.tasks.example' }
    await withoutContexts(() => expectTakenBack('rename', values, 'PROVISION_NO_PERMISSION'))
    const kept = (await backups()).length
    const tasks = (await calls.task.list({ objectId: siteId })).total
    await run('rename', values)
    expect(await site()).toMatchObject({
      id: siteId,
      name: 'new.tasks.example',
      title: 'new.tasks.example',
      aliases: [ALIAS],
      redirection: 'new.tasks.example',
      url: `http://new.tasks.example:${port}`,
      savedOptions: contextOf('new.tasks.example'),
    })
    expect(await fetch(SITE)).toBeUndefined()
    expect((await fetch('new.tasks.example'))?.status).toBe(200)
    expect(await fetch(ALIAS)).toMatchObject({ location: `http://new.tasks.example:${port}/` })
    expect(await backups()).toHaveLength(kept + 1)
    expect((await calls.task.list({ objectId: siteId })).total).toBe(tasks + 1)
    expect(existsSync(inHome(`.hosting-desk/contexts/${SITE}.json`))).toBe(false)
    // A backup of before still restores, under the new name.
    const [, old] = await backups()
    await run('restore', { backup: old?.id ?? '' })
    expect((await fetch('new.tasks.example'))?.status).toBe(200)
    await run('rename', { newName: SITE })
  })

  test('a task that waited while its site was renamed is about the new name', async () => {
    await calls.app.pauseDispatch()
    const rename = await calls.task.add({
      objectKind: 'site',
      objectId: siteId,
      type: 'rename',
      values: { newName: 'next.tasks.example' },
    })
    const backup = await calls.task.add({ objectKind: 'site', objectId: siteId, type: 'backup' })
    await calls.app.resumeDispatch()
    await ended(rename.id)
    expect(await ended(backup.id)).toMatchObject({ objectName: 'next.tasks.example' })
    await run('rename', { newName: SITE })
  })

  test('backup-delete removes what was chosen, there and here', async () => {
    const [first, second, ...others] = await backups()
    const ids = [first?.id ?? '', second?.id ?? '']
    chmodSync(inHome('backups'), 0o500)
    await expectTakenBack('backup-delete', { backups: ids }, 'PROVISION_NO_PERMISSION')
    chmodSync(inHome('backups'), 0o700)
    await run('backup-delete', { backups: ids })
    expect((await backups()).map(({ id }) => id)).toEqual(others.map(({ id }) => id))
    expect([first, second].map((one) => existsSync(one?.file ?? '/'))).toEqual([false, false])
    expect(others.every(({ file }) => existsSync(file))).toBe(true)
  })

  test('a verify that fails leaves everything as it was, and the site as not verified', async () => {
    put('nginx/vhost.d/zz-broken.conf', 'server { nonsense; }')
    const edited = await calls.site.edit({
      id: siteId,
      clientId: null,
      aliases: [ALIAS, 'more.tasks.example'],
      redirection: null,
    })
    expect((await ended(edited.task.id, 'error')).errorCode).toBe('PROVISION_NGINX_BROKEN')
    expect(await fetch(ALIAS)).toMatchObject({ status: 301 })
    expect(await fetch('more.tasks.example')).toBeUndefined()
    expect((await site()).verifiedAt).toBeNull()
    rmSync(inHome('nginx/vhost.d/zz-broken.conf'))
    await run('verify')
    expect(await fetch(ALIAS)).toMatchObject({ status: 200 })
    expect(await fetch('more.tasks.example')).toMatchObject({ status: 200 })
    expect((await site()).verifiedAt).not.toBeNull()
  })

  test('a backup or a delete that cannot pack leaves everything as it was', async () => {
    put(`sites/${SITE}/private.html`, 'x')
    chmodSync(inHome(`sites/${SITE}/private.html`), 0)
    await expectTakenBack('backup', {}, 'PROVISION_BACKUP_FAILED')
    await expectTakenBack('delete', {}, 'PROVISION_BACKUP_FAILED')
    rmSync(inHome(`sites/${SITE}/private.html`))
  })

  test('a delete that is forced goes where no last backup can be made, and says so', async () => {
    const added = await calls.site.add({ name: 'forced.tasks.example', platformId: firstId })
    await ended(added.task.id)
    put('sites/forced.tasks.example/private.html', 'x')
    chmodSync(inHome('sites/forced.tasks.example/private.html'), 0)
    const gone = { objectId: added.site.id, confirmation: 'forced.tasks.example' }
    await run('delete', { force: false }, { ...gone, status: 'error' })
    expect((await fetch('forced.tasks.example'))?.status).toBe(200)
    const task = await run('delete', { force: true }, { ...gone, status: 'warning' })
    const log = (await logOf(calls, task)).map(({ text }) => text).join('\n')
    expect(log).toContain('Deleted without a last backup')
    expect(await calls.site.get({ id: added.site.id })).toMatchObject({ status: 'deleted' })
    expect((await calls.backup.list({ siteId: added.site.id })).total).toBe(0)
    expect(await fetch('forced.tasks.example')).toBeUndefined()
  })

  test('an install that fails leaves nothing there, can be tried again, and the site can go', async () => {
    put('platforms/first/z-private.html', 'x')
    chmodSync(inHome('platforms/first/z-private.html'), 0)
    const { site: made, task } = await calls.site.add({
      name: 'made.tasks.example',
      platformId: firstId,
    })
    expect((await ended(task.id, 'error')).errorCode).toBe('PROVISION_NO_PERMISSION')
    expect(await calls.site.get({ id: made.id })).toMatchObject({ status: 'disabled', url: null })
    expect(
      tree()
        .filter((line) => line.includes('made.tasks'))
        .map(toName),
    ).toEqual(['.hosting-desk/contexts/made.tasks.example.json'])
    rmSync(inHome('platforms/first/z-private.html'))
    await calls.task.retry({ id: task.id })
    await ended(task.id)
    expect((await fetch('made.tasks.example'))?.status).toBe(200)
    await run('delete', {}, { objectId: made.id, confirmation: 'made.tasks.example' })
    expect(await calls.site.get({ id: made.id })).toMatchObject({ status: 'deleted' })
  })

  test('import takes over a folder that is there; one that is not fails and leaves nothing', async () => {
    await calls.app.pauseDispatch()
    const { site: found, task } = await calls.site.add({
      name: 'found.tasks.example',
      platformId: firstId,
    })
    await calls.task.cancel({ id: task.id })
    await calls.app.resumeDispatch()
    const target = { objectId: found.id, confirmation: 'found.tasks.example' }
    const failed = await run('import', {}, { ...target, status: 'error' })
    expect(failed.errorCode).toBe('PROVISION_NO_SUCH_FOLDER')
    expect(await calls.site.get({ id: found.id })).toMatchObject({ status: 'disabled', url: null })
    expect(await fetch('found.tasks.example')).toBeUndefined()
    mkdirSync(inHome('sites/found.tasks.example'))
    put('sites/found.tasks.example/index.html', 'found')
    own('sites/found.tasks.example')
    await run('import', {}, target)
    expect(await calls.site.get({ id: found.id })).toMatchObject({
      status: 'enabled',
      url: `http://found.tasks.example:${port}`,
      savedOptions: contextOf('found.tasks.example'),
    })
    expect(await fetch('found.tasks.example')).toMatchObject({ body: 'found' })
    await run('delete', {}, target)
  })

  test('login-reset and cron are not offered, since plain files have no use for them', async () => {
    for (const type of ['login-reset', 'cron'])
      await expect(run(type)).rejects.toMatchObject({ data: { code: 'task.not-allowed' } })
    const offered = await calls.task.offered({ objectKind: 'site', objectId: siteId })
    expect(offered.find(({ type }) => type === 'cron')?.refusal).toContain('Static files have no')
  })

  test('an option that is said for one run is in no context on the server', async () => {
    const client = await calls.client.add({ title: 'Ann $(x)', email: 'ann@tasks.example' })
    const added = await calls.site.add({
      name: 'client.tasks.example',
      platformId: firstId,
      clientId: client.id,
    })
    await ended(added.task.id)
    const { history } = await calls.task.get({ id: added.task.id })
    expect(history[0]?.sent.options).toEqual({ client_email: 'ann@tasks.example' })
    const contexts = readdirSync(inHome('.hosting-desk/contexts'))
      .map((name) => readFileSync(inHome(`.hosting-desk/contexts/${name}`), 'utf8'))
      .join('\n')
    expect(contexts).toContain('Ann $(x)')
    expect(contexts).not.toContain('ann@')
    const gone = { objectId: added.site.id, confirmation: 'client.tasks.example' }
    await run('delete', {}, gone)
  })
})

describe('tasks of platforms and servers', () => {
  test('lock: no site comes to the platform any more, until unlock', async () => {
    const platform = { objectKind: 'platform', objectId: secondId }
    await run('lock', {}, platform)
    expect(await calls.platform.get({ id: secondId })).toMatchObject({ status: 'locked' })
    expect(contextOf('platform_second')['platform_locked']).toBe(true)
    await expect(run('migrate', { platformId: secondId })).rejects.toMatchObject({
      data: { problems: { platformId: expect.stringContaining('locked') as string } },
    })
    await run('verify', {}, platform)
    expect(await calls.platform.get({ id: secondId })).toMatchObject({ status: 'locked' })
    await withoutContexts(async () => {
      const failed = await run('unlock', {}, { ...platform, status: 'error' })
      expect(failed.errorCode).toBe('PROVISION_NO_PERMISSION')
    })
    expect(await calls.platform.get({ id: secondId })).toMatchObject({ status: 'locked' })
    await run('unlock', {}, platform)
    expect(await calls.platform.get({ id: secondId })).toMatchObject({ status: 'enabled' })
    expect(contextOf('platform_second')['platform_locked']).toBe(false)
  })

  test('migrate of a platform moves every site, one task each', async () => {
    const batch = await calls.task.add({
      objectKind: 'platform',
      objectId: firstId,
      type: 'migrate',
      values: { platformId: secondId },
    })
    expect((await calls.task.get({ id: batch.id })).status).toBe('success')
    const { items } = await calls.task.list({ objectId: siteId })
    expect(items[0]).toMatchObject({ type: 'migrate', origin: 'hook' })
    await ended(items[0]?.id ?? '')
    expect(await site()).toMatchObject({ platformId: secondId })
  })

  test('a server’s verify is followed by those of its platforms, once each', async () => {
    const before = (await calls.task.list({})).total
    await run('verify', {}, { objectKind: 'server', objectId: serverId })
    const { items, total } = await calls.task.list({})
    expect(total).toBe(before + 3)
    const added = items.filter(({ objectKind }) => objectKind === 'platform').slice(0, 2)
    expect(new Set(added.map(({ objectId }) => objectId))).toEqual(new Set([firstId, secondId]))
    for (const { id } of added) await ended(id)
    expect((await calls.task.list({})).total).toBe(before + 3)
  })

  /** Runs a task that fails there, and expects the server's disk, its context and the object here to be as before. */
  async function expectAsBefore(
    kind: 'server' | 'platform',
    type: string,
    { id, title }: { id: string; title: string },
    code: string,
  ): Promise<void> {
    const look = async () => {
      const { status, savedOptions } = await calls[kind].get({ id })
      return { tree: tree(), page: await fetch(SITE), status, savedOptions }
    }
    const before = await look()
    const about = { objectKind: kind, objectId: id, status: 'error', confirmation: title }
    expect((await run(type, {}, about)).errorCode).toBe(code)
    expect(await look()).toEqual(before)
  }

  test('a platform’s verify, lock and delete that fail leave everything as it was', async () => {
    const platform = { id: await addPlatform('third'), title: 'third' }
    for (const type of ['lock', 'delete'])
      await withoutContexts(() =>
        expectAsBefore('platform', type, platform, 'PROVISION_NO_PERMISSION'),
      )
    renameSync(inHome('platforms/third'), inHome('platforms/elsewhere'))
    await expectAsBefore('platform', 'verify', platform, 'PROVISION_NO_SUCH_FOLDER')
    renameSync(inHome('platforms/elsewhere'), inHome('platforms/third'))
    for (const type of ['verify', 'lock', 'delete'])
      await run(type, {}, { objectKind: 'platform', objectId: platform.id, confirmation: 'third' })
    expect(await calls.platform.get({ id: platform.id })).toMatchObject({ status: 'deleted' })
    expect(existsSync(inHome('platforms/third/index.html'))).toBe(true)
  })

  test('a server’s verify that fails leaves everything as it was, nginx included', async () => {
    const server = { id: serverId, title: 'web1' }
    put('nginx/vhost.d/zz-broken.conf', 'server { nonsense; }')
    try {
      await expectAsBefore('server', 'verify', server, 'PROVISION_NGINX_BROKEN')
    } finally {
      rmSync(inHome('nginx/vhost.d/zz-broken.conf'))
    }
  })

  test('a server’s delete that fails leaves everything as it was, and it can go afterwards', async () => {
    const { backendId } = await calls.server.get({ id: serverId })
    const { server, task } = await calls.server.add({
      title: 'web2',
      backend: { id: backendId },
      services: { http: { type: 'nginx', port, restartCommand: null } },
    })
    await ended(task.id)
    await withoutContexts(() =>
      expectAsBefore('server', 'delete', server, 'PROVISION_NO_PERMISSION'),
    )
    const about = { objectKind: 'server', objectId: server.id, confirmation: 'web2' }
    await run('delete', {}, about)
    expect(await calls.server.get({ id: server.id })).toMatchObject({ status: 'deleted' })
    expect((await fetch(SITE))?.status).toBe(200)
  })
})
