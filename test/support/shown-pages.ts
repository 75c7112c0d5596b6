import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { build } from '../../tools/build.ts'
import { launchBrowser, Tab } from './browser.ts'
import { serveFakeMain, type FakeMain } from './fake-main.ts'
import type { FakeDesk } from './fake-router.ts'

/** A page on which a test acts, and what stands behind it. */
export interface Shown {
  page: Page
  context: BrowserContext
  main: FakeMain
  desk: FakeDesk
  /** Errors and warnings, failed requests, and requests to anywhere but the application. */
  complaints: readonly string[]
}

/**
 * Shows the built pages to the tests of a file, in a real browser over a main that answers from arrays. What it returns
 * opens a page of a desk, for as long as the test lasts.
 */
export function showPages(): (desk: FakeDesk, at: string) => Promise<Shown> {
  let browser: Browser
  beforeAll(async () => {
    await build({ targets: ['renderer'] })
    browser = await launchBrowser()
  }, 120_000)
  afterAll(() => browser.close())

  return async (desk, at) => {
    const main = await serveFakeMain(desk)
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    onTestFinished(async () => {
      await context.close()
      await main.close()
    })
    const { page, complaints } = await Tab.open(context, `${main.address}#${at}`)
    return { page, context, main, desk: main.desk, complaints }
  }
}
