import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import { COMMANDS } from '../../provision/commands/commands.ts'
import {
  failEverywhere,
  type FaultCase,
  type FaultMachine,
  type FaultRow,
  FAULTS,
  KINDS_OF_CODE,
  kindsInSource,
} from '../support/faults.ts'
import { freePort } from '../support/free-port.ts'
import { stopNginx } from '../support/nginx.ts'
import { programWith } from '../support/program-with.ts'
import { ANY_LOAD, makeProvisionHome, type ProvisionHome } from '../support/provision.ts'
import { answersOf, filesOf } from '../support/snapshots.ts'
import { aDataFolder, removeFolder } from '../support/desk.ts'

const APPLICATIONS = path.join(import.meta.dirname, '../fixtures/application/applications.ts')
const HOSTS = ['www.a.test', 'also.a.test', 'copy.test', 'new.test', 'found.test', 'clock.test']

/** Kinds that are made to fail elsewhere, or whose way back is in memory only. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  commit: 'is no step',
  link: 'only Drupal has it: test/provision/link-step.test.ts',
  extension: 'its way back is in memory only: provision-extensions.test.ts',
  'run-program': 'of extensions: provision-extensions.test.ts',
  'write-file': 'of extensions: provision-extensions.test.ts',
}

let folder: string
let account: ProvisionHome
let embedded: Server
let machine: FaultMachine
const rows: FaultRow[] = []
const inHome = (name: string): string => path.join(account.home, name)

beforeAll(async () => {
  folder = aDataFolder()
  const programFile = await programWith({ applications: APPLICATIONS, faults: FAULTS }, folder)
  account = await makeProvisionHome({ programFile })
  const port = await freePort()
  embedded = createServer((_request, answer) => {
    answer.setHeader('x-hosting-desk', 'embedded').end('page')
  })
  await new Promise<void>((resolve) => embedded.listen(0, '127.0.0.1', resolve))
  account.put('platforms/a/index.html', 'page of a')
  account.put('platforms/clock/clock.txt', '1.2\n')
  account.put('platforms/clock/index.html', 'tock')
  account.put('sites/found.test/index.html', 'found')
  const server = { context_type: 'server', critical_load_multiplier: ANY_LOAD }
  await save('server_a', {
    ...server,
    http_service_type: 'nginx',
    http_port: port,
    http_https_port: await freePort(),
  })
  await save('server_e', {
    ...server,
    http_service_type: 'embedded',
    http_port: (embedded.address() as AddressInfo).port,
  })
  const platform = { context_type: 'platform', server: '@server_a' }
  for (const name of ['a', 'b'])
    await save(`platform_${name}`, { ...platform, root: '~/platforms/a' })
  await save('platform_clock', { ...platform, root: '~/platforms/clock' })
  await save('platform_git', {
    ...platform,
    root: '~/platforms/fetched',
    source_type: 'git',
    source_url: aRepository(account.put('repository/index.html', 'fetched')),
  })
  await save('platform_e', { ...platform, server: '@server_e', root: '~/platforms/a' })
  const site = (uri: string, on: string): Promise<void> =>
    save(uri, { context_type: 'site', platform: `@platform_${on}`, uri })
  await site('www.a.test', 'a')
  await site('found.test', 'a')
  await site('clock.test', 'clock')
  await site('e.test', 'e')
  machine = {
    pointsFile: inHome('points'),
    isQuick: true,
    run: (argv, request, env) => account.runOrDie(argv, request, env),
    snapshots: {
      files: () => filesOf(account.home),
      answers: () => answersOf(port, HOSTS),
    },
  }
}, 60_000)

afterAll(async () => {
  await stopNginx(account.home)
  embedded.close()
  account.remove()
  removeFolder(folder)
})

async function save(name: string, contextOptions: JsonRecord): Promise<void> {
  expect((await account.save(name, contextOptions)).result.errorMessage).toBeNull()
}

/** Makes a repository of the folder of a file, as its owner. */
function aRepository(file: string): string {
  const folder = path.dirname(file)
  const { uid, gid } = statSync(file)
  const script =
    'git init -q && git add . && git -c user.name=x -c user.email=x@x commit -q -m x && chmod 755 .'
  execFileSync('sh', ['-ec', script], {
    cwd: folder,
    uid,
    gid,
    env: { ...process.env, HOME: folder },
  })
  return folder
}

/** The backups that lie there, the oldest first. */
const backups = (): string[] =>
  readdirSync(inHome('backups'))
    .sort()
    .map((name) => inHome(`backups/${name}`))

interface Chapter extends Omit<FaultCase, 'argv' | 'command'> {
  context: string
  name: string
  args?: () => readonly string[]
  /** Only done, since it failed everywhere on another object. */
  isPlain?: boolean
  /** What is done before, so that the command has something to do. */
  first?: () => unknown
}

