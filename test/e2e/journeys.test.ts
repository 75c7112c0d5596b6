import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { installBuilt, type Installation } from '../support/headless.ts'
import { Journey } from '../support/journey.ts'
import { fetchByHost } from '../support/nginx.ts'

const LONG_MS = 150_000
let installation: Installation
let browser: Browser
let journey: Journey

beforeAll(async () => {
  installation = await installBuilt()
  browser = await launchBrowser()
}, LONG_MS)
afterAll(async () => {
  await browser.close()
  installation.remove()
})
afterEach(() => {
  // What a page complains of is a failure of whatever showed it; so is a request to anywhere else.
  expect(journey.tab.complaints).toEqual([])
})

describe('from the first page', () => {
  beforeAll(async () => {
    journey = await Journey.begin({ installation, browser }, 'hdway')
  }, LONG_MS)
  afterAll(() => journey.end())

  test(
    'the steps lead to a server of one’s own and to its first site',
    { timeout: LONG_MS },
    async () => {
      const { account, sshd, tab, webPort } = journey
      const { page } = tab
      const way = page.getByRole('region', { name: 'From here to your first site' })
      await way.getByRole('link', { name: 'Add a server' }).click()
      await page.getByLabel('Address').fill('127.0.0.1')
      await page.getByLabel('Port', { exact: true }).fill(String(sshd.port))
      await page.getByLabel('Account').fill(account.user)
      await page.getByLabel('Login').click()
      await page.getByRole('option', { name: 'Private key file' }).click()
      await page.getByRole('textbox', { name: 'Private key file' }).fill(account.keyFile)
      await tab.button('Check the connection').click()
      await page
        .getByRole('region', { name: 'Host key' })
        .getByText(sshd.hostKey.fingerprint)
        .waitFor()
      await tab.button('It is the same, trust it').click()
      await page.getByText('The connection is good.').waitFor()
      await page.getByLabel('Name').fill('web1')
      await page.getByLabel('Web server').click()
      await page.getByRole('option', { name: /nginx/i }).first().click()
      await page.getByLabel('Web port').fill(String(webPort))
      await tab.button('Add web1').click()
      await tab.taskSays(/Verify of web1 succeeded/, LONG_MS)
      await tab.goTo('Overview')
      await way.getByRole('link', { name: 'Add a platform' }).click()
      await page.getByLabel('Name').fill('Plain')
      await page.getByLabel('Folder').fill('~/platforms/plain')
      await tab.button('Add Plain').click()
      await tab.taskSays(/Verify of Plain on web1 succeeded/, LONG_MS)
      await tab.goTo('Overview')
      await way.getByRole('link', { name: 'Install a site', exact: true }).click()
      await page.getByLabel('Site name').fill('first.example')
      await tab.button('Install first.example').click()
      await tab.taskSays(/Install of first.example on web1 succeeded/, LONG_MS)
      await tab.goTo('Overview')
      await page.getByText('Nothing needs you.').waitFor()
      await way.waitFor({ state: 'detached' })
      expect(await fetchByHost(webPort, 'first.example')).toMatchObject({ status: 200 })
    },
  )
})

