import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import { parsePair, renderPair } from '../../provision/services/certificates/certificate.ts'
import { makeSelfSigned } from '../../provision/services/certificates/request.ts'
import { freePort } from '../support/free-port.ts'
import { fetchByHost } from '../support/nginx.ts'
import { knowHosts, type Pebble, startPebble } from '../support/pebble.ts'
import { SiteHarness } from '../support/provision-site.ts'
import type { Ran } from '../support/provision.ts'
import { fetchSecurely, makePair, shownCertificate } from '../support/tls.ts'

const DAY = 24 * 3_600_000
const { signal } = new AbortController()

let harness: SiteHarness
let httpsPort: number
let pebble: Pebble
let forget: () => void

beforeAll(async () => {
  harness = await SiteHarness.open()
  httpsPort = await freePort()
  pebble = await startPebble(harness.port)
  forget = knowHosts([harness.site, 'alias.example.test'])
  await harness.account.save('server_a', {
    http_https_port: httpsPort,
    certificate_service_type: 'acme',
    acme_directory: pebble.directory,
  })
})
afterAll(async () => {
  forget()
  await pebble.stop()
  await harness.close()
})

/** Saves facts of the site and verifies it, as the authority's client would trust the authority. */
async function verifyWith(facts: JsonRecord): Promise<Ran> {
  await harness.account.save(harness.site, facts)
  const argv = ['provision-verify', `@${harness.site}`]
  const env = { REQUESTS_CA_BUNDLE: pebble.caFile }
  const ran = await harness.account.start(argv, {}, env).ended
  expect(ran.result.errorMessage).toBeNull()
  return ran
}

const warningsOf = ({ events }: Ran): string =>
  JSON.stringify(events.filter((event) => event.event === 'log' && event.level === 'warning'))
const certificates = (): string[] => readdirSync(harness.inHome('nginx/tls'))

