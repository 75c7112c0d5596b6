import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { PlannedChange } from '#shared/protocol/planned-change.ts'
import { COMMANDS } from '../../provision/commands/commands.ts'
import type { Ran } from '../support/provision.ts'
import { SiteHarness } from '../support/provision-site.ts'
import { filesOf } from '../support/snapshots.ts'

let desk: SiteHarness
let backup: string

beforeAll(async () => {
  desk = await SiteHarness.open()
  backup = await desk.backUp()
  const site = { context_type: 'site', platform: '@platform_a' }
  for (const name of ['new.test', 'found.test'])
    await desk.account.save(name, { ...site, uri: name })
  desk.account.put('sites/found.test/index.html', 'found')
  await desk.account.save('platform_c', {
    context_type: 'platform',
    server: '@server_a',
    root: '~/platforms/b',
  })
  await desk.account.save('server_c', { context_type: 'server', http_service_type: 'nginx' })
})
afterAll(() => desk.close())

/** What a command would change; the account's whole home has to be as it was, to the byte. */
async function preview(
  name: string,
  context: string,
  args: readonly string[] = [],
  request: JsonRecord = {},
): Promise<{ ran: Ran; changes: PlannedChange[] }> {
  const before = filesOf(desk.account.home)
  const argv = [`provision-${name}`, `@${context}`, ...args]
  const ran = await desk.account.run(argv, { ...request, dryRun: true })
  expect(filesOf(desk.account.home)).toEqual(before)
  expect(ran.result).toMatchObject({ contexts: [], removedContexts: [] })
  const changes = (ran.result.data['changes'] ?? []) as unknown as PlannedChange[]
  return { ran, changes }
}

const inShort = (changes: readonly PlannedChange[]): string[] =>
  changes.map(
    ({ kind, action, target }) => `${action} ${kind} ${target.replace(desk.account.home, '~')}`,
  )

const SITE = 'www.example.test'
const VHOST = '~/nginx/vhost.d'
const RELOAD = 'run reload nginx'
const PACK = expect.stringMatching(
  /^create file ~\/backups\/www\.example\.test-\d{8}T\d{6}Z(_\d+)?\.tar\.gz$/,
) as string
const change = (name: string): string => `change context @${name}`

/** What each command says that it would change. */
const COMMANDS_AND_CHANGES: readonly (readonly [string, string, () => string[], string[]])[] = [
  // Nothing changes in the files; a verify of a server loads them anyway.
  ['server verify', 'server_a', () => [], [RELOAD]],
  ['server delete', 'server_c', () => [], ['remove context @server_c']],
  ['platform verify', 'platform_c', () => [], [change('platform_c')]],
  ['platform lock', 'platform_a', () => [], [change('platform_a')]],
  ['platform unlock', 'platform_a', () => [], [change('platform_a')]],
  ['platform delete', 'platform_c', () => [], ['remove context @platform_c']],
  [
    'site install',
    'new.test',
    () => [],
    [
      'create folder ~/sites/new.test',
      `create file ${VHOST}/new.test.conf`,
      RELOAD,
      change('new.test'),
    ],
  ],
  ['site verify', SITE, () => [], []],
  ['site backup', SITE, () => [], [PACK]],
  ['site restore', SITE, () => [backup], [PACK, `change folder ~/sites/${SITE}`]],
  ['site disable', SITE, () => [], [`change file ${VHOST}/${SITE}.conf`, RELOAD, change(SITE)]],
  ['site enable', SITE, () => [], [change(SITE)]],
  [
    'site clone',
    SITE,
    () => ['@copy.test', '@platform_b'],
    [
      PACK,
      'create folder ~/sites/copy.test',
      `create file ${VHOST}/copy.test.conf`,
      RELOAD,
      'create context @copy.test',
    ],
  ],
  ['site migrate', SITE, () => ['@platform_b'], [PACK, change(SITE)]],
  [
    'site migrate',
    SITE,
    () => ['@platform_a', '@renamed.test'],
    [
      PACK,
      `move folder ~/sites/${SITE}`,
      `remove file ${VHOST}/${SITE}.conf`,
      RELOAD,
      `remove file ~/nginx/log/${SITE}.access.log`,
      `remove file ~/nginx/log/${SITE}.error.log`,
      `create file ${VHOST}/renamed.test.conf`,
      RELOAD,
      'create context @renamed.test',
      `remove context @${SITE}`,
    ],
  ],
  [
    'site import',
    'found.test',
    () => [],
    [`create file ${VHOST}/found.test.conf`, RELOAD, change('found.test')],
  ],
  [
    'site delete',
    SITE,
    () => [],
    [
      PACK,
      `remove file ${VHOST}/${SITE}.conf`,
      RELOAD,
      `remove file ~/nginx/log/${SITE}.access.log`,
      `remove file ~/nginx/log/${SITE}.error.log`,
      `remove folder ~/sites/${SITE}`,
      `remove context @${SITE}`,
    ],
  ],
]

