import { describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { HostingObject } from '#shared/domain/objects.ts'
import type { ProvisionContext } from '#shared/protocol/provision.ts'
import type { Feature } from '../../../main/hooks/feature.ts'
import type { ReadingHost } from '../../../main/hooks/host.ts'
import { HookRegistry } from '../../../main/hooks/registry.ts'
import { shippedServices } from '../../../main/features/services.ts'
import * as objects from '../../../main/inventory/import-objects.ts'
import { parseAccount } from '../../../main/shell/dispatch/commands/import.ts'
import { anId, aSite } from '../../support/objects.ts'

const base = {
  id: anId(9),
  backendId: anId(1),
  dialect: 'native' as const,
  title: null,
  verifiedAt: null,
  tags: [],
  facts: null,
  createdAt: 1,
  changedAt: 1,
}
const parents = { serverId: anId(2), platformId: anId(3), clientId: null }
const TYPES = shippedServices.services ?? []
const toImported = (
  given: ProvisionContext,
  base: objects.ImportBase,
  parents: objects.ImportParents,
  before: HostingObject | undefined,
) => objects.toImported(given, base, parents, before, TYPES)
const none = { serverId: null, platformId: null, clientId: null }

const context = (
  type: ProvisionContext['type'],
  name: string,
  options: JsonRecord,
): ProvisionContext => ({ format: 1, name, type, options })
const site = (options: JsonRecord): ProvisionContext =>
  context('site', 'www.example.com', { platform: '@platform_x', installed: true, ...options })

describe('a context that is imported', () => {
  test('of a server brings its address and services', () => {
    const options = {
      remote_host: 'web1.example.com',
      http_service_type: 'nginx',
      http_port: 8080,
      db_service_type: 'mariadb',
      certificate_service_type: 'acme',
      acme_directory: 'https://acme.example/directory',
      http_https_port: 'not a number',
    }
    expect(
      toImported(context('server', 'server_web1', options), base, none, undefined),
    ).toMatchObject({
      kind: 'server',
      name: 'server_web1',
      title: 'web1',
      status: 'enabled',
      remoteHost: 'web1.example.com',
      services: {
        http: { type: 'nginx', port: 8080, restartCommand: null },
        db: { type: 'mariadb', port: null, restartCommand: null },
        certificate: {
          type: 'acme',
          port: null,
          restartCommand: null,
          values: { acme_directory: 'https://acme.example/directory' },
        },
      },
    })
  })

  test.each([
    ['a title of its own', { title: 'Web Öne' }, null, 'Web Öne'],
    ['the title that it has here', { title: 'there' }, 'here', 'here'],
    ['what its name says', {}, null, 'web1'],
  ])('is called by %s', (_what, options, title, expected) => {
    const given = context('server', 'server_web1', { remote_host: 'a.example', ...options })
    expect(toImported(given, { ...base, title }, none, undefined)).toMatchObject({
      title: expected,
    })
  })

  test('of a platform is locked where it was', () => {
    const options = { server: '@server_web1', root: '/srv/x', platform_locked: true }
    expect(
      toImported(context('platform', 'platform_X', options), base, parents, undefined),
    ).toMatchObject({ status: 'locked', title: 'X', serverId: anId(2), application: null })
  })

  test.each([
    ['enabled', {}, { status: 'enabled' }],
    ['disabled', { site_enabled: false }, { status: 'disabled' }],
    ['not yet installed', { installed: null, url: 'http://a' }, { status: 'queued', url: null }],
    ['with a schedule', { backup_every_seconds: 3600 }, { backupEverySeconds: 3600 }],
  ])('of a site that is %s is so here', (_what, options, expected) => {
    expect(toImported(site(options), base, parents, undefined)).toMatchObject(expected)
  })

  test('keeps what only this desk knows of a site', () => {
    const before = aSite({ id: base.id, lastCronAt: 77 })
    expect(toImported(site({}), base, parents, before)).toMatchObject({ lastCronAt: 77 })
  })

  test.each([
    ['a platform that is not there', site({}), none, /@platform_x/],
    ['aliases that are no names', site({ aliases: ['../x'] }), parents, /aliases/],
    ['a schedule of a second', site({ backup_every_seconds: 1 }), parents, /backupEverySeconds/],
    ['no folder', context('platform', 'platform_x', { server: '@server_web1' }), parents, /root/],
    ['no address', context('server', 'server_x', {}), none, /remoteHost/],
  ])('with %s is not taken, and says so', (_what, given, named, problem) => {
    expect(toImported(given, base, named, undefined)).toMatch(problem)
  })
})

describe('features that change what is imported', () => {
  const host = {} as ReadingHost
  const imported = (...features: Partial<Feature>[]) =>
    new HookRegistry(
      features.map((one, at) => ({ name: `f${at}`, title: `F${at}`, ...one })),
    ).importedObject(aSite(), site({}), host)

  test('are asked in turn, each with what those before made of it', () => {
    const { object, problems } = imported(
      { importContext: (one) => ({ ...one, title: `${one.title} a` }) },
      {
        importContext: (one, { options }) => ({
          ...one,
          title: `${one.title} ${JSON.stringify(options['platform'])}`,
        }),
      },
    )
    expect(object.title).toBe('www.example.com a "@platform_x"')
    expect(problems).toEqual([])
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['gives another object', () => aSite({ id: anId(99) })],
    ['gives none', () => ({ kind: 'site' }) as never],
  ])('are left out and named where one %s', (_what, importContext) => {
    const { object, problems } = imported(
      { importContext },
      { importContext: (one) => ({ ...one, title: 'good' }) },
    )
    expect(object).toEqual(aSite({ title: 'good' }))
    expect(problems).toMatchObject([{ feature: 'f0', hook: 'importContext' }])
  })
})

describe('an account as it is typed', () => {
  test.each([
    ['hosting@web1.example.com', { user: 'hosting', host: 'web1.example.com', port: 22 }],
    ['a@127.0.0.1:2222', { user: 'a', host: '127.0.0.1', port: 2222 }],
    ['a@[::1]:2222', { user: 'a', host: '::1', port: 2222 }],
  ])('%s is read', (typed, address) => {
    expect(parseAccount(typed, undefined)).toEqual({ ...address, login: { method: 'agent' } })
    expect(parseAccount(typed, '/k').login).toEqual({ method: 'key', keyFile: '/k' })
  })

  test.each(['web1', '@host', 'a@', 'a@b:0', 'a@b:99999', 'a@-oProxyCommand=x', 'a b@c'])(
    '%s is refused',
    (typed) => {
      expect(() => parseAccount(typed, undefined)).toThrow(/neither a backend nor an account/)
    },
  )
})
