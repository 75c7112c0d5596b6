import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { build } from '../../tools/build.ts'
import { launchBrowser } from '../support/browser.ts'
import { aBusyDesk, anEmptyDesk } from '../support/fake-desk.ts'
import { serveFakeMain, type FakeMain } from '../support/fake-main.ts'
import { anId } from '../support/fake-tasks.ts'
import { PAGES } from '../support/pages.ts'
import { findCutOff } from '../support/room.ts'

/** A window of 1280×800 in which everything is twice as large, and the text as large as it can be set. */
const WINDOW = { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }

let browser: Browser
let busy: FakeMain
let empty: FakeMain
let page: Page
beforeAll(async () => {
  await build({ targets: ['renderer'] })
  browser = await launchBrowser()
  const large = { 'appearance.textSize': 'large' } as const
  const desks = [aBusyDesk(), anEmptyDesk()].map((desk) => ({
    ...desk,
    settings: { ...desk.settings, ...large },
  }))
  ;[busy, empty] = (await Promise.all(desks.map((desk) => serveFakeMain(desk)))) as [
    FakeMain,
    FakeMain,
  ]
  page = await (await browser.newContext({ ...WINDOW, reducedMotion: 'reduce' })).newPage()
}, 300_000)
afterAll(async () => {
  await browser.close()
  await Promise.all([busy.close(), empty.close()])
})

async function open({ address }: FakeMain, at: string, heading: string): Promise<void> {
  await page.goto('about:blank')
  await page.goto(`${address}#${at}`)
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
  await page.waitForLoadState('networkidle')
  await page.locator('html[data-text-size=large]').waitFor()
}

test.each(PAGES)('at twice its size everything of %s can be read and reached', async (at, name) => {
  await open(busy, at, name)
  expect(await findCutOff(page)).toEqual([])
})

test.each(PAGES.filter(([at]) => /^\/\w*$/.test(at)))(
  'also where there is nothing yet, at %s',
  async (at, name) => {
    await open(empty, at, name)
    expect(await findCutOff(page)).toEqual([])
  },
)

test.each(['site', 'platform', 'server'])('also with every %s selected', async (kind) => {
  await open(busy, `/${kind}s`, `${kind.charAt(0).toUpperCase()}${kind.slice(1)}s`)
  await page.keyboard.press('j')
  await page.keyboard.press('Control+a')
  await page.getByRole('button', { name: 'Back up' }).waitFor()
  await page.getByTitle('Sort by name').waitFor({ state: 'hidden' })
  expect(await findCutOff(page)).toEqual([])
})

test('also in the palette, the list of keys, the panel of running tasks, a task’s form and a question', async () => {
  await open(busy, `/sites/${anId(301)}`, 'www.example.com')
  const act = async (name: string): Promise<void> => {
    await page.keyboard.press('.')
    await page.getByRole('menuitem', { name, exact: true }).click()
  }
  const dialog = page.getByRole('dialog')
  for (const openIt of [
    () => page.keyboard.press('Control+k'),
    () => page.keyboard.press('?'),
    () => page.getByRole('button', { name: 'Running tasks' }).click(),
    () => act('Back up'),
    () => act('Delete'),
  ]) {
    await openIt()
    await dialog.waitFor()
    expect(await findCutOff(page, '[role=dialog]')).toEqual([])
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  }
})
