import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { launchBrowser, Tab } from '../support/browser.ts'
import { removeDemoOf } from '../support/demo.ts'
import { Headless, installBuilt } from '../support/headless.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from '../support/sshd.ts'

/**
 * Makes the pictures of the README, docs/images/*.png, light and dark, from the built application at its real work: a
 * first run, sites installed on the demo server, and the fingerprint question of a real sshd. Needs what the tests need
 * (root, openssh-server, chromium). Run it by hand, `node test/e2e/screenshots.ts`, and look at each picture.
 */
const IMAGES = path.resolve(import.meta.dirname, '../../docs/images')
const SITES = ['bücher.localhost', 'bakery.localhost', 'museum.localhost', 'garden.localhost']

/** The pointer is out of the way, and what moves has come to rest. */
async function shoot(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.mouse.move(1279, 799)
    await page.evaluate(() => document.fonts.ready)
    await page.screenshot({
      path: path.join(IMAGES, `${name}-${colorScheme}.png`),
      animations: 'disabled',
      caret: 'hide',
    })
  }
}

async function installSites(tab: Tab): Promise<void> {
  for (const site of SITES) {
    await tab.goTo('Sites')
    await tab.link('Install a site').first().click()
    await tab.page.getByLabel('Site name').fill(site)
    await tab.button(`Install ${site}`).click()
    await tab.taskSays(/succeeded in/, 600_000)
  }
}

async function askForFingerprint(tab: Tab, sshd: Sshd): Promise<void> {
  const { page } = tab
  await tab.goTo('Servers')
  await tab.link('Add a server').first().click()
  await page.getByLabel('Address').fill('127.0.0.1')
  await page.getByLabel('Port', { exact: true }).fill(String(sshd.port))
  await page.getByLabel('Account').fill('hosting')
  await tab.button('Check the connection').click()
  await page.getByRole('region', { name: 'Host key' }).getByText(sshd.hostKey.fingerprint).waitFor()
}

async function shootAll(tab: Tab, sshd: Sshd): Promise<void> {
  const { page } = tab
  await tab.goTo('Servers')
  await page.getByText('Demo server').first().waitFor({ timeout: 60_000 })
  await installSites(tab)
  await shoot(page, 'task')
  await tab.link('Go to site').click()
  const [site] = await Promise.all([
    page.context().waitForEvent('page'),
    tab.link('Open the site').click(),
  ])
  await site.waitForLoadState('networkidle')
  await shoot(site, 'demo-site')
  await site.close()
  await tab.goTo('Sites')
  await page.getByText('garden.localhost').waitFor()
  await shoot(page, 'sites')
  await askForFingerprint(tab, sshd)
  await shoot(page, 'add-server')
}

mkdirSync(IMAGES, { recursive: true })
const installation = await installBuilt()
const data = mkdtempSync(path.join(tmpdir(), 'hosting-desk-shots-'))
const headless = new Headless(installation, data)
const sshd = await startSshd({ accounts: [ensureSandboxAccount()] })
const browser = await launchBrowser()
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  await shootAll(await Tab.open(context, await headless.address()), sshd)
} finally {
  await browser.close()
  await sshd.stop()
  await headless.stop()
  await removeDemoOf(data)
  rmSync(data, { recursive: true, force: true })
  installation.remove()
}
