import fs from 'node:fs'
import path from 'node:path'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { launchBrowser } from '../support/browser.ts'
import { Headless, installBuilt, type Installation } from '../support/headless.ts'
import { NEEDLE, seed, seededSiteName, seededTask, type SeedSizes } from '../support/seed.ts'
import { inTurn, median, type BenchRow } from './bench-row.ts'
import { benchLogFollow } from './log-follow.ts'

/** Not among the temporary folders: those may lie in memory. Hidden, since what is built is copied without what is. */
const FOLDER = path.resolve(import.meta.dirname, `../../dist/.bench-interface-${process.pid}`)
const MANY: SeedSizes = { sites: 10_000, tasks: 100_000, lines: 1_000_000 }
const FEW: SeedSizes = { sites: 100, tasks: 100, lines: 10_000 }
const FRAME_MS = 1000 / 60

/** The interface's rows of design.md §13: the built application in a real Chromium, over a full store and a small one. */
export async function benchInterface({ rounds }: { rounds: number }): Promise<BenchRow[]> {
  const installation = await installBuilt()
  const browser = await launchBrowser()
  try {
    const many = await Desk.open(installation, browser, 'many', MANY)
    const few = await Desk.open(installation, browser, 'few', FEW)
    try {
      return [
        await benchList(many, few, rounds),
        await benchFilter(many, rounds),
        await benchLogOpening(many, few, rounds),
        await benchLogSearch(many),
        await benchLogHeap(many, few),
        ...(await benchLogFollow(browser, path.join(FOLDER, 'growing'))),
      ]
    } finally {
      await many.close()
      await few.close()
    }
  } finally {
    await browser.close()
    installation.remove()
    fs.rmSync(FOLDER, { recursive: true, force: true })
  }
}

/** One application with its page. */
class Desk {
  readonly page: Page
  readonly taskId: string
  readonly #headless: Headless

  private constructor(headless: Headless, page: Page, taskId: string) {
    this.#headless = headless
    this.page = page
    this.taskId = taskId
  }

  static async open(
    installation: Installation,
    browser: Browser,
    name: string,
    sizes: SeedSizes,
  ): Promise<Desk> {
    const folder = path.join(FOLDER, name)
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    await seed(folder, sizes)
    const headless = new Headless(installation, folder)
    const page = await (
      await browser.newContext({ viewport: { width: 1280, height: 800 } })
    ).newPage()
    await page.goto(await headless.address(120_000))
    return new Desk(headless, page, seededTask(sizes).taskId)
  }

  async close(): Promise<void> {
    await this.page.context().close()
    await this.#headless.stop()
  }

  async goTo(route: string): Promise<void> {
    await this.page.evaluate((to) => (location.hash = to), route)
  }

  /** Milliseconds from going to a page until the text is there, by the page's own clock, to the frame. */
  async timeUntil(route: string, selector: string, text: string): Promise<number> {
    await this.goTo('/clients')
    await this.page.getByRole('heading', { name: 'Clients', level: 1 }).waitFor()
    return this.page.evaluate(timeUntilShown, { route, selector, text })
  }
}

/** Runs in the page. */
function timeUntilShown(wish: { route: string; selector: string; text: string }): Promise<number> {
  const isShown = (): boolean =>
    [...document.querySelectorAll(wish.selector)].some((one) => one.textContent.includes(wish.text))
  return new Promise((resolve) => {
    const startedAt = performance.now()
    location.hash = wish.route
    const look = (): void => {
      if (isShown()) resolve(performance.now() - startedAt)
      else requestAnimationFrame(look)
    }
    look()
  })
}

async function benchList(many: Desk, few: Desk, rounds: number): Promise<BenchRow> {
  const shown = (desk: Desk) => () => desk.timeUntil('/sites', 'li a', 'acme-')
  await shown(many)()
  await shown(few)()
  return {
    what: 'list of 10,000 sites, shown',
    beside: 'list of 100',
    ...(await inTurn(rounds, shown(many), shown(few))),
    unit: 'ms',
    goal: { at: 'most', ratio: 1.5 },
  }
}

/** From the key to the rows on the screen; beside it the allowance: twice the same by `Array.filter`, and a frame. */
async function benchFilter(desk: Desk, rounds: number): Promise<BenchRow> {
  await desk.goTo('/sites')
  const field = desk.page.getByRole('textbox', { name: 'Filter sites' })
  await field.waitFor()
  const sites = Array.from({ length: MANY.sites }, (_, at): PlainSite => {
    const name = seededSiteName(at + 1)
    return { name, title: name, aliases: [] }
  })
  const ours = async (): Promise<number> => {
    await field.fill('harbour-99')
    await desk.page.getByText('harbour-991.example.com').waitFor()
    return desk.page.evaluate(timeKey, { typed: 'harbour-999', gone: 'harbour-991.example.com' })
  }
  const theirs = async (): Promise<number> => {
    const plain = await desk.page.evaluate(timePlainFilter, { sites, typed: 'harbour-999' })
    return 2 * plain + FRAME_MS
  }
  // One key falls anywhere into a frame, and the first ones meet code that is not compiled yet.
  const keys = 5 * rounds
  for (let key = 0; key < keys; key++) await ours()
  return {
    what: 'a key in the filter of 10,000 sites, to the rows on the screen',
    beside: 'twice `Array.filter` over the same rows, and one frame',
    ...(await inTurn(keys, ours, theirs)),
    unit: 'ms',
    goal: { at: 'most', ratio: 1 },
  }
}

