import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser, Tab } from '../support/browser.ts'
import { aDataFolder, removeFolder } from '../support/desk.ts'
import {
  openAegirAccount,
  RECORDED_CONTEXTS,
  type AegirAccount,
} from '../support/drush/aegir-account.ts'
import { endFirstRun } from '../support/first-run.ts'
import { Headless, installBuilt, type Installation } from '../support/headless.ts'

let installation: Installation
let browser: Browser
let context: BrowserContext
let aegir: AegirAccount
let headless: Headless
let data: string

beforeAll(async () => {
  installation = await installBuilt()
  browser = await launchBrowser()
  aegir = await openAegirAccount('hdaegire')
  aegir.put(RECORDED_CONTEXTS)
  aegir.put({ hostmaster: { context_type: 'site', uri: 'aegir.test', platform: '@platform_h' } })
  aegir.breakContext('server_broken')
  aegir.asAccount(`echo "* * * * * drush '@hostmaster' hosting-dispatch" | crontab -`)
  data = aDataFolder()
  await endFirstRun(data)
  headless = new Headless(installation, data)
  context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
}, 180_000)

afterAll(async () => {
  await context.close()
  await browser.close()
  await headless.stop()
  removeFolder(data)
  installation.remove()
  await aegir.close()
})

test('who has Aegir points at its account, sees what it has, imports it and pauses Aegir’s frontend', async () => {
  const tab = await Tab.open(context, await headless.address())
  const { page } = tab
  await tab.goTo('Servers')
  await tab.link('Add a server').first().click()
  await page.getByLabel('Address').fill('127.0.0.1')
  await page.getByLabel('Port', { exact: true }).fill(String(aegir.sshd.port))
  await page.getByLabel('Account').fill(aegir.account.user)
  await page.getByLabel('Login').click()
  await page.getByRole('option', { name: 'Private key file' }).click()
  await page.getByRole('textbox', { name: 'Private key file' }).fill(aegir.account.keyFile)
  await tab.button('Check the connection').click()
  await tab.button('It is the same, trust it').click()
  await page.getByText('New here: 2 servers, 2 platforms, 1 site.').waitFor()
  await page.getByText('@server_broken', { exact: true }).waitFor()
  expect(await tab.button('Add 127.0.0.1').count()).toBe(0)
  await tab.button('Import what is there').click()
  await tab.link('site1.aegir.test').first().waitFor()

  await tab.goTo('Servers')
  await tab.link('web.aegir.test').first().click()
  await tab.heading('web.aegir.test').waitFor()
  await page.getByRole('tab', { name: 'Aegir' }).click()
  await page.getByText('Aegir’s own frontend starts tasks on this account, too').waitFor()
  await tab.button('Pause Aegir’s frontend').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Pause Aegir’s frontend' }).click()
  await tab.button('Put Aegir’s frontend back').waitFor()
  expect(aegir.asAccount('crontab -l')).not.toContain('hosting-dispatch')
  await tab.button('Refresh from the server').click()
  await page.getByText('Everything is here, as it is there.').waitFor()
  await tab.button('Put Aegir’s frontend back').click()
  await page.getByText('Aegir’s own frontend starts tasks on this account, too').waitFor()
  expect(aegir.asAccount('crontab -l')).toContain('hosting-dispatch')
  expect(tab.complaints).toEqual([])
}, 120_000)
