import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import path from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { launchBrowser, Tab } from '../support/browser.ts'
import { removeDemoOf } from '../support/demo.ts'
import { aDataFolder, removeFolder, resetAccount } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { endFirstRun } from '../support/first-run.ts'
import { Headless, installBuilt, type Installation } from '../support/headless.ts'
import { fetchByHost, stopNginx } from '../support/nginx.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from '../support/sshd.ts'

const TEMPLATE = path.join(import.meta.dirname, '../../provision/templates/static-site')
const account = ensureSandboxAccount('hdtest2')
let installation: Installation
let browser: Browser
let context: BrowserContext
let data: string
let headless: Headless
let sshd: Sshd
const tabs: Tab[] = []

beforeAll(async () => {
  installation = await installBuilt()
  browser = await launchBrowser()
}, 180_000)
afterAll(async () => {
  await browser.close()
  installation.remove()
})

afterEach(() => {
  // What a page complains of is a failure of whatever test showed it.
  expect(tabs.splice(0).flatMap(({ complaints }) => complaints)).toEqual([])
})

/** A new data folder with the application on it and a browser in front; all of it is gone after the test. */
async function startDesk({ isFirstRun = false } = {}): Promise<Tab> {
  data = aDataFolder()
  if (!isFirstRun) await endFirstRun(data)
  headless = new Headless(installation, data)
  context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  onTestFinished(async () => {
    await context.close()
    await headless.stop()
    await removeDemoOf(data)
    removeFolder(data)
  })
  return openTab(await headless.address())
}

async function openTab(address: string): Promise<Tab> {
  const tab = await Tab.open(context, address)
  tabs.push(tab)
  return tab
}

/** A real sshd for the account, whose home is as new but for a folder with a static site. */
async function startServer(): Promise<void> {
  await stopNginx(account.home)
  resetAccount(account)
  execFileSync('sh', ['-c', 'cd "$1" && rm -rf nginx sites backups platforms', 'sh', account.home])
  const platforms = path.join(account.home, 'platforms')
  cpSync(TEMPLATE, path.join(platforms, 'plain'), { recursive: true })
  execFileSync('chown', ['-R', `${account.uid}:${account.uid}`, platforms])
  sshd = await startSshd({ accounts: [account] })
  onTestFinished(async () => {
    await stopNginx(account.home)
    await sshd.stop()
  })
}

/** Adds the server by the form, comparing the fingerprint as a person would; ends at its verify's page. */
async function addServer(tab: Tab, webPort: number): Promise<void> {
  const { page } = tab
  await tab.goTo('Servers')
  await tab.link('Add a server').first().click()
  await page.getByLabel('Address').fill('127.0.0.1')
  await page.getByLabel('Port', { exact: true }).fill(String(sshd.port))
  await page.getByLabel('Account').fill(account.user)
  await page.getByLabel('Login').click()
  await page.getByRole('option', { name: 'Private key file' }).click()
  await page.getByRole('textbox', { name: 'Private key file' }).fill(account.keyFile)
  await tab.button('Check the connection').click()
  const question = page.getByRole('region', { name: 'Host key' })
  await question.getByText(sshd.hostKey.fingerprint).waitFor()
  expect(sshd.log()).not.toContain('Accepted')
  await tab.button('It is the same, trust it').click()
  await page.getByText('The connection is good.').waitFor()
  expect(sshd.log()).toContain('Accepted')
  await page.getByLabel('Name').fill('web1')
  await page.getByLabel('Web server').click()
  await page.getByRole('option', { name: /nginx/i }).click()
  await page.getByLabel('Web port').fill(String(webPort))
  await tab.button('Add web1').click()
  await tab.heading('Verify web1').waitFor()
}

