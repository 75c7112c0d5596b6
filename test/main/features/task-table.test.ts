import { describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { ObjectKind } from '#shared/domain/objects.ts'
import { shippedFeatures } from '../../../main/features/shipped.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import { collectRequest } from '../../../main/task/request.ts'
import { UnitOfWork } from '../../../main/task/unit-of-work.ts'
import { aRunner } from '../../support/fake-backend.ts'
import { anId, aPlatform, aServer, aSite, aTask } from '../../support/objects.ts'
import { aBackup, aClient } from '../../support/rows.ts'

const OTHER = anId(30)
const OBJECTS: Readonly<Record<ObjectKind, string>> = {
  server: anId(2),
  platform: anId(3),
  site: anId(4),
}

/** A site with everything that is sent of one, on the first of two platforms. */
const rows = (): ChangeSet =>
  new ChangeSet()
    .put('client', aClient({ title: 'Acme', email: 'ann@acme.example' }))
    .put('server', aServer({ name: 'server_web1', remoteHost: 'web1.example.com' }))
    .put('platform', aPlatform({ abilities: ['cron', 'login-reset'] }))
    .put('platform', aPlatform({ id: OTHER, name: 'platform_other', title: 'Other' }))
    .put(
      'site',
      aSite({
        clientId: anId(6),
        aliases: ['example.com', 'example.net'],
        redirection: 'example.com',
      }),
    )
    .put('backup', aBackup({ id: anId(7), file: '/home/desk/backups/one.tar.gz' }))
    .put('backup', aBackup({ id: anId(8), file: '/home/desk/backups/two.tar.gz' }))

async function request(kind: ObjectKind, type: string, values: JsonRecord, change = rows()) {
  const { parts } = await aRunner(shippedFeatures, change)
  const task = aTask({ type, objectKind: kind, objectId: OBJECTS[kind], values })
  const definition = parts.registry.getTaskType(kind, type)
  return { definition, ...collectRequest(task, definition, parts.registry, new UnitOfWork(parts)) }
}

const SERVER = {
  context_type: 'server',
  title: 'web1',
  remote_host: 'web1.example.com',
  http_service_type: 'nginx',
  http_port: 8080,
  http_restart_cmd: null,
  http_https_port: null,
  db_service_type: null,
  certificate_service_type: null,
  dispatch_plan: null,
}
const PLATFORM = {
  context_type: 'platform',
  title: 'Static',
  server: '@server_web1',
  web_server: '@server_web1',
  root: '/srv/static',
}
const SITE = {
  context_type: 'site',
  platform: '@platform_static',
  uri: 'www.example.com',
  aliases: ['example.com', 'example.net'],
  redirection: 'example.com',
  client_name: 'Acme',
  backup_every_seconds: null,
  site_title: null,
  db_server: null,
  https_enabled: null,
  certificate_type: null,
  certificate_file: null,
  certificate_key_file: null,
}
const EMAIL = { client_email: 'ann@acme.example' }

interface Row {
  kind: ObjectKind
  type: string
  values?: JsonRecord
  command?: string
  args?: string[]
  options?: JsonRecord
  /** What is saved first; nothing where absent. */
  context?: JsonRecord
  forgets?: boolean
}

/** The reference's 4.9 to 5.6, as far as a native backend takes it. */
const TABLE: readonly Row[] = [
  { kind: 'server', type: 'verify', context: SERVER },
  { kind: 'server', type: 'delete', forgets: true },
  { kind: 'platform', type: 'verify', context: PLATFORM },
  { kind: 'platform', type: 'lock' },
  { kind: 'platform', type: 'unlock' },
  { kind: 'platform', type: 'migrate', values: { platformId: OTHER } },
  { kind: 'platform', type: 'delete', forgets: true },
  { kind: 'site', type: 'install', context: SITE, options: EMAIL },
  { kind: 'site', type: 'import', context: SITE },
  { kind: 'site', type: 'verify', context: SITE },
  {
    kind: 'site',
    type: 'backup',
    values: { description: 'mine' },
    options: { description: 'mine' },
  },
  {
    kind: 'site',
    type: 'restore',
    values: { backup: anId(8) },
    args: ['/home/desk/backups/two.tar.gz'],
    options: { description: 'Before a restore' },
  },
  {
    kind: 'site',
    type: 'clone',
    values: { newName: 'Staging.Example.com.', platformId: OTHER },
    args: ['@staging.example.com', '@platform_other'],
    options: { description: 'Before a clone' },
  },
  {
    kind: 'site',
    type: 'clone',
    values: { newName: 'staging.example.com' },
    args: ['@staging.example.com', '@platform_static'],
    options: { description: 'Before a clone' },
  },
  {
    kind: 'site',
    type: 'migrate',
    values: { platformId: OTHER },
    args: ['@platform_other'],
    options: { description: 'Before a migration' },
  },
  {
    kind: 'site',
    type: 'migrate',
    values: { platformId: OTHER, newName: 'www.example.com' },
    args: ['@platform_other'],
    options: { description: 'Before a migration' },
  },
  {
    kind: 'site',
    type: 'migrate',
    values: { platformId: OTHER, newName: 'new.example.com' },
    args: ['@platform_other', '@new.example.com'],
    options: { description: 'Before a migration' },
  },
  {
    kind: 'site',
    type: 'rename',
    values: { newName: 'new.example.com' },
    command: 'migrate',
    args: ['@platform_static', '@new.example.com'],
    options: { description: 'Before a new name' },
  },
  { kind: 'site', type: 'login-reset', options: EMAIL },
  { kind: 'site', type: 'cron' },
  { kind: 'site', type: 'disable' },
  { kind: 'site', type: 'enable' },
  {
    kind: 'site',
    type: 'undelete',
    values: { backup: anId(8) },
    command: 'import',
    context: SITE,
    args: ['/home/desk/backups/two.tar.gz'],
  },
  {
    kind: 'site',
    type: 'backup-delete',
    values: { backups: [anId(7), anId(8)] },
    args: ['/home/desk/backups/one.tar.gz', '/home/desk/backups/two.tar.gz'],
  },
  {
    kind: 'site',
    type: 'delete',
    forgets: true,
    options: { description: 'Before the site was deleted' },
  },
  {
    kind: 'site',
    type: 'delete',
    values: { force: true },
    forgets: true,
    options: { description: 'Before the site was deleted', force: true },
  },
]

describe('what a task sends', () => {
  test.each(TABLE.map((row) => [`${row.kind} ${row.type}`, row] as const))(
    '%s',
    async (_name, { kind, type, values = {}, ...row }) => {
      const { sent, problems, definition } = await request(kind, type, values)
      expect(problems).toEqual([])
      expect({ ...sent, args: [...sent.args].sort() }).toEqual({
        command: row.command ?? type,
        args: [...(row.args ?? [])].sort(),
        options: row.options ?? {},
        contexts:
          row.context === undefined
            ? []
            : [{ name: expect.any(String) as string, options: row.context }],
      })
      expect(definition.forgetsContext ?? false).toBe(row.forgets ?? false)
    },
  )

  test('every task type that ships is in this table', async () => {
    const { parts } = await aRunner(shippedFeatures)
    const shipped = (['server', 'platform', 'site'] as const).flatMap((kind) =>
      parts.registry.taskTypes(kind).map(({ type }) => `${kind} ${type}`),
    )
    expect(new Set(TABLE.map(({ kind, type }) => `${kind} ${type}`))).toEqual(new Set(shipped))
  })

  test('args keep the reference’s order: a clone’s name first, a migrate’s platform first', async () => {
    const values = { platformId: OTHER, newName: 'new.example.com' }
    const clone = await request('site', 'clone', values)
    expect(clone.sent.args).toEqual(['@new.example.com', '@platform_other'])
    const migrate = await request('site', 'migrate', values)
    expect(migrate.sent.args).toEqual(['@platform_other', '@new.example.com'])
  })

  test.each([
    ['was not deleted', aSite(), 'The site was not deleted.'],
    ['was deleted', aSite({ status: 'deleted' }), null],
    ['lost its platform', aSite({ status: 'deleted', platformId: OTHER }), 'Its platform was'],
    ['has no backup', aSite({ status: 'deleted', id: anId(44) }), 'There is no backup of it left.'],
  ] as const)('undelete of a site that %s', async (_, site, said) => {
    const change = rows()
      .put('platform', aPlatform({ id: OTHER, name: 'platform_other', status: 'deleted' }))
      .put('site', site)
    const { parts } = await aRunner(shippedFeatures, change)
    const refusal = parts.registry
      .getTaskType('site', 'undelete')
      .refusal(site, new UnitOfWork(parts))
    if (said === null) expect(refusal).toBeNull()
    else expect(refusal).toContain(said)
  })

  test('what a site no longer has is sent as unset', async () => {
    const bare = rows().put('site', aSite())
    const { sent } = await request('site', 'verify', {}, bare)
    expect(sent.contexts[0]?.options).toEqual({
      ...SITE,
      aliases: null,
      redirection: null,
      client_name: null,
    })
  })

  test('a site without a client, or with one without an address, sends none', async () => {
    const { sent } = await request('site', 'install', {}, rows().put('site', aSite()))
    expect(sent.options).toEqual({ client_email: null })
  })
})