describe('a preview changes nothing and lists what would be changed', () => {
  test.each(COMMANDS_AND_CHANGES)('of %s @%s', async (command, context, args, expected) => {
    const { ran, changes } = await preview(command.split(' ')[1] ?? '', context, args())
    expect(ran.result.errorMessage).toBeNull()
    expect(inShort(changes)).toEqual(expected)
  })

  test('of backup-delete', async () => {
    const { changes } = await preview('backup-delete', SITE, [backup])
    expect(changes).toEqual([{ kind: 'file', action: 'remove', target: backup }])
  })

  test.each(['cron', 'login-reset'])('of %s, which plain files cannot', async (name) => {
    const { ran } = await preview(name, SITE)
    expect(ran.result.errorCode).toBe('PROVISION_NO_SUCH_ABILITY')
  })

  test('for every command that changes something', () => {
    const all = Object.entries(COMMANDS).flatMap(([type, commands]) =>
      Object.entries(commands).flatMap(([name, { isReading = false }]) =>
        isReading ? [] : [`${type} ${name}`],
      ),
    )
    const seen = new Set(COMMANDS_AND_CHANGES.map(([command]) => command))
    const others = ['site cron', 'site login-reset']
    expect(all.filter((one) => !seen.has(one) && !others.includes(one))).toEqual([])
  })
})

describe('what would be saved first', () => {
  test('is laid over what is stored, and shows in files that follow from it', async () => {
    const contextOptions = { aliases: ['also.example.test'] }
    const { changes } = await preview('verify', SITE, [], { contextOptions })
    expect(inShort(changes)).toEqual([change(SITE), `change file ${VHOST}/${SITE}.conf`, RELOAD])
    expect(changes[0]?.diff).toContain('+    "aliases": [\n+      "also.example.test"\n')
    expect(changes[1]?.diff).toMatch(
      /^-\s+server_name www\.example\.test;\n\+\s+server_name www\.example\.test also\.example\.test;$/m,
    )
  })

  test('may be all that there is of a context', async () => {
    const contextOptions = { context_type: 'site', platform: '@platform_a', uri: 'fresh.test' }
    const { ran, changes } = await preview('install', 'fresh.test', [], { contextOptions })
    expect(ran.result.errorMessage).toBeNull()
    expect(inShort(changes)[0]).toBe('create context @fresh.test')
  })

  test('is refused as a save would be', async () => {
    const { ran } = await preview('verify', SITE, [], { contextOptions: { nonsense: 1 } })
    expect(ran.result.errorCode).toBe('PROVISION_UNKNOWN_OPTION')
  })

  test.each([
    [{ http_port: 8081 }, ['change context @server_a']],
    [{ delete: true }, ['remove context @server_a']],
  ])('by a save alone: %j', async (contextOptions, expected) => {
    const { changes } = await preview('save', 'server_a', [], { contextOptions })
    expect(inShort(changes)).toEqual(expected)
  })
})

test('what a command would refuse is refused', async () => {
  const { ran } = await preview('install', SITE)
  expect(ran.result).toMatchObject({ isOk: false, errorCode: 'PROVISION_SITE_INSTALLED' })
  expect((await preview('clone', SITE, ['@found.test', '@platform_a'])).ran.result.errorCode).toBe(
    'PROVISION_NAME_TAKEN',
  )
})

test('a request whose dryRun is no truth value is refused', async () => {
  const ran = await desk.account.run(['provision-verify', `@${SITE}`], { dryRun: 'no' })
  expect(ran.result.errorCode).toBe('PROVISION_BAD_REQUEST')
})

test('what a killed command left is told and left as it is', async () => {
  await desk.kill('-xf', 'restore', backup)
  const { ran } = await preview('verify', SITE)
  expect(JSON.stringify(ran.events)).toContain('A command was cut off')
  rmSync(desk.inHome('bin'), { recursive: true })
  await desk.succeed('verify', SITE)
})