describe('the main job, in a browser over a real sshd and nginx', () => {
  test('a server is added by its fingerprint, a site is installed, and it opens at its address', async () => {
    const site = 'www.journey.example'
    const webPort = await freePort()
    await startServer()
    const tab = await startDesk()
    const { page } = tab
    await addServer(tab, webPort)
    await tab.taskSays(/Verify of web1 succeeded in/)
    await page.getByRole('log').getByText(/nginx/i).first().waitFor()

    await tab.goTo('Platforms')
    await tab.link('Add a platform').first().click()
    await page.getByLabel('Name').fill('Plain')
    await page.getByLabel('Folder').fill('~/platforms/plain')
    await tab.button('Add Plain').click()
    await tab.taskSays(/Verify of Plain on web1 succeeded in/)

    await tab.goTo('Sites')
    await tab.link('Install a site').first().click()
    await page.getByLabel('Site name').fill(site)
    await tab.button(`Install ${site}`).click()
    await tab.heading(`Install ${site}`).waitFor()
    await tab.taskSays(new RegExp(`Install of ${site} on web1 succeeded in`))
    expect(await page.getByRole('log').locator('time').count()).toBeGreaterThan(3)

    await tab.link('Go to site').click()
    const [opened] = await Promise.all([
      context.waitForEvent('page'),
      tab.link('Open the site').click(),
    ])
    await opened.waitForLoadState()
    expect(opened.url()).toBe(`http://${site}:${webPort}/`)
    expect(await opened.getByText(site).count()).toBeGreaterThan(0)
    expect(await fetchByHost(webPort, site)).toMatchObject({ status: 200 })
    expect(await fetchByHost(webPort, 'other.example')).not.toMatchObject({ status: 200 })
  })

  test('a changed host key stops the server until it is decided, and then its task goes on', async () => {
    await startServer()
    const tab = await startDesk()
    const { page } = tab
    await addServer(tab, await freePort())
    await tab.taskSays(/succeeded/)
    const known = sshd.hostKey
    await sshd.stop()
    sshd = await startSshd({ accounts: [account], port: known.port })
    await tab.link('Go to server').click()
    await tab.button('Verify').click()
    const banner = page.getByRole('alert').filter({ hasText: 'shows a different host key' })
    await banner.waitFor()
    expect(sshd.log()).not.toContain('Accepted')
    await banner.getByRole('button', { name: 'Compare and decide' }).click()
    const question = page.getByRole('region', { name: 'Host key' })
    await question.getByText(known.fingerprint).waitFor()
    await question.getByText(sshd.hostKey.fingerprint).waitFor()
    await question.getByRole('button', { name: 'Leave it' }).click()
    await question.waitFor({ state: 'detached' })
    expect(sshd.log()).not.toContain('Accepted')
    await tab.taskSays(/waits to begin/)

    await banner.getByRole('button', { name: 'Compare and decide' }).click()
    await page.getByRole('button', { name: 'Trust the new key' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
    await tab.taskSays(/Verify of web1 succeeded/)
    await banner.waitFor({ state: 'detached' })
  })
})

describe('the first run', () => {
  test('leads from the empty page to a site that opens, and the demo server goes again', async () => {
    const tab = await startDesk({ isFirstRun: true })
    const { page } = tab
    await tab.goTo('Servers')
    await page.getByText('Demo server').waitFor()
    await tab.goTo('Sites')
    await page.getByText('Your sites will stand here.').waitFor()
    await tab.link('Install a site').last().click()
    await page.getByLabel('Site name').fill('first.localhost')
    await tab.button('Install first.localhost').click()
    await tab.taskSays(/Install of first.localhost on Demo server succeeded in/)
    await tab.link('Go to site').click()
    const [opened] = await Promise.all([
      context.waitForEvent('page'),
      tab.link('Open the site').click(),
    ])
    await opened.waitForLoadState()
    expect(new URL(opened.url()).hostname).toBe('first.localhost')
    expect(await opened.getByText('first.localhost').count()).toBeGreaterThan(0)
    await opened.close()

    await tab.goTo('Servers')
    await page.getByRole('list', { name: 'Servers' }).getByText('Demo server').click()
    await tab.button('Remove the demo server').click()
    const dialog = page.getByRole('dialog', { name: 'Remove the demo server' })
    await dialog.getByText('their backups go with it').waitFor()
    await dialog.getByRole('button', { name: 'Remove the demo server' }).click()
    await tab.heading('Servers').waitFor()
    await tab.button('Add the demo server').waitFor()
    await tab.goTo('Sites')
    await tab.link('Begin with a server').waitFor()
  })
})

describe('an open page', () => {
  test('shows what another tab does without being asked to', async () => {
    const first = await startDesk()
    const second = await openTab(new URL('/', await headless.address()).href)
    await second.goTo('Servers')
    await second.page.getByText('Begin with one of yours').waitFor()
    await first.goTo('Servers')
    await first.button('Add the demo server').click()
    await second.page.getByText('Demo server').first().waitFor({ timeout: 30_000 })
    await second.goTo('Tasks')
    await eventually(async () => expect(await second.page.getByText(/^Done in/).count()).toBe(2), {
      timeoutMs: 30_000,
    })
  })

  test('finds its way back when the application was killed and started again', async () => {
    const tab = await startDesk()
    const { page } = tab
    await tab.goTo('Servers')
    const port = Number(new URL(await headless.address()).port)
    await headless.kill()
    await page.getByText(/Connection to Hosting Desk lost/).waitFor()
    headless = new Headless(installation, data, port)
    await headless.address()
    await tab.button('Running tasks').waitFor({ timeout: 20_000 })
    await tab.button('Add the demo server').click()
    await page.getByText('Demo server').first().waitFor({ timeout: 30_000 })
    // That the connection went and was refused meanwhile is said in the console; nothing else may be.
    const others = tab.complaints.filter(
      (text) => !/WebSocket (connection to|is not open)/.test(text),
    )
    expect(others).toEqual([])
    tab.complaints.splice(0)
  })
})