/** One life of a server and its sites; each command fails everywhere before it is done. */
const STORY: readonly Chapter[] = [
  { context: 'server_a', name: 'verify' },
  { context: 'platform_a', name: 'verify' },
  { context: 'platform_b', name: 'verify', isPlain: true },
  { context: 'platform_clock', name: 'verify', isPlain: true },
  { context: 'platform_git', name: 'verify' },
  { context: 'platform_b', name: 'lock' },
  { context: 'platform_b', name: 'unlock' },
  { context: 'www.a.test', name: 'install' },
  {
    context: 'www.a.test',
    name: 'verify',
    first: () =>
      save('www.a.test', {
        aliases: ['also.a.test'],
        https_enabled: 1,
        certificate_type: 'self-signed',
      }),
  },
  { context: 'www.a.test', name: 'backup' },
  {
    context: 'www.a.test',
    name: 'restore',
    args: () => backups().slice(-1),
    first: () => account.put('sites/www.a.test/index.html', 'changed', 0o640),
  },
  { context: 'www.a.test', name: 'disable' },
  { context: 'www.a.test', name: 'enable' },
  { context: 'www.a.test', name: 'clone', args: () => ['@copy.test', '@platform_b'] },
  { context: 'www.a.test', name: 'migrate', args: () => ['@platform_b'] },
  { context: 'www.a.test', name: 'migrate', args: () => ['@platform_b', '@new.test'] },
  { context: 'found.test', name: 'import' },
  { context: 'clock.test', name: 'install', isPlain: true },
  // What the site's own code does is not taken back: it has run before.
  {
    context: 'clock.test',
    name: 'cron',
    first: () => account.run(['provision-cron', '@clock.test']),
  },
  { context: 'clock.test', name: 'login-reset' },
  {
    context: 'new.test',
    name: 'backup-delete',
    args: () => backups().slice(0, 2),
    end: 'discarded',
  },
  { context: 'new.test', name: 'delete', end: 'discarded' },
  { context: 'copy.test', name: 'delete', request: { options: { force: true } } },
  { context: 'found.test', name: 'delete', isPlain: true },
  { context: 'clock.test', name: 'delete', isPlain: true },
  { context: 'platform_git', name: 'delete', isPlain: true },
  { context: 'platform_a', name: 'delete' },
  { context: 'platform_b', name: 'delete', isPlain: true },
  { context: 'platform_clock', name: 'delete', isPlain: true },
  { context: 'server_a', name: 'delete' },
  { context: 'server_e', name: 'verify' },
  { context: 'e.test', name: 'install' },
  { context: 'e.test', name: 'delete' },
  { context: 'platform_e', name: 'delete', isPlain: true },
  { context: 'server_e', name: 'delete' },
]

describe('where any step fails, before, in or after, or the program is killed, all is as it was', () => {
  test.each(STORY.map((one) => [`${one.name} @${one.context}`, one] as const))(
    '%s',
    async (_title, { context, name, args, isPlain = false, first, ...rest }) => {
      await first?.()
      const type = context.split('_')[0] ?? ''
      const command = `${type === 'server' || type === 'platform' ? type : 'site'} ${name}`
      const argv = [`provision-${name}`, `@${context}`, ...(args?.() ?? [])]
      if (isPlain) return expect(await account.run(argv)).toMatchObject({ result: { isOk: true } })
      rows.push(...(await failEverywhere(machine, { ...rest, command, argv })))
      // What was killed after its commit was finished.
      expect(readdirSync(inHome('.hosting-desk/journals'))).toEqual([])
      const hidden = filesOf(account.home).filter((line) =>
        /\/\.[^/ ]*\.(new|restore|removed)-/.test(line),
      )
      expect(hidden).toEqual([])
    },
    300_000,
  )

  test('every command of this program', () => {
    const all = Object.entries(COMMANDS).flatMap(([type, commands]) =>
      Object.entries(commands).flatMap(([name, { isReading = false }]) =>
        // What only reads has nothing to take back.
        isReading ? [] : [`${type} ${name}`],
      ),
    )
    const failed = new Set(rows.map(({ command }) => command))
    expect([...all, 'site backup-delete'].filter((command) => !failed.has(command))).toEqual([])
  })

  test('every kind of step', () => {
    const failed = new Set(rows.map(({ kind }) => kind))
    const missing = kindsInSource().filter(
      (kind) => !failed.has(kind) && !(kind in ELSEWHERE) && !KINDS_OF_CODE.includes(kind),
    )
    expect(missing).toEqual([])
  })

  test('nothing is left of it all but backups', () => {
    expect(readdirSync(inHome('.hosting-desk/contexts'))).toEqual([])
    expect(readdirSync(inHome('sites'))).toEqual([])
    expect(existsSync(inHome('nginx'))).toBe(false)
    console.log(
      `${rows.length} faults in ${new Set(rows.map(({ command }) => command)).size} commands and ${new Set(rows.map(({ kind }) => kind)).size} kinds of step`,
    )
  })
})
