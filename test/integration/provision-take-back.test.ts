import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { fetchByHost, findNginxMaster, stopNginx } from '../support/nginx.ts'
import {
  ANY_LOAD,
  makeProvisionHome,
  type ProvisionHome,
  type Running,
} from '../support/provision.ts'

const SITE = 'www.example.test'
let account: ProvisionHome
let port: number
const command = (name: string, context: string) => account.run([`provision-${name}`, `@${context}`])
const inHome = (name: string) => path.join(account.home, name)

beforeEach(async () => {
  account = await makeProvisionHome()
  port = await freePort()
  account.put('platforms/static/index.html', 'page')
  await account.save('server_a', {
    context_type: 'server',
    http_service_type: 'nginx',
    http_port: port,
    critical_load_multiplier: ANY_LOAD,
  })
  await account.save('platform_a', {
    context_type: 'platform',
    server: '@server_a',
    root: '~/platforms/static',
  })
  await account.save(SITE, { context_type: 'site', platform: '@platform_a', uri: SITE })
  expect((await command('verify', 'server_a')).result.errorMessage).toBeNull()
})

afterEach(async () => {
  await stopNginx(account.home)
  account.remove()
})

/** Runs a command that must fail, and expects the home folder to be as it was. */
async function expectTakenBack(name: string, context: string, errorCode: string): Promise<void> {
  const before = account.tree()
  const { exitCode, result } = await command(name, context)
  expect(result).toMatchObject({ isOk: false, errorCode, contexts: [], removedContexts: [] })
  expect(exitCode).toBe(1)
  expect(account.tree()).toEqual(before)
}

describe('an install that fails leaves nothing', () => {
  test('where a file of the platform cannot be read', async () => {
    account.put('platforms/static/z-private.html', 'x', 0)
    await expectTakenBack('install', SITE, 'PROVISION_NO_PERMISSION')
  })

  test('where nginx refuses the configuration that it has', async () => {
    account.put('nginx/vhost.d/zz-broken.conf', 'server { nonsense; }')
    await expectTakenBack('install', SITE, 'PROVISION_NGINX_BROKEN')
  })

  test('where a file of somebody else answers to its name', async () => {
    const other = `server { listen ${port}; listen [::]:${port}; server_name ${SITE}; return 500; }`
    account.put('nginx/vhost.d/a-first.conf', other)
    await expectTakenBack('install', SITE, 'PROVISION_NAME_TAKEN')
  })

  test('where the site does not answer', async () => {
    await account.save('server_a', { http_restart_cmd: '/bin/true' })
    await expectTakenBack('install', SITE, 'PROVISION_SITE_NOT_ANSWERING')
  }, 30_000)

  test('where its context cannot be written', async () => {
    chmodSync(inHome('.hosting-desk/contexts'), 0o500)
    await expectTakenBack('install', SITE, 'PROVISION_NO_PERMISSION')
    expect(await fetchByHost(port, SITE)).toBeUndefined()
    chmodSync(inHome('.hosting-desk/contexts'), 0o700)
    expect((await command('install', SITE)).result.isOk).toBe(true)
  })
})

describe('a delete that fails leaves the site as it was', () => {
  beforeEach(async () => {
    expect((await command('install', SITE)).result.errorMessage).toBeNull()
  })

  test('where its files cannot be packed', async () => {
    account.put(`sites/${SITE}/private.html`, 'x', 0)
    await expectTakenBack('delete', SITE, 'PROVISION_BACKUP_FAILED')
    expect(await fetchByHost(port, SITE)).toMatchObject({ body: 'page' })
  })

  test('unless it is forced: then it goes without a backup, and the log says so', async () => {
    account.put(`sites/${SITE}/private.html`, 'x', 0)
    const forced = { options: { force: true } }
    const { events, result } = await account.run(['provision-delete', `@${SITE}`], forced)
    expect(result).toMatchObject({ isOk: true, data: {}, removedContexts: [SITE] })
    expect(result.data['file']).toBeUndefined()
    expect(JSON.stringify(events)).toContain('Deleted without a last backup')
    expect(existsSync(inHome(`sites/${SITE}`))).toBe(false)
  })

  test('where its context cannot be removed', async () => {
    chmodSync(inHome('.hosting-desk/contexts'), 0o500)
    await expectTakenBack('delete', SITE, 'PROVISION_NO_PERMISSION')
    expect(await fetchByHost(port, SITE)).toMatchObject({ body: 'page' })
  })
})

describe('a server', () => {
  let taker: Server
  let taken: number

  beforeEach(async () => {
    taken = await freePort()
    taker = createServer()
    await new Promise<void>((resolve) => taker.listen(taken, '0.0.0.0', resolve))
  })

  afterEach(() => new Promise((resolve) => taker.close(resolve)))

  test('whose new port is taken keeps its old one, and its sites answer', async () => {
    expect((await command('install', SITE)).result.isOk).toBe(true)
    await account.save('server_a', { http_port: taken })
    await expectTakenBack('verify', 'server_a', 'PROVISION_NGINX_RELOAD')
    expect(await fetchByHost(port, SITE)).toMatchObject({ body: 'page' })
  }, 30_000)

  test('that never ran and whose port is taken gets no folder', async () => {
    await stopNginx(account.home)
    rmSync(inHome('nginx'), { recursive: true })
    await account.save('server_a', { http_port: taken })
    await expectTakenBack('verify', 'server_a', 'PROVISION_PORT_TAKEN')
    expect(findNginxMaster(account.home)).toBeUndefined()
  })
})

