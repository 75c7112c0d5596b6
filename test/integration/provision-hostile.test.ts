import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Json } from '#shared/domain/json.ts'
import { MAX_LINE_BYTES, parseEvent } from '#shared/protocol/provision.ts'
import { ANY_LOAD, makeProvisionHome, type ProvisionHome } from '../support/provision.ts'

let account: ProvisionHome
const inHome = (name: string) => path.join(account.home, name)
const command = (name: string, context: string) => account.run([`provision-${name}`, `@${context}`])

beforeAll(async () => {
  account = await makeProvisionHome()
})
afterAll(() => account.remove())

const HOSTILE: readonly Json[] = [
  '$(touch executed)',
  '`touch executed`',
  '; touch executed',
  'a\nb',
  'a\u0000b',
  `a"b'c`,
  '../../etc/passwd',
  'x'.repeat(300),
  '}\nserver { listen 1; }',
  { constructor: 1 },
  [['x']],
  1e9,
]

describe('a hostile value is refused and nothing is stored', () => {
  test.each([
    ['server', 'remote_host'],
    ['server', 'http_service_type'],
    ['server', 'http_port'],
    ['server', 'http_restart_cmd'],
    ['platform', 'server'],
    ['platform', 'web_server'],
    ['site', 'platform'],
    ['site', 'uri'],
    ['site', 'aliases'],
    ['site', 'redirection'],
    ['site', 'site_enabled'],
  ])('of a %s: %s', async (type, key) => {
    for (const value of HOSTILE) {
      // Nothing of a shell is in these, and they are run without one.
      if (key === 'http_restart_cmd' && value === 'x'.repeat(300)) continue
      const { result } = await account.save('hostile', { context_type: type, [key]: value })
      expect([value, result.errorCode]).toEqual([value, 'PROVISION_BAD_OPTION'])
    }
    expect(existsSync(inHome('.hosting-desk/contexts/hostile.json'))).toBe(false)
    expect(existsSync(inHome('executed'))).toBe(false)
  })

  test.each(['constructor', '__proto__', 'toString', 'installed', 'url', 'a\nb'])(
    'an option that is not declared is refused by name: %j',
    async (key) => {
      const request = `{"protocol":1,"contextOptions":{"context_type":"site",${JSON.stringify(key)}:"x"}}`
      const { result } = await account.run(['save', '@hostile'], request)
      expect(result.errorCode).toBe('PROVISION_UNKNOWN_OPTION')
    },
  )

  test('a name for people is kept to the letter and never run', async () => {
    const client = `$(touch executed) "Q" 'q' \`touch executed\``
    await account.save('server_c', { context_type: 'server' })
    await account.save('platform_c', {
      context_type: 'platform',
      server: '@server_c',
      root: '/srv/x',
    })
    const { result } = await account.save('c.test', {
      context_type: 'site',
      platform: '@platform_c',
      uri: 'c.test',
      client_name: client,
    })
    expect(result.contexts[0]?.options['client_name']).toBe(client)
    expect(existsSync(inHome('executed'))).toBe(false)
  })
})

describe('a command line that is none', () => {
  test.each([
    [[]],
    [['provision-explode', '@x']],
    [['provision-verify']],
    [['provision-verify', 'x']],
    [['provision-verify', '@../x']],
    [['provision-verify', '@.hidden']],
    [['provision-verify', '@a/b']],
    [['provision-verify', '@a\nb']],
    [['provision-verify', `@${'x'.repeat(300)}`]],
    [['provision-verify', '@x', ...Array.from({ length: 2000 }, () => 'y')]],
    [['provision-verify', '@x', 'y'.repeat(5000)]],
    [['provision-constructor', '@x']],
  ])('%j ends with 2', async (argv) => {
    const { exitCode, result } = await account.run(argv)
    expect([exitCode, result.errorCode]).toEqual([2, 'PROVISION_USAGE'])
  })

  test('a command that this type does not have ends with 2', async () => {
    await account.save('server_u', { context_type: 'server' })
    const { exitCode, result } = await command('install', 'server_u')
    expect([exitCode, result.errorCode]).toEqual([2, 'PROVISION_USAGE'])
  })

  test.each([
    ['no JSON', 'PROVISION_BAD_REQUEST'],
    ['[]', 'PROVISION_BAD_REQUEST'],
    ['{"protocol":0}', 'PROVISION_BAD_REQUEST'],
    ['{"protocol":1,"contextOptions":[]}', 'PROVISION_BAD_REQUEST'],
    ['{"protocol":99}', 'PROVISION_PROTOCOL'],
    [`{"protocol":1,"x":"${'x'.repeat(MAX_LINE_BYTES)}"}`, 'PROVISION_BAD_REQUEST'],
  ])('the request %.30s is refused', async (request, code) => {
    const { exitCode, result } = await account.run(['provision-save', '@x'], request)
    expect([exitCode, result.errorCode]).toEqual([1, code])
  })
})

