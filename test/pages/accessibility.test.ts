import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { build } from '../../tools/build.ts'
import { findViolations } from '../support/axe.ts'
import { launchBrowser } from '../support/browser.ts'
import { aBusyDesk, anEmptyDesk } from '../support/fake-desk.ts'
import { serveFakeMain, type FakeMain } from '../support/fake-main.ts'
import { anId } from '../support/fake-tasks.ts'
import { PAGES } from '../support/pages.ts'

let browser: Browser
let main: FakeMain
let empty: FakeMain
let page: Page
beforeAll(async () => {
  await build({ targets: ['renderer'] })
  browser = await launchBrowser()
  main = await serveFakeMain(aBusyDesk())
  empty = await serveFakeMain(anEmptyDesk())
  const viewport = { width: 1280, height: 800 }
  page = await (await browser.newContext({ viewport, reducedMotion: 'reduce' })).newPage()
}, 300_000)
afterAll(async () => {
  await browser.close()
  await Promise.all([main.close(), empty.close()])
})

/** Opens a page anew, so that nothing of the one before is left. */
async function open({ address }: FakeMain, at: string, heading: string): Promise<void> {
  await page.goto('about:blank')
  await page.goto(`${address}#${at}`)
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
  await page.waitForLoadState('networkidle')
}

async function findInBoth(): Promise<Record<'light' | 'dark', string[]>> {
  const findIn = async (colorScheme: 'light' | 'dark'): Promise<string[]> => {
    await page.emulateMedia({ colorScheme })
    await page.locator(colorScheme === 'dark' ? 'html.dark' : 'html:not(.dark)').waitFor()
    return findViolations(page)
  }
  return { light: await findIn('light'), dark: await findIn('dark') }
}
const NOTHING = { light: [], dark: [] }

test.each(PAGES)('nothing is in anyone’s way at %s', async (at, heading) => {
  await open(main, at, heading)
  expect(await findInBoth()).toEqual(NOTHING)
})

test.each(PAGES.filter(([at]) => /^\/\w*$/.test(at)))(
  'nor where there is nothing yet, at %s',
  async (at, heading) => {
    await open(empty, at, heading)
    expect(await findInBoth()).toEqual(NOTHING)
  },
)

test('nor in the palette, the list of keys, a task’s form and the panel of running tasks', async () => {
  await open(main, `/sites/${anId(301)}`, 'www.example.com')
  for (const [openIt, name] of [
    [() => page.keyboard.press('Control+k'), 'Commands'],
    [() => page.keyboard.press('?'), 'Keys'],
    [() => page.getByRole('button', { name: 'Running tasks' }).click(), 'Running tasks'],
  ] as const) {
    await openIt()
    await page.getByRole('dialog', { name }).waitFor()
    expect(await findInBoth()).toEqual(NOTHING)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  await page.keyboard.press('.')
  await page.getByRole('menuitem', { name: 'Back up' }).click()
  await page.getByRole('dialog').waitFor()
  expect(await findInBoth()).toEqual(NOTHING)
})

test('nor with rows selected', async () => {
  await open(main, '/sites', 'Sites')
  await page.keyboard.press('j')
  await page.keyboard.press('Control+a')
  await page.getByRole('toolbar', { name: 'With what is selected' }).waitFor()
  expect(await findInBoth()).toEqual(NOTHING)
})
