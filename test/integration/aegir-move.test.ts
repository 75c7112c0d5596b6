import { existsSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MoveEvent } from '#shared/contract/site-move.ts'
import type { App } from '../../main/app.ts'
import { shippedFeatures } from '../../main/features/shipped.ts'
import type { Feature } from '../../main/hooks/feature.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { openDeskAt } from '../support/desk.ts'
import {
  openAegirAccount,
  RECORDED_CONTEXTS,
  type AegirAccount,
} from '../support/drush/aegir-account.ts'
import { fetchByHost } from '../support/nginx.ts'
import { openServerAtWork, type ServerAtWork } from '../support/server-at-work.ts'

const PROGRAM = path.join(import.meta.dirname, '../../dist/provision/provision.mjs')
const SITE = 'site1.aegir.test'

/** Aegir's platforms carry Drupal; of this test it is files, so that no database is needed on the other side. */
const filesOnly: Feature = {
  name: 'files-only',
  title: 'Files only',
  importContext: (object) =>
    object.kind === 'platform' && object.application === 'drupal'
      ? { ...object, application: 'static' }
      : object,
}

let aegir: AegirAccount
let work: ServerAtWork
let app: App
let calls: DeskClient
let siteId: string

beforeAll(async () => {
  aegir = await openAegirAccount('hdaegirm')
  aegir.put(RECORDED_CONTEXTS)
  aegir.put({
    [SITE]: { ...RECORDED_CONTEXTS[SITE], ssl_enabled: 1, redirection: 'www.site1.aegir.test' },
  })
  aegir.asAccount(
    'mkdir -p site-files/files && echo moved-page >site-files/index.html && head -c 9000000 /dev/urandom >site-files/files/large.bin',
  )
  work = await openServerAtWork('hdmove')
  await work.closeDesk()
  const features = [...shippedFeatures, filesOnly]
  ;({ app, calls } = await openDeskAt(work.dataFolder, { programFile: PROGRAM, features }))
  await calls.backend.trustHostKey(aegir.sshd.hostKey)
  await calls.inventory.import({ address: aegir.address })
  const { items } = await calls.site.list({ limit: 10 })
  siteId = items.find(({ name }) => name === SITE)?.id ?? ''
}, 120_000)

afterAll(async () => {
  await app.close()
  await work.close()
  await aegir.close()
})

async function move(platformId: string): Promise<MoveEvent[]> {
  const events: MoveEvent[] = []
  for await (const event of await calls.siteMove.move({ siteId, platformId })) events.push(event)
  return events
}

test('a move whose import fails leaves nothing of the site, and can be begun anew', async () => {
  work.asAccount('echo "nonsense;" >nginx/vhost.d/zz-broken.conf')
  await expect(move(work.platformId)).rejects.toThrow(/import[^]*nginx/)
  work.asAccount('rm nginx/vhost.d/zz-broken.conf')
  expect(work.asAccount('ls sites')).not.toContain(SITE)
  const { items } = await calls.site.list({ limit: 10 })
  expect(items.filter(({ name }) => name === SITE).map(({ id }) => id)).toEqual([siteId])
}, 60_000)

test.each([
  ['Aegir’s server', () => aegir.sshd],
  ['our own', () => work.sshd],
])(
  'a move whose connection to %s is cut leaves nothing of the site',
  async (_whose, sshd) => {
    let carried = 0
    const moving = (async () => {
      for await (const { event } of await calls.siteMove.move({
        siteId,
        platformId: work.platformId,
      }))
        if (event === 'carried' && ++carried === 1) sshd().killSessions()
    })()
    await expect(moving).rejects.toThrow(/connection/i)
    expect(carried).toBeLessThan(3)
    expect(aegir.record(SITE)).toMatchObject({ site_enabled: true })
    expect(work.asAccount('ls sites')).not.toContain(SITE)
    expect(
      existsSync(work.inDesk('incoming')) ? work.asAccount('ls .hosting-desk/incoming') : '',
    ).toBe('')
    const { items } = await calls.site.list({ limit: 10 })
    expect(items.filter(({ name }) => name === SITE).map(({ id }) => id)).toEqual([siteId])
  },
  60_000,
)

test('a site goes from a server of Aegir’s to one of our own, and answers there', async () => {
  const events = await move(work.platformId)
  const titles = events.flatMap((one) => (one.event === 'step' ? [one.title] : []))
  expect(titles).toEqual(['Back up', 'Carry over', 'Unpack', 'Import', 'Verify'])
  const carried = events.filter((one) => one.event === 'carried')
  expect(carried.length).toBeGreaterThan(2)
  expect(carried.at(-1)).toMatchObject({ bytes: carried.at(-1)?.ofBytes })
  const report = events.at(-1)
  if (report?.event !== 'report') throw new Error('a move ends with its report')
  expect(report.left.join('\n')).toMatch(/HTTPS[^]*DNS/)
  const moved = await calls.site.get({ id: report.siteId })
  expect(moved).toMatchObject({
    status: 'enabled',
    backendId: work.backendId,
    aliases: ['www.site1.aegir.test'],
    redirection: 'www.site1.aegir.test',
  })
  const { services } = await calls.server.get({ id: work.serverId })
  const answer = await fetchByHost(services['http']?.port ?? 0, 'www.site1.aegir.test')
  expect(answer?.body).toContain('moved-page')
  // What is there stays as it is, and nothing of the way is left.
  expect(aegir.record(SITE)).toMatchObject({ site_enabled: true })
  expect(
    existsSync(work.inDesk('incoming')) ? work.asAccount('ls .hosting-desk/incoming') : '',
  ).toBe('')
}, 60_000)

test('a second time it says what is in the way', async () => {
  await expect(move(work.platformId)).rejects.toThrow(/is there already/)
}, 60_000)

test('a platform of Aegir’s is no place to move to', async () => {
  const { items } = await calls.platform.list({ limit: 10 })
  const other = items.find(({ name }) => name === 'platform_drupal7b')?.id ?? ''
  await expect(move(other)).rejects.toThrow(/migrate the site instead/)
})
