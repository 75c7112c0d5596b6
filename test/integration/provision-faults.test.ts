import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import { COMMANDS } from '../../provision/commands/commands.ts'
import {
  backupsIn,
  type Chapter,
  type FaultPlace,
  FaultStory,
  PLACES,
} from '../support/fault-story.ts'
import { FAULTS, KINDS_OF_CODE, kindsInSource } from '../support/faults.ts'
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

interface HomePlace extends FaultPlace {
  account: ProvisionHome
}

let folder: string
let embedded: Server
let story: FaultStory<HomePlace>

beforeAll(async () => {
  folder = aDataFolder()
  const programFile = await programWith({ applications: APPLICATIONS, faults: FAULTS }, folder)
  embedded = createServer((_request, answer) => {
    answer.setHeader('x-hosting-desk', 'embedded').end('page')
  })
  await new Promise<void>((resolve) => embedded.listen(0, '127.0.0.1', resolve))
  const places: [HomePlace, ...HomePlace[]] = [await openPlace(programFile)]
  while (places.length < PLACES) places.push(await openPlace(programFile))
  story = new FaultStory(places)
}, 120_000)

afterAll(async () => {
  for (const { account } of story?.places ?? []) {
    await stopNginx(account.home)
    account.remove()
  }
  embedded.close()
  removeFolder(folder)
})

/** A home folder with two servers, their platforms and sites, none of which was verified yet. */
async function openPlace(programFile: string): Promise<HomePlace> {
  const account = await makeProvisionHome({ programFile })
  const { home } = account
  const save = (name: string, facts: JsonRecord): Promise<void> => saveIn(account, name, facts)
  const port = await freePort()
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
  const known = new Map<string, string>()
  return {
    account,
    home,
    machine: {
      pointsFile: path.join(home, 'points'),
      isQuick: true,
      run: (argv, request, env) => account.runOrDie(argv, request, env),
      snapshots: {
        files: () => filesOf(home, known),
        answers: () => answersOf(port, HOSTS),
      },
    },
  }
}

async function saveIn(account: ProvisionHome, name: string, facts: JsonRecord): Promise<void> {
  expect((await account.save(name, facts)).result.errorMessage).toBeNull()
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

/** One life of a server and its sites; each command fails everywhere before it is done. */
const STORY: readonly Chapter<HomePlace>[] = [
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
    first: ({ account }) =>
      saveIn(account, 'www.a.test', {
        aliases: ['also.a.test'],
        https_enabled: 1,
        certificate_type: 'self-signed',
      }),
  },
  { context: 'www.a.test', name: 'backup' },
  {
    context: 'www.a.test',
    name: 'restore',
    args: ({ home }) => backupsIn(home).slice(-1),
    first: ({ account }) => account.put('sites/www.a.test/index.html', 'changed', 0o640),
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
    first: ({ account }) => account.run(['provision-cron', '@clock.test']),
  },
  { context: 'clock.test', name: 'login-reset' },
  {
    context: 'new.test',
    name: 'backup-delete',
    args: ({ home }) => backupsIn(home).slice(0, 2),
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
    (_title, chapter) => story.tell(chapter),
    300_000,
  )

  test('every command of this program', () => {
    const all = Object.entries(COMMANDS).flatMap(([type, commands]) =>
      Object.entries(commands).flatMap(([name, { isReading = false }]) =>
        // What only reads has nothing to take back.
        isReading ? [] : [`${type} ${name}`],
      ),
    )
    expect(
      [...all, 'site backup-delete'].filter((command) => !story.commands.has(command)),
    ).toEqual([])
  })

  test('every kind of step', () => {
    const missing = kindsInSource().filter(
      (kind) => !story.kinds.has(kind) && !(kind in ELSEWHERE) && !KINDS_OF_CODE.includes(kind),
    )
    expect(missing).toEqual([])
  })

  test('nothing is left of it all but backups', () => {
    for (const { home } of story.places) {
      expect(readdirSync(path.join(home, '.hosting-desk/contexts'))).toEqual([])
      expect(readdirSync(path.join(home, 'sites'))).toEqual([])
      expect(existsSync(path.join(home, 'nginx'))).toBe(false)
    }
    console.log(story.inShort())
  })
})
