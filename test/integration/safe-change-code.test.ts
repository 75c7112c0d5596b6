import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CodeHarness } from '../support/code-harness.ts'
import { fetchSecurely } from '../support/tls.ts'

const SITE = 'www.safe.test'

/** Code that cannot stand HTTPS: the change of its virtual host makes it answer with 500. */
const FRAGILE = `sed -i '1s/.*/<?php if (!empty($_SERVER["HTTPS"]) \\&\\& !file_exists(__DIR__."\\/fixed")) { http_response_code(500); exit("broken"); }/' index.php`

let desk: CodeHarness
beforeAll(async () => {
  desk = await CodeHarness.open({ name: 'hdsafe', slots: 1 })
  await desk.addPlatform('one', undefined, FRAGILE)
}, 180_000)
afterAll(() => desk?.close())

test('a site that answers 500 after a change is back on its last good configuration', async () => {
  await desk.install(SITE, 'one')
  const vhost = desk.inHome(`nginx/vhost.d/${SITE}.conf`)
  const good = readFileSync(vhost, 'utf8')
  expect((await desk.fetch(SITE))?.status).toBe(200)

  await desk.save(SITE, { https_enabled: 2, certificate_type: 'self-signed' })
  const ran = await desk.command('verify', SITE)
  expect(ran.result.errorMessage).toContain(`https://${SITE}`)
  expect(ran.result.errorMessage).toContain('answers with 500')
  const log = ran.events.flatMap((one) => (one.event === 'log' ? [one.message] : [])).join('\n')
  const [, tookMs] = /its last good configuration again, after (\d+) ms/.exec(log) ?? []
  console.log(`back on the last good configuration after ${tookMs} ms`)
  expect(Number(tookMs)).toBeLessThan(5000)
  expect(readFileSync(vhost, 'utf8')).toBe(good)
  expect((await desk.fetch(SITE))?.status).toBe(200)
  expect(await fetchSecurely(desk.machine.httpsPort, SITE)).toBeUndefined()
}, 60_000)

test('the same change holds once the code can stand it, over the FastCGI parameters of HTTPS', async () => {
  desk.machine.as(desk.machine.account, `touch ${desk.inHome('platforms/one/fixed')}`)
  await desk.succeed('verify', SITE)
  const secure = await fetchSecurely(desk.machine.httpsPort, SITE)
  expect(secure?.status).toBe(200)
  expect((await desk.fetch(SITE))?.status).toBe(301)
}, 60_000)
