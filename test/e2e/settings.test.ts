import { readFileSync } from 'node:fs'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { build } from '../../tools/build.ts'
import { launchBrowser } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { aBusyDesk } from '../support/fake-desk.ts'
import { serveFakeMain, type FakeMain } from '../support/fake-main.ts'
import type { FakeDesk } from '../support/fake-router.ts'
import { aLine, anId } from '../support/fake-tasks.ts'

let browser: Browser
let context: BrowserContext
let page: Page
const complaints: string[] = []

beforeAll(async () => {
  await build({ targets: ['renderer'] })
  browser = await launchBrowser()
}, 120_000)
afterAll(async () => {
  await browser.close()
})
beforeEach(() => void complaints.splice(0))

async function open(desk: FakeDesk, at: string): Promise<FakeMain> {
  const main = await serveFakeMain(desk)
  context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    acceptDownloads: true,
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  onTestFinished(async () => {
    await context.close()
    await main.close()
  })
  page = await context.newPage()
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${main.address}#${at}`)
  return main
}
const TRUSTED = {
  host: 'web1.example.com',
  port: 22,
  type: 'ssh-ed25519',
  fingerprint: 'SHA256:AbCd',
  key: 'AAAA',
}

describe('the settings', () => {
  test('keep what was chosen: colours, the size of the text, and each notification', async () => {
    const { desk } = await open(aBusyDesk(), '/settings')
    await page.getByRole('radio', { name: 'Dark' }).click()
    await page.getByRole('radio', { name: 'Large' }).click()
    await eventually(() =>
      expect(desk.settings).toMatchObject({
        'appearance.colours': 'dark',
        'appearance.textSize': 'large',
      }),
    )
    const seen = () =>
      page.evaluate(() => ({
        isDark: document.documentElement.classList.contains('dark'),
        textSize: getComputedStyle(document.body).fontSize,
      }))
    expect(await seen()).toEqual({ isDark: true, textSize: '16.0037px' })
    await page.reload()
    await page.getByRole('radio', { name: 'Dark' }).waitFor()
    expect(await seen()).toMatchObject({ isDark: true })

    await page.getByRole('link', { name: 'Notifications' }).click()
    await page.getByRole('switch', { name: 'Do not disturb' }).click()
    await eventually(() => expect(desk.settings['notify.isSilent']).toBe(true))
    expect(complaints).toEqual([])
  })

  test('show trusted keys, and remove one only after asking', async () => {
    const main = await open(aBusyDesk({ trusted: [TRUSTED] }), '/settings/keys')
    await page.getByText('SHA256:AbCd').waitFor()
    await page.getByRole('button', { name: 'Remove the key of web1.example.com' }).click()
    await page.getByRole('button', { name: 'Keep it' }).click()
    expect(main.desk.trusted).toHaveLength(1)
    await page.getByRole('button', { name: 'Remove the key of web1.example.com' }).click()
    await page.getByRole('button', { name: 'Remove the key', exact: true }).click()
    await page.getByText('SHA256:AbCd').waitFor({ state: 'detached' })
    expect(main.desk.trusted).toEqual([])
  })

  test('show keys that were only seen, and ask about those that nobody has compared', async () => {
    const seen = { ...TRUSTED, host: 'web3.example.com', fingerprint: 'SHA256:SeEn' }
    await open(aBusyDesk({ seen: [seen] }), '/settings/keys')
    const row = page.getByRole('listitem').filter({ hasText: 'SHA256:SeEn' })
    await row.getByText('it stands in ~/.ssh/known_hosts').waitFor()
    expect(await row.getByRole('button').count()).toBe(0)
    const keys = page.getByRole('list', { name: 'Host keys' })
    await keys.getByRole('button', { name: 'Compare and decide' }).click()
    await page.getByRole('dialog').waitFor()
    expect(complaints).toEqual([])
  })

  test('export everything as a file, once the passphrase was typed twice', async () => {
    await open(aBusyDesk(), '/settings/data')
    const form = page.getByRole('region', { name: 'Export' })
    await form.getByLabel('Passphrase').fill('short')
    await form.getByRole('button', { name: 'Export everything' }).click()
    await form.getByText('needs at least 12 characters', { exact: false }).first().waitFor()
    await form.getByLabel('Passphrase').fill('correct horse battery')
    await form.getByLabel('Once more').fill('correct horse')
    await form.getByRole('button', { name: 'Export everything' }).click()
    await form.getByText('The two are not the same.').waitFor()
    await form.getByLabel('Once more').fill('correct horse battery')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      form.getByRole('button', { name: 'Export everything' }).click(),
    ])
    expect(download.suggestedFilename()).toMatch(/^hosting-desk-\d{4}-\d\d-\d\d\.export$/)
    expect(readFileSync(await download.path(), 'utf8')).toBe('sealed')
  })

  test('import in the place of everything only where that was said', async () => {
    await open(aBusyDesk(), '/settings/data')
    const form = page.getByRole('region', { name: 'Import' })
    const file = { name: 'desk.export', mimeType: '', buffer: Buffer.from('sealed') }
    await form.getByLabel('File').setInputFiles(file)
    await form.getByLabel('Passphrase').fill('correct horse battery')
    await form.getByRole('button', { name: 'Import', exact: true }).click()
    await form.getByText('There are servers here already.').waitFor()
    await form.getByLabel('Replace everything that is here now').click()
    await form.getByRole('button', { name: 'Replace everything by the import' }).click()
    await form.getByText('2 servers, 3 platforms, 40 sites and 1,200 tasks are here now.').waitFor()
    await form.getByText('1-before-import.sqlite').waitFor()
  })
})

