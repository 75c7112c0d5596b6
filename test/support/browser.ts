import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { eventually } from './eventually.ts'

/** Chromium as tests need it: quiet, and with every name under .example on loopback. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP *.example 127.0.0.1',
]

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS })

/** One person's browser window with the application in it; it notes whatever is not as it should be. */
export class Tab {
  readonly page: Page
  /** Errors and warnings of the console, failed requests, and requests to anywhere but the application. */
  readonly complaints: string[]

  private constructor(page: Page, complaints: string[]) {
    this.page = page
    this.complaints = complaints
  }

  /** Opens the address in a tab of this context. */
  static async open(context: BrowserContext, address: string): Promise<Tab> {
    const page = await context.newPage()
    const tab = new Tab(page, [])
    tab.#watch(new URL(address).origin)
    await page.goto(address)
    return tab
  }

  #watch(origin: string): void {
    const { page, complaints } = this
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`)
    })
    page.on('request', (request) => {
      const url = request.url()
      if (!url.startsWith(`${origin}/`) && !url.startsWith('data:'))
        complaints.push(`foreign: ${url}`)
    })
  }

  button = (name: string | RegExp) => this.page.getByRole('button', { name })
  link = (name: string | RegExp) => this.page.getByRole('link', { name })
  heading = (name: string | RegExp) => this.page.getByRole('heading', { level: 1, name })

  /** Leads to a page of the application by the navigation. */
  async goTo(
    name: 'Overview' | 'Tasks' | 'Sites' | 'Platforms' | 'Servers' | 'Backups' | 'Queues',
  ): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click()
    await this.heading(name).waitFor()
  }

  /**
   * Waits until the sentence of the task on the page says so; else says what the page shows. A busy machine puts an
   * install off for half a minute and longer.
   */
  async taskSays(words: RegExp, timeoutMs = 100_000): Promise<void> {
    await eventually(
      async () => {
        const shown = await this.page.getByRole('main').innerText()
        if (!words.test(shown)) throw new Error(`The page says: ${shown}`)
      },
      { timeoutMs },
    )
  }
}
