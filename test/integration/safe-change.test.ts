import { once } from 'node:events'
import { chownSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findNginxMaster, workersOf } from '../support/nginx.ts'
import { SiteHarness } from '../support/provision-site.ts'
import type { Ran } from '../support/provision.ts'

const OTHER = 'other.example.test'

let harness: SiteHarness
beforeAll(async () => {
  harness = await SiteHarness.open()
  await harness.account.save(OTHER, {
    context_type: 'site',
    platform: '@platform_b',
    uri: OTHER,
  })
  await harness.succeed('install', OTHER)
})
afterAll(() => harness.close())

const vhost = (name: string): string => `nginx/vhost.d/${name}.conf`
const workers = (): number[] => workersOf(findNginxMaster(harness.account.home) ?? 0)
const logOf = ({ events }: Ran): string =>
  events.flatMap((event) => (event.event === 'log' ? [event.message] : [])).join('\n')

/** Expects that a command fails, that nothing changed, and that nginx was left alone where `isQuiet`. */
async function expectUntouched(code: string, name: string, context: string): Promise<Ran> {
  const before = { tree: harness.account.tree(), workers: workers() }
  const ran = await harness.command(name, context)
  expect(ran.result).toMatchObject({ isOk: false, errorCode: code })
  expect(harness.account.tree()).toEqual(before.tree)
  expect(workers()).toEqual(before.workers)
  return ran
}

describe('a change of nginx', () => {
  test('that nginx would refuse is never loaded', async () => {
    // A port for HTTPS that somebody spoilt by hand comes into use with the next change.
    harness.account.put('nginx/listen-tls.conf', 'listen 1 nonsense;\n')
    const { result } = await expectUntouched('PROVISION_NGINX_CONFIG', 'verify', harness.site)
    expect(result.errorMessage).toMatch(/nginx refuses its configuration: .*nonsense/)
    rmSync(harness.inHome('nginx/listen-tls.conf'))
    await harness.succeed('verify', harness.site)
  })

  test('that breaks another site is taken back, names it, and says how long that took', async () => {
    // An administrator's own virtual host, which leads to the site.
    const { port, site } = harness
    const partner = `server { listen ${port}; server_name partner.test; location / {
      proxy_pass http://127.0.0.1:${port}; proxy_set_header Host ${site}; } }`
    harness.account.put(vhost('partner.test'), partner)
    await harness.succeed('verify', 'server_a')
    expect(await harness.fetch('partner.test')).toMatchObject({ body: 'page of a' })

    const before = harness.account.tree()
    const ran = await harness.command('disable', site)
    expect(ran.result).toMatchObject({ isOk: false, errorCode: 'PROVISION_SITES_BROKEN' })
    expect(ran.result.errorMessage).toContain(
      'http://partner.test answers with 503 now, and did with 200',
    )
    expect(logOf(ran)).toMatch(/its last good configuration again, after \d+ ms/)
    expect(harness.account.tree()).toEqual(before)
    expect(await harness.fetch()).toMatchObject({ status: 200, body: 'page of a' })
    expect(await harness.fetch('partner.test')).toMatchObject({ body: 'page of a' })
    rmSync(harness.inHome(vhost('partner.test')))
    await harness.succeed('verify', 'server_a')
  })
})

describe('a server with so many slow sites that there is no time to look at all', () => {
  test('is changed, with a warning of how many were not looked at, and which', async () => {
    // Eight are asked at once, each for two seconds, and all for ten.
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port: silentPort } = silent.address() as AddressInfo
    const names = Array.from({ length: 60 }, (_, index) => `a${index}.slow.test`)
    for (const name of names)
      harness.account.put(
        vhost(name),
        `server { listen ${harness.port}; server_name ${name}; location / { proxy_pass http://127.0.0.1:${silentPort}; } }`,
      )
    try {
      await harness.succeed('verify', 'server_a')
      const { events } = await harness.succeed('disable', harness.site)
      const warnings = events.flatMap((event) =>
        event.event === 'log' && event.level === 'warning' ? [event.message] : [],
      )
      expect(warnings).toEqual([
        expect.stringMatching(
          /^\d+ of 61 sites could not be looked at before and after this change of nginx, within 10 s each time; look at them by hand: a\d+\.slow\.test, .*, …\.$/,
        ) as string,
      ])
      const [count] = /^\d+/.exec(warnings[0] ?? '') ?? []
      expect(Number(count)).toBeGreaterThan(10)
      expect(Number(count)).toBeLessThan(30)
    } finally {
      silent.close()
      for (const name of names) rmSync(harness.inHome(vhost(name)))
    }
    await harness.succeed('verify', 'server_a')
    const { events } = await harness.succeed('enable', harness.site)
    expect(JSON.stringify(events)).not.toContain('could not be looked at')
  }, 120_000)
})

describe('nginx that is broken already', () => {
  test('by a file of somebody else is left alone, and the error says whose file it is', async () => {
    const file = harness.account.put(vhost('zz-mine'), 'server { nonsense; }')
    chownSync(file, 0, 0)
    const { result } = await expectUntouched('PROVISION_NGINX_BROKEN', 'verify', 'server_a')
    expect(result.errorMessage).toContain(file)
    expect(result.errorMessage).toContain('belongs to root')
    rmSync(file)
  })

  test('by one of ours that was changed by hand is put right by its site’s verify', async () => {
    const file = harness.inHome(vhost(OTHER))
    const good = readFileSync(file, 'utf8')
    harness.account.put(vhost(OTHER), good.replace('root ', 'nonsense '))
    const { result } = await expectUntouched('PROVISION_NGINX_BROKEN', 'verify', 'server_a')
    expect(result.errorMessage).toContain('The file is ours')
    await harness.succeed('verify', OTHER)
    expect(readFileSync(file, 'utf8')).toBe(good)
    expect(logOf(await harness.succeed('verify', harness.site))).not.toContain('refuses')
  })
})
