import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { aDataFolder, countedLines, removeFolder } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { GrowingLog } from '../support/growing-log.ts'
import { installBuilt, type Installation } from '../support/headless.ts'

const LINES = 120_000
/** So many lines below those on the screen are drawn too. */
const UNSEEN = 12

let installation: Installation
let browser: Browser
let data: string
let log: GrowingLog
beforeAll(async () => {
  installation = await installBuilt({ isCounting: true })
  browser = await launchBrowser()
  data = aDataFolder()
  log = await GrowingLog.begin(
    { installation, browser, data },
    { lines: LINES, linesPerSecond: 10_000 },
  )
}, 180_000)
afterAll(async () => {
  await log.end()
  await browser.close()
  removeFolder(data)
  installation.remove()
})

const isOn = async (name: string): Promise<boolean> =>
  (await log.page.getByRole('button', { name, exact: true }).getAttribute('aria-pressed')) ===
  'true'
const untilMoved = (from: number): Promise<void> =>
  eventually(async () => expect(await log.lastShown()).toBeGreaterThan(from))
async function choose(level: string | RegExp): Promise<void> {
  await log.page.getByLabel('Level').click()
  await log.page.getByRole('option', { name: level }).click()
  await log.page.getByRole('listbox').waitFor({ state: 'detached' })
}

test('a log that grows by 10,000 lines a second is followed to its last line, with none lost', async () => {
  const { page, tab } = log
  for (const [key, name] of [
    ['t', 'Times since the log began'],
    ['w', 'Wrap'],
    ['w', 'Wrap'],
    ['t', 'Times since the log began'],
  ] as const) {
    const [before, wasOn] = [await log.lastShown(), await isOn(name)]
    await page.keyboard.press(key)
    await eventually(async () => expect(await isOn(name)).toBe(!wasOn))
    await untilMoved(before)
  }
  // Not followed, what is on the page stays there; followed again, it is at the end at once.
  await page.keyboard.press('f')
  await eventually(async () => expect(await isOn('Follow')).toBe(false))
  // Rows that were just asked for are empty until they come.
  let stood = -1
  await eventually(async () => expect((stood = await log.lastShown())).toBeGreaterThan(-1))
  await choose(/^Errors/)
  await page.getByText('Nothing of this kind.').waitFor()
  await choose('Everything')
  await eventually(async () => expect(await log.lastShown()).toBeLessThanOrEqual(stood + UNSEEN))
  await page.keyboard.press('f')
  await untilMoved(stood + 1000)
  // All that was answered while lines came.
  expect(await log.lastShown()).toBeLessThan(LINES - 1)

  await log.untilAllShown()
  const entries = await log.linesInMain()
  expect(countedLines(entries)).toEqual(Array.from({ length: LINES }, (_, at) => at))
  await page.getByText(`${entries.length.toLocaleString('en')} lines`, { exact: true }).waitFor()
  await page.getByText(/^Verify of Chatty on web1 succeeded/).waitFor()
  expect(tab.complaints).toEqual([])
})
