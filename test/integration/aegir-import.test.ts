import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { openDeskAtAegir, type DeskAtAegir } from '../support/drush/desk-at-aegir.ts'
import { codeOfCall } from '../support/calls.ts'

/** Three machines, twelve platforms, four hundred sites; a client each fortieth. */
function aLargeAccount(): Record<string, JsonRecord> {
  const servers = {
    server_master: {
      remote_host: 'web1.example.com',
      http_service_type: 'nginx_ssl',
      http_port: '80',
    },
    server_web2: {
      remote_host: 'web2.example.com',
      http_service_type: 'apache',
      http_port: '80',
      Certificate_service_type: 'LetsEncrypt',
      letsencrypt_ca: 'production',
    },
    server_db1: {
      remote_host: 'db1.example.com',
      db_service_type: 'mysql',
      db_port: '3306',
      master_db: 'mysql://aegir:a-password-of-databases@db1.example.com',
    },
  }
  const platforms = Array.from({ length: 12 }, (_one, at) => [
    `platform_p${at}`,
    {
      context_type: 'platform',
      server: '@server_master',
      web_server: at < 6 ? '@server_master' : '@server_web2',
      root: `/var/aegir/platforms/p${at}`,
      makefile: '',
      make_working_copy: false,
    },
  ])
  const sites = Array.from({ length: 400 }, (_one, at) => [
    `site${at}.example.com`,
    {
      context_type: 'site',
      platform: `@platform_p${at % 12}`,
      server: '@server_master',
      db_server: '@server_db1',
      uri: `site${at}.example.com`,
      root: `/var/aegir/platforms/p${at % 12}`,
      site_path: `/var/aegir/platforms/p${at % 12}/sites/site${at}.example.com`,
      site_enabled: at % 10 !== 9,
      language: 'en',
      client_name: `client${Math.floor(at / 40)}`,
      aliases: at % 2 === 0 ? [`www.site${at}.example.com`] : [],
      redirection: at % 4 === 0 ? `www.site${at}.example.com` : false,
      cron_key: `cron-key-of-site-${at}`,
      drush_aliases: [],
      profile: 'standard',
      install_method: 'profile',
      ...(at === 7 ? { home_grown_flag: 'yes' } : {}),
    },
  ])
  return Object.fromEntries([
    ...Object.entries(servers).map(([name, record]) => [
      name,
      { context_type: 'server', ...record },
    ]),
    ...platforms,
    ...sites,
  ]) as Record<string, JsonRecord>
}

const loginsSoFar = (): number => desk.aegir.sshd.log().split('Accepted publickey').length - 1

const everything = async (calls: DeskClient) => {
  const all = { limit: 1000 }
  return {
    servers: (await calls.server.list(all)).items,
    platforms: (await calls.platform.list(all)).items,
    sites: (await calls.site.list(all)).items,
    clients: (await calls.client.list(all)).items,
    backups: (await calls.backup.list(all)).items,
  }
}

let desk: DeskAtAegir

beforeAll(async () => {
  desk = await openDeskAtAegir('hdaegiri')
  desk.aegir.put(aLargeAccount())
  desk.aegir.breakContext('server_broken')
  // An ordinary alias, and Aegir's own frontend.
  desk.aegir.put({
    'my-laptop': { root: '/home/me/drupal' },
    platform_hostmaster: {
      context_type: 'platform',
      web_server: '@server_master',
      root: '/var/aegir/hm',
    },
    hostmaster: {
      context_type: 'site',
      uri: 'aegir.example.com',
      platform: '@platform_hostmaster',
    },
  })
  desk.aegir.asAccount(
    'mkdir backups && echo x >backups/site3.example.com-20240102.030405.tar.gz && echo xy >backups/site4.example.com-20240102.030405_1 && echo x >backups/gone.example.com-20240102.030405.tar.gz && echo x >backups/README',
  )
  await desk.openNew()
  // On a busy machine the queues come round before this is over; here nothing is to be done on the server.
  await desk.calls().app.pauseDispatch()
}, 60_000)

afterAll(() => desk.close())

