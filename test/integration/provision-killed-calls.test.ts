import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import { build } from '../../tools/build.ts'
import { ANY_LOAD, makeProvisionHome, type ProvisionHome } from '../support/provision.ts'
import { filesOf } from '../support/snapshots.ts'

/** System calls that change what is on disk. What is only opened has a hidden name, and nothing in it yet. */
const CALLS = ['mkdir', 'fsync', 'fdatasync', 'rename', 'link', 'unlink']
/** With these also after each look at a file: Node's thread for files tells by a write that it is done. */
const ALL_CALLS = [...CALLS, 'write']

interface Killed {
  argv: readonly string[]
  facts?: JsonRecord
  calls?: readonly string[]
}

const SITE = '@www.a.test'
const save = (context: string, facts: JsonRecord): Killed => ({
  argv: ['provision-save', context],
  facts,
})
const server = { context_type: 'server', http_service_type: 'nginx', http_port: 8080 }
const platform = { context_type: 'platform', server: '@server_a', root: '~/platforms/a' }
const site = { context_type: 'site', platform: '@platform_a' }

const COMMANDS: Readonly<Record<string, Killed>> = {
  'save of a new server': save('@server_b', server),
  'save of a server': save('@server_a', { http_port: 8081 }),
  'save that forgets a server': save('@server_c', { delete: true }),
  'save of a new platform': save('@platform_b', platform),
  'save of a platform': save('@platform_a', { root: '~/platforms/b' }),
  'save that forgets a platform': save('@platform_c', { delete: true }),
  'save of a new site': save('@new.test', { ...site, uri: 'new.test' }),
  'save of a site': { ...save(SITE, { aliases: ['also.a.test'] }), calls: ALL_CALLS },
  'save that forgets a site': save(SITE, { delete: true }),
  // Of a command that notes what it does, its journal too.
  'lock of a platform': { argv: ['provision-lock', '@platform_a'], calls: ALL_CALLS },
}

/** A home folder as it can be had again and again. */
class Home {
  readonly account: ProvisionHome
  readonly #kept: string

  private constructor(account: ProvisionHome) {
    this.account = account
    this.#kept = `${account.home}.kept`
  }

  static async open(): Promise<Home> {
    const account = await makeProvisionHome()
    const contexts = {
      server_a: { ...server, critical_load_multiplier: ANY_LOAD },
      server_c: server,
      platform_a: platform,
      platform_c: platform,
      'www.a.test': { ...site, uri: 'www.a.test' },
    }
    for (const [name, facts] of Object.entries(contexts)) await account.save(name, facts)
    await account.run(['provision-dispatch'])
    const home = new Home(account)
    await promisify(execFile)('cp', ['-a', account.home, home.#kept])
    return home
  }

  async reset(): Promise<void> {
    const script = 'rm -rf "$2"; cp -a "$1" "$2"'
    await promisify(execFile)('sh', ['-ec', script, 'sh', this.#kept, this.account.home])
  }

  state(): string[] {
    const { home } = this.account
    return [...filesOf(home), ...readdirSync(path.join(home, '.hosting-desk/locks'))]
  }
}

/** Kills what it starts with its nth call of this name. With one thread for its files, their order is always the same. */
const killedAt = (call: string, nth: number): string[] => [
  'UV_THREADPOOL_SIZE=1',
  ...['strace', '-f', '-q', '-o', '/dev/null', '-e', `trace=${call}`],
  ...['-e', `inject=${call}:signal=KILL:when=${nth}`],
]

/** Kills a command everywhere; returns how often all was as before it then, and how often as after it. */
async function killEverywhere(
  home: Home,
  { argv, facts = {}, calls = CALLS }: Killed,
): Promise<{ before: number; after: number }> {
  const { account } = home
  const request = { contextOptions: facts }
  const before = home.state()
  expect(await account.run(argv, request)).toMatchObject({ result: { isOk: true } })
  const after = home.state()
  const seen = { before: 0, after: 0 }
  for (const call of calls)
    for (let nth = 1; ; nth++) {
      await home.reset()
      const ran = await account.runOrDie(argv, request, {}, killedAt(call, nth))
      const next = ran === 'killed' ? await account.run(['provision-dispatch']) : ran
      expect(next).toMatchObject({ result: { isOk: true } })
      const state = home.state()
      const isDone = ran !== 'killed' || JSON.stringify(state) === JSON.stringify(after)
      expect(state, `${call} ${nth}`).toEqual(isDone ? after : before)
      if (ran !== 'killed') break
      seen[isDone ? 'after' : 'before'] += 1
    }
  return seen
}

let kills = 0

beforeAll(() => build({ targets: ['provision'] }), 60_000)
afterAll(() => console.log(`${kills} kills`))

describe.concurrent('killed before any call that changes a file, and then the next run', () => {
  test.for(Object.entries(COMMANDS))(
    'a %s has done all or nothing',
    { timeout: 300_000 },
    async ([, command], { onTestFinished }) => {
      const home = await Home.open()
      onTestFinished(() => home.account.remove())
      const seen = await killEverywhere(home, command)
      expect(seen.before).toBeGreaterThan(0)
      expect(seen.after).toBeGreaterThan(0)
      kills += seen.before + seen.after
    },
  )
})
