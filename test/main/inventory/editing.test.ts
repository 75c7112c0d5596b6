import { beforeEach, describe, expect, test } from 'vitest'
import type { Server, Site } from '#shared/domain/objects.ts'
import { MASK } from '#shared/domain/secret-keys.ts'
import type { Task } from '#shared/domain/task.ts'
import { shippedFeatures } from '../../../main/features/shipped.ts'
import type { Feature } from '../../../main/hooks/feature.ts'
import { HookRegistry } from '../../../main/hooks/registry.ts'
import { Editing } from '../../../main/inventory/editing.ts'
import { findPendingChanges, takeBack } from '../../../main/inventory/pending.ts'
import { IdMaker } from '../../../main/lib/ids.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import { UnitOfWork, type UnitParts } from '../../../main/task/unit-of-work.ts'
import { anId, aPlatform, aServer, aSite, aTask } from '../../support/objects.ts'
import { aBackend, aClient } from '../../support/rows.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openStore } from '../store/open-store.ts'

const secretive: Feature = {
  name: 'secretive',
  title: 'Secretive',
  contextOptions: (options, object) =>
    object.kind === 'server' ? { ...options, db_password: `s3cret${object.title}` } : options,
}

let parts: UnitParts

/** A server and a site as their backend knows them, but for what a test then changes. */
beforeEach(async () => {
  const store = await openStore(temporaryFolder())
  const now = () => 1_700_000_000_000
  const registry = new HookRegistry([...shippedFeatures, secretive])
  parts = { store, registry, ids: new IdMaker(now), now }
  await store.commit(
    new ChangeSet()
      .put('backend', aBackend({ id: anId(1) }))
      .put('client', aClient({ id: anId(6), siteQuota: 0 }))
      .put('server', aServer({ savedOptions: { remote_host: '127.0.0.1' } }))
      .put('platform', aPlatform())
      .put(
        'site',
        aSite({ savedOptions: { platform: '@platform_static', uri: 'www.example.com' } }),
      ),
  )
})

const change = (facts: Partial<Site>, ...tasks: Partial<Task>[]): Promise<void> => {
  const changes = new ChangeSet().put('site', { ...parts.store.get('site', anId(4)), ...facts })
  tasks.forEach((task, at) =>
    changes.put('task', aTask({ id: anId(50 + at), number: 1 + at, type: 'verify', ...task })),
  )
  return parts.store.commit(changes)
}
const siteNow = () => parts.store.get('site', anId(4))

describe('what is pending', () => {
  test('shows no secret', () => {
    const { changes } = findPendingChanges(parts, 'server', anId(2))
    expect(changes).toContainEqual({ key: 'db_password', saved: null, wanted: MASK })
    expect(JSON.stringify(changes)).not.toContain('s3cret')
  })

  test('is nothing for what was never saved, nor for what was deleted', async () => {
    const server: Server = aServer({ status: 'deleted', savedOptions: { remote_host: 'other' } })
    await parts.store.commit(new ChangeSet().put('server', server))
    expect(findPendingChanges(parts, 'server', anId(2)).changes).toEqual([])
    expect(findPendingChanges(parts, 'platform', anId(3))).toEqual({
      changes: [],
      task: null,
      canTakeBack: false,
    })
  })

  test('names the running task before one that waits', async () => {
    await change({ aliases: ['a.example.com'] }, {}, { status: 'processing', attempts: 1 })
    expect(findPendingChanges(parts, 'site', anId(4))).toMatchObject({
      task: { number: 2 },
      canTakeBack: false,
    })
  })
})

describe('taking back', () => {
  test('is refused while a task tells the server', async () => {
    await change({ aliases: ['a.example.com'] }, { status: 'processing', attempts: 1 })
    await expect(takeBack(parts, 'site', anId(4))).rejects.toMatchObject({ code: 'object.in-use' })
    expect(siteNow().aliases).toEqual(['a.example.com'])
  })

  test('leaves a verify that a person asked for, and drops the one of the edit', async () => {
    await change({ aliases: ['a.example.com'] }, { origin: 'edit' })
    expect(await takeBack(parts, 'site', anId(4))).toEqual({ task: null })
    expect(parts.store.get('task', anId(50)).status).toBe('cancelled')
    await change({ aliases: ['b.example.com'] }, { origin: 'user' })
    await takeBack(parts, 'site', anId(4))
    expect(parts.store.get('task', anId(50)).status).toBe('queued')
    expect(siteNow().aliases).toEqual([])
  })

  test('after a save that failed keeps the verify that waits', async () => {
    const failed = { status: 'error' as const, attempts: 1 }
    await change({ aliases: ['a.example.com'] }, failed, { origin: 'edit' })
    expect((await takeBack(parts, 'site', anId(4))).task).toMatchObject({ number: 2 })
    expect(parts.store.get('task', anId(51)).status).toBe('queued')
    expect(siteNow().aliases).toEqual([])
  })

  test('is refused where a former name is another site’s by now', async () => {
    const savedOptions = { ...siteNow().savedOptions, aliases: ['old.example.com'] }
    await change({ savedOptions, aliases: [] })
    await parts.store.commit(
      new ChangeSet().put('site', aSite({ id: anId(40), name: 'old.example.com' })),
    )
    await expect(takeBack(parts, 'site', anId(4))).rejects.toMatchObject({
      code: 'input.invalid',
      data: { problems: { aliases: expect.stringContaining('old.example.com') as string } },
    })
    expect(siteNow().aliases).toEqual([])
  })
})

