import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Page } from 'playwright-core'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { bearAnyLoad } from '../support/any-load.ts'
import { launchBrowser, Tab } from '../support/browser.ts'
import { removeDemoOf } from '../support/demo.ts'
import { eventually } from '../support/eventually.ts'
import { Headless, installBuilt } from '../support/headless.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from '../support/sshd.ts'

/**
 * Makes the pictures of the README, docs/images/*.png, light and dark, from the built application at its real work: a
 * first run, sites installed on the demo server, and the fingerprint question of a real sshd. Needs what the tests need
 * (root, openssh-server, chromium). Run it by hand, `node test/e2e/screenshots.ts`, and look at each picture.
 */
const IMAGES = path.resolve(import.meta.dirname, '../../docs/images')
const SITES = ['bücher.localhost', 'bakery.localhost', 'museum.localhost', 'garden.localhost']

interface Size {
  width: number
  height: number
  suffix: string
}
const USUAL: Size = { width: 1280, height: 800, suffix: '' }
const SIZES: readonly Size[] = [USUAL, { width: 900, height: 600, suffix: '-small' }]

/** In these sizes, light and dark. The pointer is out of the way, and what moves has come to rest. */
async function shoot(page: Page, name: string, sizes: readonly Size[] = SIZES): Promise<void> {
  for (const { width, height, suffix } of sizes) {
    await page.setViewportSize({ width, height })
    await page.mouse.move(width - 1, height - 1)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.evaluate(() => document.fonts.ready)
      await page.screenshot({
        path: path.join(IMAGES, `${name}-${colorScheme}${suffix}.png`),
        animations: 'disabled',
        caret: 'hide',
      })
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.mouse.move(1279, 799)
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

/** Real work, so that every page has something to show: a client, tags, a backup, a copy. */
async function workOn(calls: DeskClient): Promise<Record<'site' | 'client' | 'backup', string>> {
  const { id: client } = await calls.client.add({ title: 'Bakery Smith', email: 'ann@example.com' })
  const { items: sites } = await calls.site.list({})
  const [site] = sites
  if (site === undefined) throw new Error('There is no site to work on.')
  await calls.object.tag({ kind: 'site', ids: [site.id], add: ['shop'] })
  const { id: objectId } = site
  const values = { description: 'Before the summer menu' }
  await calls.task.add({ objectKind: 'site', objectId, type: 'backup', values })
  await untilQuiet(calls)
  await calls.site.edit({
    id: objectId,
    clientId: client,
    aliases: ['www.bakery.localhost'],
    redirection: null,
  })
  await untilQuiet(calls)
  const [backup] = (await calls.backup.list({})).items
  return { site: objectId, client, backup: backup?.id ?? '' }
}

/** The demo server learns of what the extension says with its next verify. */
async function verifyAgain(calls: DeskClient): Promise<void> {
  await untilQuiet(calls)
  const [server] = (await calls.server.list({})).items
  if (server === undefined) throw new Error('There is no demo server.')
  await calls.task.add({ objectKind: 'server', objectId: server.id, type: 'verify' })
  await untilQuiet(calls)
}

const untilQuiet = (calls: DeskClient): Promise<void> =>
  eventually(
    async () => {
      const { running, queued } = await calls.app.dispatchState()
      if (running + queued > 0) throw new Error('Something still runs.')
    },
    { timeoutMs: 600_000 },
  )

/** Every page by its address. */
async function shootPages(tab: Tab, calls: DeskClient): Promise<void> {
  const { page } = tab
  const { site, client, backup } = await workOn(calls)
  const [server] = (await calls.server.list({})).items
  const [platform] = (await calls.platform.list({})).items
  const pages: readonly [name: string, at: string, shows: string][] = [
    ['overview', '/', 'Last fourteen days'],
    ['tasks', '/tasks', 'Done in'],
    ['sites', '/sites', 'garden.localhost'],
    ['site', `/sites/${site}`, 'Lives on'],
    ['site-tasks', `/sites/${site}?tab=tasks`, 'Done in'],
    ['site-backups', `/sites/${site}?tab=backups`, 'Before the summer menu'],
    ['site-aliases', `/sites/${site}?tab=aliases`, 'www.bakery.localhost'],
    ['site-edit', `/sites/${site}/edit`, 'Aliases'],
    ['add-site', '/sites/add', 'Site name'],
    ['platforms', '/platforms', 'Static site'],
    ['platform', `/platforms/${platform?.id ?? ''}`, 'Application'],
    ['add-platform', '/platforms/add', 'Folder'],
    ['servers', '/servers', 'Demo server'],
    ['server', `/servers/${server?.id ?? ''}`, 'Connection'],
    ['clients', '/clients', 'Bakery Smith'],
    ['client', `/clients/${client}`, 'Mail address'],
    ['backups', '/backups', 'Before the summer menu'],
    ['backup', `/backups/${backup}`, 'Lies on'],
    ['queues', '/queues', 'Runs the tasks that wait'],
    ['features', '/features', 'Always on'],
    ['settings', '/settings', 'Appearance'],
    ['settings-keys', '/settings/keys', 'Host keys'],
  ]
  const base = page.url().split('#')[0] ?? ''
  for (const [name, at, shows] of pages) {
    await page.goto(`${base}#${at}`)
    await page.getByText(shows).first().waitFor()
    await page.waitForTimeout(SETTLED_MS)
    await shoot(page, name)
  }
  await page.goto(`${base}#/sites`)
  await page.getByText('garden.localhost').waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('bak')
  await page
    .getByRole('option', { name: /bakery/ })
    .first()
    .waitFor()
  await shoot(page, 'palette')
  await page.keyboard.press('Escape')
}
/** Charts and lists are drawn by then. */
const SETTLED_MS = 600

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

async function shootAll(tab: Tab, sshd: Sshd, calls: DeskClient): Promise<void> {
  const { page } = tab
  await tab.goTo('Servers')
  await page.getByText('Demo server').first().waitFor({ timeout: 600_000 })
  await verifyAgain(calls)
  await installSites(tab)
  await shoot(page, 'task')
  await tab.link('Go to site').click()
  const [site] = await Promise.all([
    page.context().waitForEvent('page'),
    tab.link('Open the site').click(),
  ])
  await site.waitForLoadState('networkidle')
  await shoot(site, 'demo-site', [USUAL])
  await site.close()
  await shootPages(tab, calls)
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
  const address = await headless.address()
  const calls = await headless.calls()
  await bearAnyLoad(data, calls)
  await shootAll(await Tab.open(context, address), sshd, calls)
} finally {
  await browser.close()
  await sshd.stop()
  await headless.stop()
  await removeDemoOf(data)
  rmSync(data, { recursive: true, force: true })
  installation.remove()
}