describe('a context', () => {
  test('of a newer format is refused and stays as it is', async () => {
    const text = '{"format":2,"name":"newer","type":"server","options":{}}'
    const file = account.put('.hosting-desk/contexts/newer.json', text)
    for (const { result } of [
      await account.save('newer', { remote_host: 'x' }),
      await account.save('newer', { delete: true }),
      await command('verify', 'newer'),
    ])
      expect(result.errorCode).toBe('PROVISION_CONTEXT_NEWER')
    expect(readFileSync(file, 'utf8')).toBe(text)
    rmSync(file)
  })

  test.each([
    ['cut', '{"format":1,"na'],
    ['changed by hand', '{"format":1,"name":"bad","type":"site","options":{"uri":"../../x"}}'],
  ])('that was %s is not worked with, and can be forgotten', async (_how, text) => {
    const file = account.put('.hosting-desk/contexts/bad.json', text)
    for (const name of ['verify', 'install', 'delete'])
      expect((await command(name, 'bad')).result.errorCode).toBe('PROVISION_CONTEXT_DAMAGED')
    expect((await account.save('bad', { delete: true })).result.isOk).toBe(true)
    expect(existsSync(file)).toBe(false)
  })

  test('is 0600, keeps its type, forgets a key with null, and goes with delete, twice', async () => {
    await account.save('server_x', { context_type: 'server', remote_host: 'x', http_port: '8080' })
    const changed = await account.save('server_x', {
      remote_host: null,
      http_service_type: 'nginx',
    })
    expect(changed.result.contexts[0]?.options).toEqual({
      http_port: 8080,
      http_service_type: 'nginx',
    })
    expect(account.tree().find((line) => line.includes('server_x.json'))).toContain(' 600 ')
    const other = await account.save('server_x', { context_type: 'site' })
    expect(other.result.errorCode).toBe('PROVISION_TYPE_FIXED')
    for (let time = 0; time < 2; time++) {
      const { result } = await account.save('server_x', { delete: true })
      expect(result).toMatchObject({ isOk: true, removedContexts: ['server_x'] })
    }
  })

  test('that names one that is not there is refused', async () => {
    const { result } = await account.save('p', { context_type: 'platform', server: '@nobody' })
    expect(result.errorCode).toBe('PROVISION_MISSING_CONTEXT')
  })
})

describe('a platform', () => {
  beforeAll(async () => {
    await account.save('server_p', { context_type: 'server' })
    account.put('sites/.keep', '')
    account.put('ok/index.html', 'x')
    symlinkSync(inHome('sites'), inHome('link'))
  })

  test.each([
    '/',
    '~/sites',
    '~/sites/x/..x',
    '~/.hosting-desk',
    '~/link',
    '/no/such',
    '~/ok/index.html',
  ])('cannot be %s', async (root) => {
    await account.save('platform_p', { context_type: 'platform', server: '@server_p', root })
    const { result } = await command('verify', 'platform_p')
    expect(result.errorCode).toMatch(/^PROVISION_(FOLDER_NOT_ALLOWED|NO_SUCH_FOLDER)$/)
  })

  test.each(['relative', '~', '~/', '~/../x', '/a/../b', '~root/x'])(
    'is refused at once as %s',
    async (root) => {
      const { result } = await account.save('platform_q', { context_type: 'platform', root })
      expect(result.errorCode).toBe('PROVISION_BAD_OPTION')
    },
  )

  test('with sites cannot be deleted, nor can a server with platforms', async () => {
    await account.save('platform_p', {
      context_type: 'platform',
      server: '@server_p',
      root: '~/ok',
    })
    await account.save('s.test', { context_type: 'site', platform: '@platform_p', uri: 's.test' })
    expect((await command('delete', 'platform_p')).result.errorCode).toBe(
      'PROVISION_PLATFORM_HAS_SITES',
    )
    expect((await command('delete', 'server_p')).result.errorCode).toBe(
      'PROVISION_SERVER_HAS_PLATFORMS',
    )
    await account.save('s.test', { delete: true })
    expect((await command('delete', 'platform_p')).result.isOk).toBe(true)
    expect((await command('delete', 'server_p')).result.isOk).toBe(true)
  })
})