describe('editing a site', () => {
  const edit = (facts: Partial<Site>) =>
    new Editing(parts).editSite({ ...siteNow(), ...facts }, 'edit')

  test('tells every problem at its field', async () => {
    const own = 'www.example.com'
    await expect(
      edit({ clientId: anId(6), aliases: [own], redirection: 'elsewhere.example' }),
    ).rejects.toMatchObject({
      data: {
        problems: {
          clientId: expect.any(String) as string,
          aliases: `${own} stands here twice.`,
          redirection: 'elsewhere.example is none of the names of this site.',
        },
      },
    })
  })

  test('to a client whose quota is full is refused at its field', async () => {
    await expect(edit({ clientId: anId(6) })).rejects.toMatchObject({
      data: { problems: { clientId: 'Acme may have no sites.' } },
    })
  })

  test('one that is being installed is verified after that, one never installed is installed', async () => {
    await change({ status: 'queued', url: null }, { type: 'install', status: 'processing' })
    const { task } = await edit({ aliases: ['a.example.com'] })
    expect(task).toMatchObject({ type: 'verify', afterId: anId(50), status: 'queued' })
    await change({}, { type: 'install', status: 'error' })
    await parts.store.commit(new ChangeSet().remove('task', task.id))
    expect((await edit({ aliases: [] })).task).toMatchObject({ type: 'install', afterId: null })
  })

  test('a name may stand on another backend, and only there', async () => {
    const name = 'there.example.com'
    const taken = aSite({ id: anId(41), name, backendId: anId(9) })
    const other = aBackend({ id: anId(9), port: 2222 })
    await parts.store.commit(new ChangeSet().put('backend', other).put('site', taken))
    expect((await edit({ aliases: [name] })).site.aliases).toEqual([name])
    await parts.store.commit(new ChangeSet().put('site', { ...taken, backendId: anId(1) }))
    await expect(edit({ aliases: [name] })).rejects.toMatchObject({
      data: { problems: { aliases: expect.stringContaining(name) as string } },
    })
  })
})

describe('editing a server', () => {
  const edit = (services: Server['services'], host = '127.0.0.1') =>
    new Editing(parts).editServer(
      {
        id: anId(2),
        title: 'web1',
        services,
        account: { address: { ...aBackend(), host, port: 2222 }, limit: 4 },
      },
      'edit',
    )

  test('tells every problem at its field', async () => {
    await parts.store.commit(
      new ChangeSet().put('backend', aBackend({ id: anId(9), host: 'taken', port: 2222 })),
    )
    const db = { type: 'iis', port: null, restartCommand: null }
    await expect(edit({ db }, 'TAKEN')).rejects.toMatchObject({
      data: {
        problems: {
          'account.address.host': expect.any(String) as string,
          'services.db.type': 'There is no db service of type iis.',
          'services.http.type': 'Its platforms need a web server.',
        },
      },
    })
    expect(parts.store.get('server', anId(2)).services).toHaveProperty('http')
  })

  test('waits until the account is at hand before the verify is queued', async () => {
    const { http } = aServer().services
    if (http === undefined) throw new Error('It has one.')
    let atAccount: unknown
    await new Editing(parts).editServer(
      {
        id: anId(2),
        title: 'web1',
        services: { http },
        account: { address: { ...aBackend(), host: 'new.example.com' }, limit: 4 },
      },
      'edit',
      (id) => {
        const { host } = parts.store.get('backend', id)
        atAccount = { host, tasks: parts.store.select('task', '').length }
        return Promise.resolve()
      },
    )
    expect(atAccount).toEqual({ host: 'new.example.com', tasks: 0 })
    expect(parts.store.select('task', '')).toMatchObject([{ type: 'verify', objectId: anId(2) }])
  })
})

describe('HTTPS of a site', () => {
  const edit = (facts: Partial<Site>) =>
    new Editing(parts).editSite(
      { id: anId(4), clientId: null, aliases: [], redirection: null, ...facts },
      'edit',
    )

  test('goes to the server in Aegir’s numbers, and is unset once it is off', async () => {
    const own = { type: 'own', file: '/etc/a.pem', keyFile: '/etc/a.key' } as const
    await edit({ https: 'required', certificate: own })
    const wanted = (): Record<string, unknown> =>
      parts.registry.contextOptions(siteNow(), new UnitOfWork(parts)).options
    expect(wanted()).toMatchObject({
      https_enabled: 2,
      certificate_type: 'own',
      certificate_file: '/etc/a.pem',
      certificate_key_file: '/etc/a.key',
    })
    await edit({ https: 'off', certificate: null })
    expect(wanted()).toMatchObject({ https_enabled: null, certificate_type: null })
  })

  test('stays as it is where an edit does not mention it', async () => {
    await edit({ https: 'enabled', certificate: { type: 'self-signed' }, siteTitle: 'Shop' })
    await edit({})
    expect(siteNow()).toMatchObject({
      https: 'enabled',
      certificate: { type: 'self-signed' },
      siteTitle: 'Shop',
    })
  })

  test('needs a certificate, and one of an authority needs the service of its server', async () => {
    await expect(edit({ https: 'enabled' })).rejects.toMatchObject({
      data: { problems: { certificate: 'HTTPS needs a certificate: choose which.' } },
    })
    const acme = { https: 'enabled', certificate: { type: 'acme' } } as const
    await expect(edit(acme)).rejects.toMatchObject({
      data: {
        problems: { certificate: expect.stringContaining('no certificate service') as string },
      },
    })
    expect(siteNow().https).toBe('off')
  })

  test('is taken back as the server has it', async () => {
    await edit({ https: 'enabled', certificate: { type: 'self-signed' } })
    await takeBack(parts, 'site', anId(4))
    expect(siteNow()).toMatchObject({ https: 'off', certificate: null })
  })
})