describe('a log of a million lines', () => {
  const LINES = 1_000_000
  const at = (index: number) =>
    aLine(
      index,
      `line ${index}${index % 250_000 === 123_456 ? ' a \u001b[31mnee\u001b[0mdle' : ''} ${index % 3 === 0 ? 'long '.repeat(60) : ''}`,
      index === 700_000 ? 'error' : 'info',
    )
  const desk = () =>
    aBusyDesk({ logs: new Map([[anId(5005), { total: LINES, at }]]), backends: [] })

  test('opens at its end, reaches its start, and holds few lines whatever is scrolled', async () => {
    await open(desk(), `/tasks/${anId(1005)}`)
    const log = page.getByRole('log')
    await log.getByText('line 999999').waitFor()
    await log.press('Home')
    await log.getByText('line 0', { exact: false }).first().waitFor()
    await log.press('PageDown')
    await log.press('End')
    await log.getByText('line 999999').waitFor()
    expect(await log.locator('time').count()).toBeLessThan(120)
    // What is wrapped is as high as it is: the last line ends where the log does.
    const bottom = await log.evaluate((element) => {
      const last = element.querySelector('time:last-of-type')?.closest('.flex')?.parentElement
      return (last?.getBoundingClientRect().bottom ?? 0) - element.getBoundingClientRect().bottom
    })
    expect(Math.abs(bottom)).toBeLessThan(24)
  })

  test('is searched, wrapped and followed together, and keeps how it is shown', async () => {
    const main = await open(desk(), `/tasks/${anId(1005)}`)
    const log = page.getByRole('log')
    await log.getByText('line 999999').waitFor()
    await log.focus()
    await page.keyboard.press('t')
    await page.keyboard.press('w')
    await eventually(() =>
      expect(main.desk.settings).toMatchObject({
        'log.times': 'elapsed',
        'log.isWrapped': false,
      }),
    )
    await page.keyboard.press('e')
    await log.getByText('line 700000').waitFor()
    await page.keyboard.press('Control+f')
    await page.getByLabel('Search the log').fill('line 123456')
    await page.getByText('0 of 1', { exact: true }).waitFor()
    await page.keyboard.press('Enter')
    await log.locator('mark', { hasText: 'line 123456' }).waitFor()
    await page.reload()
    await log.getByText('line 999999').waitFor()
    expect(await page.getByRole('button', { name: 'Wrap' }).getAttribute('aria-pressed')).toBe(
      'false',
    )
    expect(complaints).toEqual([])
  })
})