describe('TERM to the process group', () => {
  const terminate = async ({ child, ended }: Running, isInTheMiddle: string) => {
    await eventually(() => expect(existsSync(inHome(isInTheMiddle))).toBe(true))
    process.kill(-(child.pid ?? 0), 'SIGTERM')
    return ended
  }

  test('while nginx is reloaded takes the install back', async () => {
    const script = account.put(
      'bin/slow',
      '#!/bin/sh\n[ -e "$HOME/begun" ] && exit 0\n: > "$HOME/begun"\nexec sleep 60\n',
      0o755,
    )
    await account.save('server_a', { http_restart_cmd: script })
    const before = account.tree()
    const running = account.start(['provision-install', `@${SITE}`])
    const { exitCode, result } = await terminate(running, 'begun')
    expect(result).toMatchObject({ isOk: false, errorCode: 'PROVISION_CANCELLED' })
    expect(exitCode).toBe(1)
    expect(account.tree().filter((line) => !line.startsWith('begun '))).toEqual(before)
  })

  test('while a backup is packed leaves no backup', async () => {
    expect((await command('install', SITE)).result.isOk).toBe(true)
    account.put('bin/tar', '#!/bin/sh\n: > "$HOME/begun"\nexec sleep 60\n', 0o755)
    const before = account.tree()
    const path = `${inHome('bin')}:/usr/bin:/bin`
    const running = account.start(['provision-delete', `@${SITE}`], {}, { PATH: path })
    const { result } = await terminate(running, 'begun')
    expect(result).toMatchObject({ isOk: false, errorCode: 'PROVISION_CANCELLED' })
    expect(account.tree().filter((line) => !line.startsWith('begun '))).toEqual(before)
    expect(await fetchByHost(port, SITE)).toMatchObject({ body: 'page' })
  })
})

test('an install that was killed in the middle can be done again', async () => {
  const script = account.put(
    'bin/slow',
    '#!/bin/sh\necho $$ > "$HOME/begun"\nexec sleep 60\n',
    0o755,
  )
  await account.save('server_a', { http_restart_cmd: script })
  const { child, ended } = account.start(['provision-install', `@${SITE}`])
  const reload = await eventually(() => parsePid(readFileSync(inHome('begun'), 'utf8')))
  process.kill(child.pid ?? 0, 'SIGKILL')
  process.kill(reload, 'SIGKILL')
  await expect(ended).rejects.toThrow('not one result')
  expect(existsSync(inHome(`sites/${SITE}`))).toBe(true)
  account.put('bin/slow', '#!/bin/sh\nexit 0\n', 0o755)
  await account.save('server_a', { http_restart_cmd: null })
  expect(existsSync(inHome(`sites/${SITE}`))).toBe(false)
  expect((await command('install', SITE)).result.errorMessage).toBeNull()
  expect(await fetchByHost(port, SITE)).toMatchObject({ body: 'page' })
})

function parsePid(text: string): number {
  const pid = Number(text)
  if (pid > 1) return pid
  throw new Error('no pid yet')
}

describe('two commands on one site at once', () => {
  /** Begins an install whose reload waits in this way; resolves once it is there. */
  async function beginInstall(wait: string): Promise<{ running: Running; reload: number }> {
    const text = `#!/bin/sh\n[ -e "$HOME/begun" ] && exit 0\necho $$ > "$HOME/begun"\n${wait}\n`
    const script = account.put('bin/slow', text, 0o755)
    await account.save('server_a', { http_restart_cmd: script })
    const running = account.start(['provision-install', `@${SITE}`])
    const reload = await eventually(() => parsePid(readFileSync(inHome('begun'), 'utf8')))
    return { running, reload }
  }

  test('are done one after the other: who comes second finds the first one done', async () => {
    const { running } = await beginInstall('sleep 2; kill -HUP $(cat "$HOME/nginx/run/nginx.pid")')
    const second = command('install', SITE)
    expect((await running.ended).result.isOk).toBe(true)
    expect((await second).result.errorCode).toBe('PROVISION_SITE_INSTALLED')
  })

  test('where the first is killed, the second, which waited, takes it back and says so', async () => {
    const { running, reload } = await beginInstall('exec sleep 60')
    const waiting = command('verify', SITE)
    await eventually(() =>
      expect(
        readdirSync(inHome('.hosting-desk/locks')).filter((one) => one.startsWith('.')),
      ).toEqual([]),
    )
    for (const pid of [running.child.pid ?? 0, reload]) process.kill(pid, 'SIGKILL')
    await expect(running.ended).rejects.toThrow('not one result')
    const { result, events } = await waiting
    expect(result.errorCode).toBe('PROVISION_SITE_NOT_INSTALLED')
    const said = JSON.stringify(events)
    expect(said).toContain(`“install @${SITE}” of`)
    expect(said).toContain('Taken back: Copy the files of the platform')
    expect(existsSync(inHome(`sites/${SITE}`))).toBe(false)
    expect(readdirSync(inHome('.hosting-desk/journals'))).toEqual([])
  })
})
