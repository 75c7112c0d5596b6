import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build } from '../../tools/build.ts'
import { findViolations } from '../support/axe.ts'
import { launchBrowser } from '../support/browser.ts'
import { aBusyDesk, anEmptyDesk } from '../support/fake-desk.ts'
import { serveFakeMain, type FakeMain } from '../support/fake-main.ts'
import { anId } from '../support/fake-tasks.ts'
import { PAGES } from '../support/pages.ts'

let browser: Browser
beforeAll(async () => {
  await build({ targets: ['renderer'] })
  browser = await launchBrowser()
}, 300_000)
afterAll(async () => {
  await browser.close()
})

describe.each(['light', 'dark'] as const)('in the %s', (colorScheme) => {
  let main: FakeMain
  let empty: FakeMain
  let context: BrowserContext
  let page: Page
  beforeAll(async () => {
    main = await serveFakeMain(aBusyDesk())
    empty = await serveFakeMain(anEmptyDesk())
    const viewport = { width: 1280, height: 800 }
    context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })
    page = await context.newPage()
  }, 60_000)
  afterAll(async () => {
    await context.close()
    await Promise.all([main.close(), empty.close()])
  })

  /** Opens a page anew, so that nothing of the one before is left. */
  async function open({ address }: FakeMain, at: string, heading: string): Promise<void> {
    await page.goto('about:blank')
    await page.goto(`${address}#${at}`)
    await page.getByRole('heading', { level: 1, name: heading }).waitFor()
    await page.waitForLoadState('networkidle')
  }

  test.each(PAGES)('nothing is in anyone’s way at %s', async (at, heading) => {
    await open(main, at, heading)
    expect(await findViolations(page)).toEqual([])
  })

  test.each(PAGES.filter(([at]) => /^\/\w*$/.test(at)))(
    'nor where there is nothing yet, at %s',
    async (at, heading) => {
      await open(empty, at, heading)
      expect(await findViolations(page)).toEqual([])
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
      expect(await findViolations(page)).toEqual([])
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
    await page.keyboard.press('.')
    await page.getByRole('menuitem', { name: 'Back up' }).click()
    await page.getByRole('dialog').waitFor()
    expect(await findViolations(page)).toEqual([])
  })

  test('nor with rows selected', async () => {
    await open(main, '/sites', 'Sites')
    await page.keyboard.press('j')
    await page.keyboard.press('Control+a')
    await page.getByRole('toolbar', { name: 'With what is selected' }).waitFor()
    expect(await findViolations(page)).toEqual([])
  })
})