describe('an account of three servers, twelve platforms and four hundred sites', () => {
  test('is not even asked before its host key is trusted', async () => {
    const unknown = { ...desk.aegir.address, host: 'localhost' }
    expect(await codeOfCall(desk.calls().inventory.preview({ address: unknown }))).toBe(
      'ssh.host-key-unknown',
    )
    expect(await desk.calls().backend.list()).toEqual([])
  })

  test('is looked at first, with nothing stored', async () => {
    const logins = loginsSoFar()
    const preview = await desk.calls().inventory.preview({ address: desk.aegir.address })
    expect(loginsSoFar() - logins).toBe(1)
    expect(preview).toMatchObject({
      dialect: 'aegir',
      known: 0,
      changed: [],
      backups: 2,
      foreignBackups: 1,
    })
    const count = (kind: string): number => preview.added.filter((one) => one.kind === kind).length
    expect([count('server'), count('platform'), count('site')]).toEqual([3, 12, 400])
    expect(preview.unknownKeys).toEqual(
      expect.arrayContaining([
        { name: 'site7.example.com', keys: ['home_grown_flag'] },
        { name: 'server_web2', keys: ['Certificate_service_type'] },
      ]) as unknown,
    )
    expect(await desk.calls().backend.list()).toEqual([])
    expect((await everything(desk.calls())).clients).toEqual([])
  })

  test('is here afterwards, and a broken alias is told of by its name', async () => {
    const logins = loginsSoFar()
    const result = await desk.importAll()
    expect(loginsSoFar() - logins).toBe(1)
    expect(result.added).toHaveLength(415)
    expect(result.problems.map(({ name }) => name).toSorted()).toEqual([
      'hostmaster',
      'platform_hostmaster',
      'server_broken',
    ])
    expect(result.problems.find(({ name }) => name === 'server_broken')?.message).toContain(
      '@server_broken',
    )
    const { sites, clients, backups, servers } = await everything(desk.calls())
    expect(sites).toHaveLength(400)
    expect(clients).toHaveLength(10)
    expect(sites.find(({ name }) => name === 'site0.example.com')).toMatchObject({
      status: 'enabled',
      aliases: ['www.site0.example.com'],
      redirection: 'www.site0.example.com',
    })
    expect(sites.filter(({ status }) => status === 'disabled')).toHaveLength(40)
    expect(backups.map(({ siteName, sizeBytes }) => [siteName, sizeBytes])).toEqual(
      expect.arrayContaining([
        ['site3.example.com', 2],
        ['site4.example.com', 3],
      ]) as unknown,
    )
    expect(servers.map(({ title }) => title).toSorted()).toEqual([
      'db1.example.com',
      'web1.example.com',
      'web2.example.com',
    ])
    // Nothing was done on the server, and nothing of its passwords is here.
    expect(desk.aegir.journal()).toEqual([])
    expect(JSON.stringify(await everything(desk.calls()))).not.toMatch(/a-password-of|cron-key-of/)
  })

  test('is the same after a second import', async () => {
    const before = await everything(desk.calls())
    const result = await desk.importAll()
    expect(result).toMatchObject({ added: [], known: 415, changed: [], backups: 0 })
    expect(await everything(desk.calls())).toEqual(before)
  })

  test('is refreshed where it was changed there', async () => {
    const name = 'site8.example.com'
    desk.aegir.put({ [name]: { ...aLargeAccount()[name], aliases: ['new.example.com'] } })
    const [backend] = await desk.calls().backend.list()
    const preview = await desk.calls().inventory.preview({ backendId: backend?.id ?? '' })
    expect(preview.changed).toEqual([{ kind: 'site', name, keys: ['aliases'] }])
    await desk.calls().inventory.import({ backendId: backend?.id ?? '' })
    const site = await desk.calls().site.get({ id: await desk.idOf('site', name) })
    expect(site.aliases).toEqual(['new.example.com'])
  })
})

test('an account that is forgotten here is untouched there, and comes back by an import', async () => {
  const [backend] = await desk.calls().backend.list()
  await desk.calls().aegir.forgetAccount({ backendId: backend?.id ?? '' })
  expect(await desk.calls().backend.list()).toEqual([])
  expect((await desk.calls().site.list({ limit: 1 })).total).toBe(0)
  expect(desk.aegir.journal()).toEqual([])
  expect((await desk.importAll()).added).toHaveLength(415)
})