describe('a day with sites', () => {
  const COUNT = 50
  const SITES = Array.from({ length: COUNT }, (_, index) => `s${index + 1}.example`)

  beforeAll(async () => {
    journey = await Journey.begin({ installation, browser }, 'hdday')
    await journey.settle(SITES)
  }, LONG_MS)
  afterAll(() => journey.end())

  async function openSite(name: string): Promise<void> {
    const { page } = journey.tab
    await page.keyboard.press('Control+k')
    await page.keyboard.type(name)
    await page.getByRole('option', { name: `${name} on web1`, exact: true }).click()
    await journey.tab.heading(name).waitFor()
  }
  async function chooseAction(name: string): Promise<void> {
    const { page } = journey.tab
    await page.keyboard.press('.')
    await page.getByRole('menuitem', { name, exact: true }).click()
    await page.getByRole('dialog').waitFor()
  }

  test(
    'a task that failed is found on the first page, and run again with changes',
    { timeout: LONG_MS },
    async () => {
      const { tab } = journey
      const { page } = tab
      journey.mayWriteBackups(false)
      await openSite('s1.example')
      await chooseAction('Back up')
      await page.getByLabel('Description').fill('before the change')
      await tab.button('Back up s1.example').click()
      await tab.taskSays(/Back up of s1.example on web1 failed/, LONG_MS)
      await tab.goTo('Overview')
      const needs = page.getByRole('region', { name: 'What needs you' })
      await needs.getByRole('link', { name: 'See why: Back up of s1.example failed.' }).click()
      await page
        .getByText(/permission denied/)
        .first()
        .waitFor()
      journey.mayWriteBackups(true)
      await tab.link('Run again with changes').click()
      const description = page.getByRole('dialog').getByLabel('Description')
      expect(await description.inputValue()).toBe('before the change')
      await description.fill('after the change')
      await tab.button('Back up s1.example').click()
      await tab.taskSays(/Back up of s1.example on web1 succeeded/, LONG_MS)
      await tab.goTo('Overview')
      await page.getByText('Nothing needs you.').waitFor()
    },
  )

  test('a backup becomes a site of its own', { timeout: LONG_MS }, async () => {
    const { tab, webPort } = journey
    const { page } = tab
    await tab.goTo('Backups')
    await page.getByRole('list', { name: 'Backups' }).getByText('after the change').click()
    await tab.link('Restore as a new site').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name of the copy').fill('again.example')
    expect(await dialog.getByRole('radio', { checked: true }).count()).toBe(1)
    await tab.button('Clone s1.example').click()
    await tab.taskSays(/Clone of s1.example on web1 succeeded/, LONG_MS)
    expect(await fetchByHost(webPort, 'again.example')).toMatchObject({ status: 200 })
    const { items } = await journey.calls.backup.list({ search: 's1.example' })
    expect(items).toHaveLength(1)
  })

  test(
    'fifty sites are backed up by one order, of which one is cancelled',
    { timeout: LONG_MS },
    async () => {
      const { tab } = journey
      const { page } = tab
      await tab.goTo('Sites')
      await page.getByLabel('Filter sites').fill('s')
      await page.getByLabel('Filter sites').press('Enter')
      await page.getByRole('list', { name: 'Sites' }).getByRole('link').first().focus()
      await page.keyboard.press('Control+a')
      const bar = page.getByRole('toolbar', { name: 'With what is selected' })
      await bar.getByText(`${COUNT} sites selected`).waitFor()
      await bar.getByRole('button', { name: 'Back up' }).click()
      await page.getByText(`${COUNT} sites of ${COUNT} will get a task each`).waitFor()
      await tab.button(`Back up ${COUNT} sites`).click()
      await page.getByText(/Back up: \d+ of \d+ ended/).waitFor()
      const batchId = new URL(page.url().replace('/#', '')).searchParams.get('batch') ?? ''
      const { items } = await journey.calls.task.list({ batchId, statuses: ['queued'], limit: 1 })
      await page.goto(`${page.url().split('#')[0] ?? ''}#/tasks/${items[0]?.id ?? ''}`)
      await tab.button('Cancel').click()
      await tab.taskSays(/was cancelled/)
      await page.goBack()
      await eventually(
        async () =>
          expect(await page.getByRole('region', { name: 'This order' }).innerText()).toMatch(
            new RegExp(`${COUNT} of ${COUNT} ended\\s+${COUNT - 1} done\\s+1 cancelled`),
          ),
        { timeoutMs: LONG_MS },
      )
    },
  )

  test('an edit that is not yet on the server is taken back', { timeout: LONG_MS }, async () => {
    const { tab } = journey
    const { page } = tab
    await page.getByRole('switch', { name: 'Dispatch' }).click()
    await page.getByText('Dispatch paused: nothing starts').waitFor()
    await openSite('s2.example')
    await tab.link('Edit').first().click()
    await page.getByLabel('Aliases').fill('two.example')
    await tab.button('Save and verify').click()
    const banner = page.getByRole('region', { name: 'Not yet on the server' })
    await banner.getByText('["two.example"]').waitFor()
    await banner.getByRole('button', { name: 'Take the change back' }).click()
    await banner.waitFor({ state: 'detached' })
    const { items } = await journey.calls.site.list({ search: 's2.example' })
    expect(items[0]?.aliases).toEqual([])
    await page.getByRole('switch', { name: 'Dispatch' }).click()
    await page.getByText('Dispatch on').waitFor()
  })

  test(
    'what is asked for while dispatch is paused begins when it is resumed',
    { timeout: LONG_MS },
    async () => {
      const { tab } = journey
      const { page } = tab
      await page.getByRole('switch', { name: 'Dispatch' }).click()
      await openSite('s3.example')
      await tab.button('Verify').click()
      await tab.taskSays(/the queue of tasks is paused/)
      await page.getByRole('switch', { name: 'Dispatch' }).click()
      await tab.taskSays(/Verify of s3.example on web1 succeeded/, LONG_MS)
    },
  )

  test('a site is found, backed up and looked at by keys alone', { timeout: LONG_MS }, async () => {
    const { page } = journey.tab
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key)
    }
    await press('g', 'o')
    await journey.tab.heading('Overview').waitFor()
    await press('g', 's')
    await journey.tab.heading('Sites').waitFor()
    const list = page.getByRole('list', { name: 'Sites' })
    await list.getByRole('link').first().waitFor()
    await press('/')
    await page.keyboard.type('s42.example')
    await eventually(async () => expect(await list.getByRole('link').count()).toBe(1))
    await page.getByLabel('Filter sites').blur()
    await press('j', 'Enter')
    await journey.tab.heading('s42.example').waitFor()
    // Who presses a key for what is not there yet, presses it again.
    await page.getByRole('button', { name: /^Actions for/ }).waitFor()
    await press('.')
    await page.getByRole('menuitem', { name: 'Back up' }).waitFor()
    await page.locator('[role=menu]:focus, [role=menu] :focus').first().waitFor()
    await page.keyboard.type('Back')
    await page.locator('[role=menuitem]:focus', { hasText: /^Back up/ }).waitFor()
    await press('Enter')
    // The form has the keyboard once it is open.
    await page.locator('[role=dialog] :focus').waitFor()
    await press('Control+Enter')
    await journey.tab.taskSays(/Back up of s42.example on web1 succeeded/, LONG_MS)
    await press('Escape')
    await journey.tab.heading('s42.example').waitFor()
    await press('g', 'b')
    await journey.tab.heading('Backups').waitFor()
  })
})