describe('on the embedded web service', () => {
  let web: Server
  let port: number
  let isEmbedded = true

  beforeEach(async () => {
    isEmbedded = true
    web = createServer((request, response) => {
      if (isEmbedded) response.setHeader('X-Hosting-Desk', 'embedded')
      const uri = (request.headers.host ?? '').replace(/(\.localhost)?:\d+$/, '')
      response.statusCode = existsSync(inHome(`web/sites.d/${uri}.json`)) ? 200 : 404
      response.end()
    })
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
    port = (web.address() as AddressInfo).port
    account.put('platforms/e/index.html', 'embedded')
    await account.save('server_e', {
      context_type: 'server',
      http_service_type: 'embedded',
      http_port: port,
      critical_load_multiplier: ANY_LOAD,
    })
    await account.save('platform_e', {
      context_type: 'platform',
      server: '@server_e',
      root: '~/platforms/e',
    })
    await account.save('e.test', {
      context_type: 'site',
      platform: '@platform_e',
      uri: 'e.test',
      aliases: 'f.test',
    })
  })

  afterEach(async () => {
    await new Promise((resolve) => web.close(resolve))
    await account.save('e.test', { delete: true })
  })

  test('a site gets its file, its address, and loses both', async () => {
    expect((await command('verify', 'server_e')).result.isOk).toBe(true)
    const { result } = await command('install', 'e.test')
    expect(result.data['url']).toBe(`http://e.test.localhost:${port}`)
    const told = JSON.parse(readFileSync(inHome('web/sites.d/e.test.json'), 'utf8')) as Json
    expect(told).toEqual({ uri: 'e.test', root: inHome('sites/e.test'), aliases: ['f.test'] })
    expect((await command('install', 'e.test')).result.errorCode).toBe('PROVISION_SITE_INSTALLED')
    const renamed = await account.save('e.test', { uri: 'g.test' })
    expect(renamed.result.errorCode).toBe('PROVISION_URI_FIXED')
    expect((await command('delete', 'e.test')).result.isOk).toBe(true)
    expect(existsSync(inHome('web/sites.d/e.test.json'))).toBe(false)
  })

  test('a site that leads to one name, and one that is disabled, tell it so', async () => {
    await account.save('e.test', { redirection: 'f.test' })
    expect((await command('install', 'e.test')).result.errorMessage).toBeNull()
    const told = () => JSON.parse(readFileSync(inHome('web/sites.d/e.test.json'), 'utf8')) as Json
    expect(told()).toMatchObject({ redirection: 'f.test' })
    expect((await command('disable', 'e.test')).result.errorMessage).toBeNull()
    expect(told()).toMatchObject({ isEnabled: false })
    expect((await command('enable', 'e.test')).result.errorMessage).toBeNull()
    expect(told()).not.toHaveProperty('isEnabled')
    expect((await command('delete', 'e.test')).result.isOk).toBe(true)
  })

  test('a server that is not ours on that port is found out', async () => {
    isEmbedded = false
    expect((await command('verify', 'server_e')).result.errorCode).toBe('PROVISION_EMBEDDED_ABSENT')
  })

  test("somebody's folder of that name is not touched, neither by install nor by delete", async () => {
    account.put('sites/e.test/mine.txt', 'mine')
    expect((await command('install', 'e.test')).result.errorCode).toBe(
      'PROVISION_SITE_FOLDER_TAKEN',
    )
    expect((await command('delete', 'e.test')).result.isOk).toBe(true)
    expect(readFileSync(inHome('sites/e.test/mine.txt'), 'utf8')).toBe('mine')
  })

  test('a name of another installed site is refused', async () => {
    await account.save('h.test', {
      context_type: 'site',
      platform: '@platform_e',
      uri: 'h.test',
      aliases: ['k.test'],
    })
    expect((await command('install', 'h.test')).result.errorMessage).toBeNull()
    await account.save('k.test', { context_type: 'site', platform: '@platform_e', uri: 'k.test' })
    expect((await command('install', 'k.test')).result.errorCode).toBe('PROVISION_NAME_TAKEN')
    await account.save('k.test', { delete: true })
    expect((await command('delete', 'h.test')).result.isOk).toBe(true)
  })

  test('links of a platform are left out, with a warning', async () => {
    symlinkSync(inHome('.hosting-desk/contexts/server_e.json'), inHome('platforms/e/leak.json'))
    mkdirSync(inHome('platforms/e/.git'))
    writeFileSync(inHome('platforms/e/.git/config'), 'x')
    await account.save('l.test', { context_type: 'site', platform: '@platform_e', uri: 'l.test' })
    const { events, result } = await command('install', 'l.test')
    expect(result.errorMessage).toBeNull()
    expect(events).toContainEqual(
      expect.objectContaining({
        level: 'warning',
        message: expect.stringContaining('leak.json') as string,
      }),
    )
    expect(account.tree().filter((line) => line.startsWith('sites/l.test/')).length).toBe(2)
    expect((await command('delete', 'l.test')).result.isOk).toBe(true)
  })
})

test('root is refused, and nothing is made in its home folder', () => {
  const program = path.join(import.meta.dirname, '../../dist/provision/provision.mjs')
  const home = path.join(path.dirname(account.home), 'root')
  const argv = [process.execPath, program, 'verify', '@x']
  // An ordinary user is root in a namespace of its own.
  const asRoot = process.getuid?.() === 0 ? argv : ['unshare', '--map-root-user', ...argv]
  const { status, stdout } = spawnSync(asRoot[0] ?? '', asRoot.slice(1), {
    env: { HOME: home, PATH: '/usr/bin:/bin' },
    input: '{"protocol":1}',
    encoding: 'utf8',
  })
  expect(parseEvent(stdout.trim())).toMatchObject({ errorCode: 'PROVISION_IS_ROOT' })
  expect(status).toBe(1)
  expect(existsSync(home)).toBe(false)
})
