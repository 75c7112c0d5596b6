import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser, Tab } from '../support/browser.ts'
import { aDataFolder, removeFolder } from '../support/desk.ts'
import { endFirstRun } from '../support/first-run.ts'
import { Headless, installBuilt, type Installation } from '../support/headless.ts'

const EXAMPLE = path.join(import.meta.dirname, '../../docs/extending/example')
let installation: Installation
let browser: Browser
let data: string
let headless: Headless
let tab: Tab

beforeAll(async () => {
  installation = await installBuilt()
  browser = await launchBrowser()
  data = aDataFolder()
  await endFirstRun(data)
  headless = new Headless(installation, data)
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  tab = await Tab.open(context, await headless.address())
}, 180_000)
afterAll(async () => {
  await browser.close()
  await headless.stop()
  removeFolder(data)
  installation.remove()
})

/** Leads to a page by the navigation. */
async function goTo(name: 'Features' | 'Queues'): Promise<void> {
  const menu = tab.page.getByRole('navigation', { name: 'Main' })
  await menu.getByRole('link', { name }).click()
  await tab.heading(name).waitFor()
}
function put(name: string, text: string): void {
  mkdirSync(path.join(data, 'extensions', name), { recursive: true })
  writeFileSync(path.join(data, 'extensions', name, 'index.mjs'), text)
}
/** Switches an extension on and says yes to its warning. */
async function agreeTo(name: string): Promise<void> {
  await tab.page.getByRole('switch', { name }).click()
  const dialog = tab.page.getByRole('dialog')
  await dialog.getByRole('checkbox').click()
  await dialog.getByRole('button', { name: 'Switch it on' }).click()
}
const item = (text: string) => tab.page.getByRole('listitem').filter({ hasText: text })

describe('the page of features', () => {
  test('an extension dropped in is found, warned of, switched on and off again', async () => {
    const { page } = tab
    await goTo('Features')
    await page.getByRole('region', { name: 'Hosting' }).getByText('Always on').first().waitFor()
    cpSync(EXAMPLE, path.join(data, 'extensions/notice-board'), { recursive: true })
    await tab.button('Look for extensions again').click()
    await page.getByRole('switch', { name: 'notice-board' }).click()

    const dialog = page.getByRole('dialog')
    await dialog.getByText(/runs inside Hosting Desk with your own rights/).waitFor()
    await dialog.getByText(/notice-board.mjs, notice-page.mjs/).waitFor()
    const yes = dialog.getByRole('button', { name: 'Switch it on' })
    expect(await yes.isDisabled()).toBe(true)
    await dialog.getByRole('checkbox').click()
    await yes.click()
    await dialog.waitFor({ state: 'hidden' })

    const example = page.getByRole('switch', { name: 'Notice board' })
    await item('Publishes short notices on sites.').waitFor()
    expect(await example.isChecked()).toBe(true)
    await goTo('Queues')
    await page.getByText('Brings the notices of all sites up to date.').waitFor()
    await goTo('Features')
    await example.click()
    await page.getByRole('switch', { name: 'Notice board', checked: false }).waitFor()
    await goTo('Queues')
    await page.getByText('Runs the tasks that wait').waitFor()
    expect(await page.getByText('Brings the notices of all sites up to date.').count()).toBe(0)
    expect(tab.complaints).toEqual([])
  })

  test('a broken one says why, and what requires a feature that is off says so', async () => {
    const { page } = tab
    put('broken', "throw new Error('not today')")
    put('follower', "export default { name: 'follower', title: 'It', requires: ['notice-board'] }")
    await goTo('Features')
    await tab.button('Look for extensions again').click()
    await agreeTo('broken')
    const dialog = page.getByRole('dialog')
    await dialog.getByText(/broken cannot be used: not today/).waitFor()
    await dialog.getByRole('button', { name: 'Leave it off' }).click()
    expect(await page.getByRole('switch', { name: 'broken' }).isChecked()).toBe(false)
    await agreeTo('follower')
    await item('It').getByText('Off, because it requires').waitFor()
    expect(tab.complaints).toEqual([])
  })
})
