import { createHash, X509Certificate } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parsePair } from '../../provision/services/certificates/certificate.ts'
import {
  Certificates,
  type CertificateWish,
  type HeldCertificate,
} from '../../provision/services/certificates/certificates.ts'
import { makeSelfSigned } from '../../provision/services/certificates/request.ts'
import { foldersOf } from '../../provision/system/account.ts'
import { writeAtomically } from '../../provision/system/files.ts'
import { freePort } from '../support/free-port.ts'
import { knowHosts, type Pebble, startPebble } from '../support/pebble.ts'

const DAY = 24 * 3_600_000
const LONG = `${'a'.repeat(60)}.${'b'.repeat(60)}.example.test`
const { signal } = new AbortController()

let home = ''
let now = 0
let warnings: string[] = []
const folders = () => foldersOf(home)
const staging = () => path.join(home, 'staging')
const certificates = () =>
  new Certificates({
    folders: folders(),
    now: () => now,
    log: (level, message) => {
      if (level === 'warning') warnings.push(message)
    },
  })

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'hosting-desk-certificates-'))
  now = Date.now()
  warnings = []
  return () => rmSync(home, { recursive: true, force: true })
})

/** Gets what is missing and lays it ready, as the step does. */
async function ensure(
  wish: CertificateWish,
  names: readonly string[] = ['www.example.test'],
): Promise<HeldCertificate | undefined> {
  const all = certificates()
  const [uri = ''] = names
  const site = { uri, names, wish }
  const text = await all.obtain(site, await all.find(site), staging(), signal)
  if (text !== undefined) await writeAtomically(await all.fileFor(uri, text), text)
  expect(() => statSync(staging())).toThrow()
  return all.find(site)
}

describe('a certificate that the site signs itself', () => {
  const wish = { type: 'self-signed' } as const

  test('stands for all names, also long ones and wildcards, and lies in one private file', async () => {
    const names = [LONG, 'example.test', '*.example.test']
    const held = await ensure(wish, names)
    expect(held?.facts).toMatchObject({ names, isSelfSigned: true, issuer: 'Self-signed' })
    expect((held?.facts.expiresAt ?? 0) - now).toBeGreaterThan(390 * DAY)
    expect(statSync(held?.file ?? '').mode & 0o777).toBe(0o600)
    expect(warnings).toEqual([])
  })

  test('is kept until it is near its end or a name is missing', async () => {
    const first = await ensure(wish)
    expect((await ensure(wish))?.file).toBe(first?.file)
    expect((await ensure(wish, ['www.example.test', 'example.test']))?.file).not.toBe(first?.file)
  })

  test('is of its kind alone: another wish gets another one', async () => {
    const first = await ensure(wish)
    const key = path.join(home, 'own.key')
    const { chain, key: text } = parsePair(readFileSync(first?.file ?? '', 'utf8')) ?? {}
    writeFileSync(key, `${text}\n${chain}`)
    expect((await ensure({ type: 'own', certificateFile: key, keyFile: key }))?.source).toBe('own')
  })
})

describe('a certificate of one’s own', () => {
  const files = () => ({
    certificateFile: path.join(home, 'own.crt'),
    keyFile: path.join(home, 'own.key'),
  })
  const put = async (names: readonly string[]) => {
    const folder = path.join(home, 'making')
    await writeAtomically(path.join(folder, '.made'), '')
    const pair = await makeSelfSigned(names, folder, signal)
    writeFileSync(files().certificateFile, pair.chain)
    writeFileSync(files().keyFile, pair.key)
    return pair
  }
  const own = () => ensure({ type: 'own', ...files() })

  test('is taken over with its key', async () => {
    await put(['*.example.test'])
    expect((await own())?.source).toBe('own')
  })

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['its files are missing', async () => {}, /own\.crt is not there/],
    ['it is for another name', () => put(['other.test']), /does not stand for www\.example\.test/],
    [
      'the key is another’s',
      async () => {
        const { key } = await put(['www.example.test'])
        await put(['www.example.test'])
        writeFileSync(files().keyFile, key)
      },
      /the key is another certificate’s/,
    ],
    [
      'it does not read',
      async () => {
        await put(['www.example.test'])
        writeFileSync(files().certificateFile, '-----BEGIN CERTIFICATE-----\nAAAA\n')
      },
      /the certificate does not read/,
    ],
    [
      'it is over',
      async () => {
        await put(['www.example.test'])
        now += 400 * DAY
      },
      /holds from .* and not now/,
    ],
  ])('is refused where %s', async (_, prepare, message) => {
    await prepare()
    await expect(own()).rejects.toThrow(message)
  })
})

