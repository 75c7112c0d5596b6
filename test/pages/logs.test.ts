import { describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { aBusyDesk } from '../support/fake-desk.ts'
import { aLine, anId } from '../support/fake-tasks.ts'
import { showPages } from '../support/shown-pages.ts'

const open = showPages()

test('a long log is followed to its end with few lines on the page, searched and filtered', async () => {
  const total = 50_000
  const at = (index: number) =>
    aLine(
      index,
      `line ${index}${index === 31_234 ? ' needle' : ''}`,
      index === 40_000 ? 'error' : 'info',
    )
  const logs = new Map([[anId(5005), { total, at }]])
  const { page } = await open(aBusyDesk({ logs }), `/tasks/${anId(1005)}`)
  await page.getByText('50,000 lines').waitFor()
  const log = page.getByRole('log')
  await log.getByText('line 49999').waitFor()
  await log.focus()
  await page.keyboard.press('e')
  await log.getByText('line 40000').waitFor()
  await page.keyboard.press('Control+f')
  await page.getByLabel('Search the log').fill('NEEDLE')
  await page.getByText('0 of 1').waitFor()
  await page.keyboard.press('Enter')
  await log.locator('mark', { hasText: 'needle' }).waitFor()
  expect(await log.locator('time').count()).toBeLessThan(120)
})

describe('a log of a million lines', () => {
  const LINES = 1_000_000
  const at = (index: number) =>
    aLine(
      index,
      `line ${index}${index % 250_000 === 123_456 ? ' a \u001b[31mnee\u001b[0mdle' : ''} ${index % 3 === 0 ? 'long '.repeat(60) : ''}`,
      index === 700_000 ? 'error' : 'info',
    )
  const aDesk = () =>
    aBusyDesk({ logs: new Map([[anId(5005), { total: LINES, at }]]), backends: [] })

  test('opens at its end, reaches its start, and holds few lines whatever is scrolled', async () => {
    const { page } = await open(aDesk(), `/tasks/${anId(1005)}`)
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

  test('keeps its place where other levels are shown', async () => {
    const { page } = await open(aDesk(), `/tasks/${anId(1005)}`)
    const log = page.getByRole('log')
    await log.getByText('line 999999').waitFor()
    const choose = async (level: RegExp): Promise<void> => {
      await page.getByLabel('Level').click()
      await page.getByRole('option', { name: level }).click()
    }
    await page.getByRole('log').focus()
    await page.keyboard.press('Control+f')
    await page.getByLabel('Search the log').fill('line 500000')
    await page.getByText('0 of 1', { exact: true }).waitFor()
    await page.keyboard.press('Enter')
    await log.getByText('line 500000').waitFor()
    await choose(/^Errors/)
    await log.getByText('line 700000').waitFor()
    await log.getByText('line 500000').waitFor({ state: 'detached' })
    await choose(/^Everything/)
    await log.getByText('line 500000').waitFor()
    await log.press('PageDown')
    await log.press('PageDown')
    await log.getByText('line 500000').waitFor({ state: 'detached' })
  })

  test('is searched, wrapped and followed together, and keeps how it is shown', async () => {
    const { page, desk, complaints } = await open(aDesk(), `/tasks/${anId(1005)}`)
    const log = page.getByRole('log')
    await log.getByText('line 999999').waitFor()
    await log.focus()
    await page.keyboard.press('t')
    await page.keyboard.press('w')
    await eventually(() =>
      expect(desk.settings).toMatchObject({
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

test('a site on a server that keeps no logs of sites says so, and nothing has failed', async () => {
  const { page, complaints } = await open(aBusyDesk(), `/sites/${anId(301)}`)
  await page.getByRole('tab', { name: 'Logs' }).click()
  await page.getByRole('button', { name: 'Visits' }).click()
  await page.getByText('This server keeps no logs of its sites.', { exact: true }).waitFor()
  expect(await page.getByRole('main').getByRole('alert').count()).toBe(0)
  expect(complaints).toEqual([])
})