describe('a site with HTTPS', () => {
  test('answers by HTTP alone, and says why, while its server has no port for it', async () => {
    const ran = await verifyWith({ https_enabled: 2, certificate_type: 'self-signed' })
    expect(warningsOf(ran)).toContain('no port for HTTPS')
    expect(ran.result.data).toMatchObject({ certificateExpiresAt: null, url: harness.url })
    expect((await harness.fetch())?.status).toBe(200)
    await harness.succeed('verify', 'server_a')
  })

  test('signs for itself, answers by both, and asks no browser to insist', async () => {
    const { result } = await verifyWith({ https_enabled: 1, certificate_type: 'self-signed' })
    expect(result.data).toMatchObject({ certificateIssuer: 'Self-signed', url: harness.url })
    expect(result.data['certificateExpiresAt']).toBeGreaterThan(Date.now() + 390 * DAY)
    expect(await harness.fetch()).toMatchObject({ status: 200, body: 'page of a' })
    const secure = await fetchSecurely(httpsPort, harness.site)
    expect(secure).toMatchObject({ status: 200, body: 'page of a' })
    expect(secure?.headers['strict-transport-security']).toBeUndefined()
    expect(await shownCertificate(httpsPort, 'nobody.test')).toBeUndefined()
  })

  test('that is required leads there from HTTP, and is at that address', async () => {
    const { result } = await verifyWith({ https_enabled: 2 })
    const url = `https://${harness.site}:${httpsPort}`
    expect(result.data['url']).toBe(url)
    expect(result.contexts[0]?.options['url']).toBe(url)
    expect(await harness.fetch(harness.site, '/x')).toMatchObject({
      status: 301,
      location: `${url}/x`,
    })
  })

  test('keeps the certificate that it has where a new one cannot be had', async () => {
    const [before] = certificates()
    const own = { certificate_file: '/nowhere.pem', certificate_key_file: '/nowhere.key' }
    const ran = await verifyWith({ certificate_type: 'own', ...own })
    expect(warningsOf(ran)).toMatch(/\/nowhere\.pem is not there.*keeps the certificate/)
    expect(certificates()).toEqual([before])
    expect(ran.result.data['certificateIssuer']).toBe('Self-signed')
    expect((await fetchSecurely(httpsPort, harness.site))?.status).toBe(200)
  })

  test('takes over files of one’s own', async () => {
    const folder = harness.inHome('making')
    await mkdir(folder)
    const { chain, key } = await makeSelfSigned([harness.site], folder, signal)
    await rm(folder, { recursive: true })
    const own = {
      certificate_file: harness.account.put('own.pem', chain),
      certificate_key_file: harness.account.put('own.key', key, 0o600),
    }
    const [before] = certificates()
    await verifyWith({ certificate_type: 'own', ...own })
    expect(certificates()).toHaveLength(1)
    expect(certificates()).not.toContain(before)
    await verifyWith({ certificate_file: null, certificate_key_file: null })
  })

  test('gets one by ACME for all its names, and serves it', async () => {
    const aliases = ['alias.example.test', 'nowhere.invalid']
    const ran = await verifyWith({ certificate_type: 'acme', https_enabled: 2, aliases })
    expect(warningsOf(ran)).toContain('nowhere.invalid has no address')
    expect(ran.result.data['certificateIssuer']).toContain('Pebble')
    const shown = await shownCertificate(httpsPort, 'alias.example.test')
    expect(shown?.subjectaltname).toContain('DNS:alias.example.test')
    expect(shown?.subjectaltname).toContain(`DNS:${harness.site}`)
    const secure = await fetchSecurely(httpsPort, harness.site)
    expect(secure?.headers['strict-transport-security']).toBe('max-age=31536000')
    expect(certificates()).toHaveLength(1)
    expect(statSync(harness.inHome('nginx/tls', certificates()[0] ?? '')).mode & 0o777).toBe(0o600)
  })

  test('is not asked for again while it is good', async () => {
    const before = certificates()
    await verifyWith({})
    expect(certificates()).toEqual(before)
  })

  test('has it renewed, over HTTPS that is required, once thirty days are left', async () => {
    const old = await putNearEnd()
    await verifyWith({})
    expect(certificates()).toHaveLength(1)
    expect(certificates()).not.toContain(old)
    const ends = Date.parse((await shownCertificate(httpsPort, harness.site))?.valid_to ?? '')
    expect(ends - Date.now()).toBeGreaterThan(80 * DAY)
  })

  test('has it renewed by its server alone, where that does the recurring work', async () => {
    const old = await putNearEnd()
    const queue = {
      ...{ name: 'certificates', type: 'batch', isEnabled: true, isPaused: false },
      ...{ frequencySeconds: 3600, items: 5, minThreads: 1, maxThreads: 5, threshold: 100 },
    }
    await harness.account.save('server_a', { dispatch_plan: { queues: [queue] } })
    const env = { REQUESTS_CA_BUNDLE: pebble.caFile }
    const { result } = await harness.account.start(['dispatch'], {}, env).ended
    expect(result.data['certificates@server_a']).toMatchObject({ state: 'ran' })
    expect(certificates()).toHaveLength(1)
    expect(certificates()).not.toContain(old)
    const again = await harness.account.start(['dispatch'], {}, env).ended
    expect(again.result.data['certificates@server_a']).not.toMatchObject({ state: 'ran' })
  })

  test('goes without a trace, and its challenges too', async () => {
    await harness.succeed('delete', harness.site)
    expect(certificates()).toEqual([])
    expect(await fetchSecurely(httpsPort, harness.site)).toBeUndefined()
    expect(await fetchByHost(harness.port, harness.site)).toBeUndefined()
    expect(harness.leftovers()).toEqual([])
  })
})

/** In place of the certificate, one of the same source that has ten of its ninety days left. Its name is returned. */
async function putNearEnd(): Promise<string> {
  const [name = ''] = certificates()
  const file = harness.inHome('nginx/tls', name)
  const source = parsePair(readFileSync(file, 'utf8'))?.source ?? ''
  const pair = makePair([harness.site, 'alias.example.test'], {
    startsAt: Date.now() - 80 * DAY,
    endsAt: Date.now() + 10 * DAY,
  })
  writeFileSync(file, renderPair(source, pair))
  await harness.succeed('verify', 'server_a')
  return path.basename(file)
}