describe('a certificate of an authority by ACME', () => {
  const names = ['www.acme.test', 'acme.test']
  let pebble: Pebble
  let web: Server
  let forget: () => void
  const acme = (): CertificateWish => ({
    type: 'acme',
    directory: pebble.directory,
    email: undefined,
  })

  beforeAll(async () => {
    const port = await freePort()
    web = createServer((request, response) => {
      try {
        response.end(readFileSync(path.join(folders().challenges, request.url ?? '')))
      } catch {
        response.writeHead(404).end()
      }
    })
    await new Promise<void>((resolve) => web.listen(port, '127.0.0.1', resolve))
    pebble = await startPebble(port)
    process.env['REQUESTS_CA_BUNDLE'] = pebble.caFile
    forget = knowHosts(names)
  })
  afterAll(async () => {
    forget()
    delete process.env['REQUESTS_CA_BUNDLE']
    await pebble.stop()
    web.close()
  })

  test('is issued, kept, and renewed when thirty days are left', async () => {
    const first = await ensure(acme(), names)
    expect([...(first?.facts.names ?? [])].sort()).toEqual([...names].sort())
    expect(first?.facts).toMatchObject({ isSelfSigned: false })
    const days = ((first?.facts.expiresAt ?? 0) - now) / DAY
    expect(days).toBeGreaterThan(80)
    const text = readFileSync(first?.file ?? '', 'utf8')
    expect(text.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(1)
    expect(new X509Certificate(parsePair(text)?.chain ?? '').checkHost('acme.test')).toBe(
      'acme.test',
    )
    expect((await ensure(acme(), names))?.file).toBe(first?.file)
    const later = new Certificates({ folders: folders(), log: () => {}, now: () => renewAt })
    const renewAt = now + (days - 29) * DAY
    const site = { uri: 'www.acme.test', names, wish: acme() }
    const renewed = await later.obtain(site, first, staging(), signal)
    expect(renewed).toContain(`# acme ${pebble.directory}`)
    expect(hash(renewed ?? '')).not.toBe(hash(text))
  })

  test('leaves out what does not lead here, and says so', async () => {
    const held = await ensure(acme(), ['www.acme.test', 'nowhere.invalid', '*.acme.test'])
    expect(held?.facts.names).toEqual(['www.acme.test'])
    expect(warnings.join('\n')).toMatch(/for \*\.acme\.test/)
    expect(warnings.join('\n')).toMatch(/nowhere\.invalid has no address/)
  })

  test('is not asked for where the site’s own name does not lead here', async () => {
    await expect(ensure(acme(), ['nowhere.invalid', 'acme.test'])).rejects.toThrow(
      'the authority is not asked, since nowhere.invalid has no address',
    )
  })

  test('names the reason where the authority refuses', async () => {
    const port = await freePort()
    const elsewhere = await startPebble(port)
    process.env['REQUESTS_CA_BUNDLE'] = elsewhere.caFile
    try {
      const wish = { ...acme(), directory: elsewhere.directory }
      await expect(ensure(wish, names)).rejects.toThrow(/says: .*(onnect|refused|urn:ietf)/)
    } finally {
      process.env['REQUESTS_CA_BUNDLE'] = pebble.caFile
      await elsewhere.stop()
    }
  })
})

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