/** Runs in the page: one more letter, and how long until a row that no longer fits is gone. */
function timeKey(wish: { typed: string; gone: string }): Promise<number> {
  const field = document.querySelector<HTMLInputElement>('input[aria-label="Filter sites"]')
  const isGone = (): boolean =>
    ![...document.querySelectorAll('li a')].some((row) => row.textContent.includes(wish.gone))
  return new Promise((resolve, reject) => {
    if (field === null || isGone()) return reject(new Error('The list is not as it should be.'))
    const startedAt = performance.now()
    field.value = wish.typed
    field.dispatchEvent(new Event('input', { bubbles: true }))
    const look = (): void => {
      if (isGone()) resolve(performance.now() - startedAt)
      else requestAnimationFrame(look)
    }
    look()
  })
}

/** What the filter looks into of a site. */
interface PlainSite {
  name: string
  title: string
  aliases: string[]
}

/** Runs in the page: the same question as it is written without a store, every word somewhere whatever its case and accents. */
function timePlainFilter({ sites, typed }: { sites: PlainSite[]; typed: string }): number {
  const fold = (text: string): string =>
    text
      .normalize('NFKD')
      .replace(/\p{Mn}/gu, '')
      .toLowerCase()
  const startedAt = performance.now()
  const words = fold(typed).split(/\s+/)
  const found = sites.filter(({ name, title, aliases }) => {
    const text = fold([name, title, ...aliases].join('\n'))
    return words.every((word) => text.includes(word))
  })
  const ms = performance.now() - startedAt
  if (found.length === 0) throw new Error('Nothing was found.')
  return ms
}

async function benchLogOpening(many: Desk, few: Desk, rounds: number): Promise<BenchRow> {
  const shown = (desk: Desk, last: number) => () =>
    desk.timeUntil(`/tasks/${desk.taskId}`, '[role=log]', `file-${last}.php`)
  const ours = shown(many, MANY.lines - 1)
  const theirs = shown(few, FEW.lines - 1)
  return {
    what: 'log of 1,000,000 lines, open at its end',
    beside: 'of 10,000 lines',
    ...(await inTurn(rounds, ours, theirs)),
    unit: 'ms',
    goal: { at: 'most', ratio: 2 },
  }
}

/** Its goal is only that all of it is found; the figure is how long that takes. */
async function benchLogSearch({ page }: Desk): Promise<BenchRow> {
  const startedAt = performance.now()
  await page.getByRole('button', { name: 'Search', exact: true }).click()
  await page.getByLabel('Search the log').fill(NEEDLE)
  await page.getByText(`0 of ${MANY.lines / 100_000}`, { exact: true }).waitFor({ timeout: 60_000 })
  const ours = (performance.now() - startedAt) / 1000
  await page.keyboard.press('Escape')
  return {
    what: 'a word found in all of 1,000,000 lines',
    beside: 'ten seconds',
    ours,
    theirs: 10,
    unit: 's',
    ratio: ours / 10,
    goal: { at: 'most', ratio: 1 },
  }
}

async function benchLogHeap(many: Desk, few: Desk): Promise<BenchRow> {
  const ours = await heapAfterScrolling(many)
  const theirs = await heapAfterScrolling(few)
  return {
    what: 'log of 1,000,000 lines: renderer heap after scrolling it',
    beside: 'of 10,000 lines',
    ours,
    theirs,
    unit: 'MB',
    ratio: ours / theirs,
    goal: { at: 'most', ratio: 1.3 },
  }
}

/** From the end to the start in two hundred steps, each drawn; then what cannot be let go. */
async function heapAfterScrolling(desk: Desk): Promise<number> {
  await desk.timeUntil(`/tasks/${desk.taskId}`, '[role=log]', 'file-')
  await desk.page.evaluate(async () => {
    const log = document.querySelector('[role=log]')
    if (log === null) throw new Error('There is no log.')
    for (let step = 200; step >= 0; step--) {
      log.scrollTop = (log.scrollHeight / 200) * step
      await new Promise(requestAnimationFrame)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })
  const session = await desk.page.context().newCDPSession(desk.page)
  const measured: number[] = []
  for (let time = 0; time < 3; time++) measured.push(await usedHeap(session))
  await session.detach()
  return median(measured)
}

async function usedHeap(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.enable')
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return usedSize / 1024 / 1024
}
