import { execFileSync } from 'node:child_process'
import { existsSync, lchownSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { fetchByHost, findNginxMaster, stopNginx, workersOf } from '../support/nginx.ts'
import { ANY_LOAD, makeProvisionHome, type ProvisionHome } from '../support/provision.ts'

const SITE = 'www.example.test'

describe('a static site on real nginx, as an unprivileged account', () => {
  let account: ProvisionHome
  let port: number
  const command = (name: string, context: string) =>
    account.run([`provision-${name}`, `@${context}`])

  beforeAll(async () => {
    account = await makeProvisionHome()
    port = await freePort()
    account.put('platforms/static/index.html', '<h1>Hello</h1>')
    account.put('platforms/static/404.html', 'lost')
    account.put('platforms/static/.env', 'secret')
    account.put('platforms/static/.well-known/proof', 'proof')
    await account.save('server_a', {
      context_type: 'server',
      remote_host: '127.0.0.1',
      http_service_type: 'nginx',
      http_port: port,
      critical_load_multiplier: ANY_LOAD,
    })
    await account.save('platform_a', {
      context_type: 'platform',
      web_server: '@server_a',
      root: '~/platforms/static',
    })
    await account.save(SITE, {
      context_type: 'site',
      platform: '@platform_a',
      uri: SITE,
      aliases: ['example.test'],
    })
  })

  afterAll(async () => {
    await stopNginx(account.home)
    account.remove()
  })

  test('goes from verify to delete', async () => {
    const server = await command('verify', 'server_a')
    expect(server.result).toMatchObject({
      isOk: true,
      data: { nginx: expect.any(String) as string },
    })
    expect(server.result.data['diskFreeBytes']).toBeGreaterThan(0)
    const master = findNginxMaster(account.home) ?? 0
    expect(statSync(`/proc/${master}`).uid).toBe(statSync(account.home).uid)

    const platform = await command('verify', 'platform_a')
    expect(platform.result.data).toMatchObject({ application: 'static', version: null })

    const workers = workersOf(master)
    const install = await command('install', SITE)
    expect(install.result).toMatchObject({
      isOk: true,
      data: { application: 'static', url: `http://${SITE}:${port}` },
      contexts: [{ name: SITE, options: { installed: true, url: `http://${SITE}:${port}` } }],
    })
    expect(install.events.filter(({ event }) => event === 'progress').length).toBeGreaterThan(3)
    // The master is the same, and its workers are of a new generation.
    expect(findNginxMaster(account.home)).toBe(master)
    expect(workersOf(master).some((pid) => !workers.includes(pid))).toBe(true)

    expect(await fetchByHost(port, SITE)).toMatchObject({ status: 200, body: '<h1>Hello</h1>' })
    expect(await fetchByHost(port, 'example.test')).toMatchObject({ status: 200 })
    expect(await fetchByHost(port, 'nobody.test')).toBeUndefined()
    expect(await fetchByHost(port, SITE, '/.env')).toMatchObject({ status: 404 })
    expect(await fetchByHost(port, SITE, '/.well-known/proof')).toMatchObject({ body: 'proof' })
    expect(await fetchByHost(port, SITE, '/none')).toMatchObject({ status: 404, body: 'lost' })

    const backup = await command('backup', SITE)
    const file = backup.result.data['file'] as string
    expect(backup.result.data['sizeBytes']).toBe(statSync(file).size)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const entries = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).split('\n')
    expect(entries).toEqual(expect.arrayContaining(['./manifest.json', `./${SITE}/index.html`]))
    const page = execFileSync('tar', ['-xzOf', file, `./${SITE}/index.html`], { encoding: 'utf8' })
    expect(page).toBe('<h1>Hello</h1>')
    const manifest = execFileSync('tar', ['-xzOf', file, './manifest.json'], { encoding: 'utf8' })
    expect(JSON.parse(manifest)).toMatchObject({ uri: SITE, context: { name: SITE } })

    const before = workersOf(master)
    const deleted = await command('delete', SITE)
    expect(deleted.result).toMatchObject({ isOk: true, removedContexts: [SITE] })
    expect(existsSync(deleted.result.data['file'] as string)).toBe(true)
    expect(existsSync(path.join(account.home, 'sites', SITE))).toBe(false)
    expect(existsSync(path.join(account.home, 'nginx/vhost.d', `${SITE}.conf`))).toBe(false)
    expect(existsSync(path.join(account.home, '.hosting-desk/contexts', `${SITE}.json`))).toBe(
      false,
    )
    expect(workersOf(master).some((pid) => !before.includes(pid))).toBe(true)
    expect(await fetchByHost(port, SITE)).toBeUndefined()
    expect(
      account.tree().filter((line) => /\.(removed|new|partial|staging|lock)/.test(line)),
    ).toEqual([])

    expect((await command('delete', 'platform_a')).result.isOk).toBe(true)
    expect(existsSync(path.join(account.home, 'platforms/static/index.html'))).toBe(true)
    expect((await command('delete', 'server_a')).result.isOk).toBe(true)
    expect(findNginxMaster(account.home)).toBeUndefined()
  })
})

describe('what nginx is told', () => {
  let account: ProvisionHome
  let port: number
  const command = (name: string, context: string) =>
    account.run([`provision-${name}`, `@${context}`])

  beforeAll(async () => {
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
    await command('verify', 'server_a')
    await account.save(SITE, { context_type: 'site', platform: '@platform_a', uri: SITE })
    expect((await command('install', SITE)).result.errorMessage).toBeNull()
  })

  afterAll(async () => {
    await stopNginx(account.home)
    account.remove()
  })

  test('a redirection leads all names to one', async () => {
    await account.save(SITE, { aliases: ['a.test', 'b.test'], redirection: 'a.test' })
    expect((await command('verify', SITE)).result.errorMessage).toBeNull()
    expect(await fetchByHost(port, 'a.test')).toMatchObject({ status: 200 })
    expect(await fetchByHost(port, 'b.test', '/x?y=1')).toMatchObject({
      status: 301,
      location: `http://a.test:${port}/x?y=1`,
    })
    await account.save(SITE, { aliases: null, redirection: null })
    await command('verify', SITE)
    expect(await fetchByHost(port, 'a.test')).toBeUndefined()
  })

  test('a site that is not enabled answers with 503', async () => {
    await account.save(SITE, { site_enabled: false })
    expect((await command('verify', SITE)).result.errorMessage).toBeNull()
    expect(await fetchByHost(port, SITE)).toMatchObject({ status: 503 })
    await account.save(SITE, { site_enabled: null })
    await command('verify', SITE)
    expect(await fetchByHost(port, SITE)).toMatchObject({ status: 200 })
  })

  test('a link to a file of another owner is not served', async () => {
    const link = path.join(account.home, 'sites', SITE, 'host.txt')
    const { uid, gid } = statSync(account.home)
    symlinkSync('/etc/hostname', link)
    lchownSync(link, uid, gid)
    expect(await fetchByHost(port, SITE, '/host.txt')).toMatchObject({ status: 404 })
  })

  test('a host name of 235 characters works', async () => {
    const label = 'a'.repeat(57)
    const long = `${label}.${label}.${label}.${label}.ab`.slice(0, 235)
    await account.save(long, { context_type: 'site', platform: '@platform_a', uri: long })
    expect((await command('install', long)).result.errorMessage).toBeNull()
    expect(await fetchByHost(port, long)).toMatchObject({ status: 200 })
    expect((await command('delete', long)).result.errorMessage).toBeNull()
  })

  test('a changed port reaches every site with the verify of the server', async () => {
    const next = await freePort()
    await account.save('server_a', { http_port: next })
    expect((await command('verify', 'server_a')).result.errorMessage).toBeNull()
    expect(await fetchByHost(next, SITE)).toMatchObject({ status: 200 })
    port = next
  })

  test('a verify that changes nothing does not reload nginx; one of the server does', async () => {
    await command('verify', SITE)
    const master = findNginxMaster(account.home) ?? 0
    const workers = workersOf(master)
    expect((await command('verify', SITE)).result.isOk).toBe(true)
    expect(workersOf(master)).toEqual(workers)
    expect((await command('verify', 'server_a')).result.isOk).toBe(true)
    expect(workersOf(master)).not.toEqual(workers)
  })

  test('what was written and not loaded is loaded by the next verify', async () => {
    const master = findNginxMaster(account.home) ?? 0
    await command('verify', SITE)
    rmSync(path.join(account.home, 'nginx/run/loaded'))
    const workers = workersOf(master)
    expect((await command('verify', SITE)).result.isOk).toBe(true)
    expect(workersOf(master)).not.toEqual(workers)
  })

  test('nginx that does not run is started', async () => {
    await stopNginx(account.home)
    const { events, result } = await command('verify', SITE)
    expect(result.errorMessage).toBeNull()
    expect(JSON.stringify(events)).toContain('was started')
    expect(await fetchByHost(port, SITE)).toMatchObject({ status: 200 })
  })

  test('eight installs at once all succeed', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `many${index}.test`)
    await Promise.all(
      names.map((uri) => account.save(uri, { context_type: 'site', platform: '@platform_a', uri })),
    )
    const done = await Promise.all(names.map((name) => command('install', name)))
    expect(done.map(({ result }) => result.errorMessage)).toEqual(names.map(() => null))
    for (const name of names) expect(await fetchByHost(port, name)).toMatchObject({ status: 200 })
  })

  test('the restart command, where there is one, is used instead of signals', async () => {
    const script = account.put('bin/reload', '#!/bin/sh\necho "$@" >> "$HOME/reloads"\n', 0o755)
    await account.save('server_a', {
      http_restart_cmd: `${script} now`,
    })
    expect((await command('verify', SITE)).result.errorMessage).toBeNull()
    expect(readFileSync(path.join(account.home, 'reloads'), 'utf8')).toBe('now\n')
    await account.save('server_a', { http_restart_cmd: null })
  })
})
