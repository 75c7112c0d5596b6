import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { toDateText } from '../../renderer/lib/instant.ts'
import { eventually } from '../support/eventually.ts'
import { aBusyDesk, anEmptyDesk } from '../support/fake-desk.ts'
import type { FakeDesk } from '../support/fake-router.ts'
import { anId, aTask } from '../support/fake-tasks.ts'
import { showPages } from '../support/shown-pages.ts'

const open = showPages()
const rowsOf = (page: Page) => page.getByRole('listitem')
const aSiteNumber = (number: number) => {
  const [site] = aBusyDesk().sites
  if (!site) throw new Error('A busy desk has a site.')
  return { ...site, id: anId(10_000 + number), name: `site${number}.example.com` }
}

test('a list of ten thousand holds only the rows on the screen, and scrolls to its end', async () => {
  const sites = Array.from({ length: 10_000 }, (_, number) => aSiteNumber(number))
  const { page } = await open(aBusyDesk({ sites }), '/sites')
  await page.getByText('site0.example.com').waitFor()
  await page.getByText('site3.example.com').hover()
  await page.keyboard.press('End')
  await page.getByText('site9999.example.com').waitFor()
  expect(
    await page.getByRole('list', { name: 'Sites' }).getByRole('listitem').count(),
  ).toBeLessThan(60)
})

test('rows that arrive do not move what is under the pointer', async () => {
  const { page, main } = await open(aBusyDesk(), '/tasks')
  const first = page.getByRole('list', { name: 'Tasks' }).getByRole('listitem').first()
  await first.hover()
  const before = await first.textContent()
  const arrive = (number: number): void => {
    main.desk.tasks.unshift(aTask(number, { title: 'Delete' }))
    main.tell({ event: 'stored', table: 'task', ids: [] })
  }
  arrive(76)
  // It comes up under the pointer, and holds the rows as they do.
  await page.getByRole('button', { name: '1 new' }).waitFor()
  arrive(77)
  await page.getByRole('button', { name: '2 new' }).waitFor()
  expect((await first.textContent())?.slice(0, 20)).toBe(before?.slice(0, 20))
  await page.getByRole('button', { name: '2 new' }).click()
  await page.getByText('#77').waitFor()
})

test('keys lead through the lists and back', async () => {
  const { page } = await open(aBusyDesk(), '/sites')
  await page.getByText('www.example.com').waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('t')
  await page.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor()
  await page.getByText('#2', { exact: true }).waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await eventually(async () => expect(await page.locator('a:focus').textContent()).toContain('#2'))
  await page.keyboard.press('Enter')
  await page
    .getByRole('heading', { level: 1, name: 'Install www.example.com' })
    .or(page.getByRole('heading', { level: 1, name: 'Backup www.example.com' }))
    .waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('run.lost')
  await eventually(async () => expect(await rowsOf(page).filter({ hasText: '#' }).count()).toBe(1))
})

/** Opens the list of sites while its rows are on their way; they come as soon as it is let go. */
async function openSlowly(desk: FakeDesk): Promise<{ page: Page; showRows: () => void }> {
  let showRows = (): void => undefined
  desk.untilAnswered = new Promise((resolve) => (showRows = resolve))
  const { page } = await open(desk, '/sites')
  await page.getByRole('heading', { level: 1, name: 'Sites' }).waitFor()
  return { page, showRows }
}

test('a list is filtered by what is typed before its first rows are there', async () => {
  const { page, showRows } = await openSlowly(aBusyDesk())
  await page.keyboard.press('/')
  await page.keyboard.type('bcher')
  showRows()
  await page.getByText('bücher.example').waitFor()
  expect(await page.getByLabel('Filter sites').inputValue()).toBe('bcher')
  expect(await page.getByText('www.example.com').count()).toBe(0)
})

test('a list with nothing in it has no filter', async () => {
  const { page } = await open(anEmptyDesk(), '/sites')
  await page.getByText('Your sites will stand here.').waitFor()
  expect(await page.getByLabel('Filter sites').count()).toBe(0)
})

test('who is in a filter already keeps it where nothing comes', async () => {
  const { page, showRows } = await openSlowly(anEmptyDesk())
  await page.keyboard.press('/')
  showRows()
  await page.getByText('Your sites will stand here.').waitFor()
  await page.keyboard.type('gt')
  await page.getByText('Nothing fits this filter.').waitFor()
  await page.keyboard.press('Escape')
  await page.getByLabel('Filter sites').waitFor({ state: 'detached' })
})

test('what was typed into a filter stands there again after going back, and in the address', async () => {
  const { page } = await open(aBusyDesk(), '/sites')
  await page.getByText('www.example.com').waitFor()
  await page.getByLabel('Filter sites').fill('www')
  await page.getByText('www.example.com').click()
  await page.getByRole('heading', { level: 1, name: 'www.example.com' }).waitFor()
  await page.goBack()
  await page.getByRole('heading', { level: 1, name: 'Sites' }).waitFor()
  expect(await page.getByLabel('Filter sites').inputValue()).toBe('www')
  expect(page.url()).toMatch(/#\/sites\?q=www$/)
  await page.getByLabel('Filter sites').fill('bücher')
  await page.waitForURL(/#\/sites\?q=b/)
})

test.each([
  [1280, 800],
  [900, 600],
])('no row moves when the first is selected, at %d × %d', async (width, height) => {
  const { page } = await open(aBusyDesk(), '/sites')
  await page.setViewportSize({ width, height })
  const bar = page.getByRole('toolbar', { name: 'With what is selected' })
  const topOf = async (): Promise<number | undefined> =>
    (await page.getByRole('list', { name: 'Sites' }).boundingBox())?.y
  const box = page.getByRole('checkbox', { name: 'Select www.example.com' })
  await box.waitFor()
  const before = await topOf()
  await box.click()
  await bar.waitFor()
  expect(await topOf()).toBe(before)
  const { y = 0, height: barHeight = 0 } = (await bar.boundingBox()) ?? {}
  expect(y + barHeight).toBe(before)
  await bar.getByRole('button', { name: 'Select none' }).click()
  await page.getByTitle('Sort by name').waitFor()
})

test('the whole row says where the pointer and the keyboard are, with its checkbox', async () => {
  const { page } = await open(aBusyDesk(), '/sites')
  const [first, second] = [0, 1].map((index) => page.locator(`li[data-index="${index}"]`))
  const styleOf = (row: typeof first, name: 'backgroundColor' | 'outlineStyle') =>
    row?.evaluate((found, property) => getComputedStyle(found)[property], name)
  await first?.getByRole('checkbox').hover()
  await page.keyboard.press('j')
  await eventually(async () => {
    for (const name of ['backgroundColor', 'outlineStyle'] as const)
      expect(await styleOf(first, name)).not.toBe(await styleOf(second, name))
  })
})

test('the key of actions selects the row it is pressed on, and opens their menu', async () => {
  const { page } = await open(aBusyDesk(), '/sites')
  await page.getByText('www.example.com').waitFor()
  const boxes = page.getByRole('checkbox', { checked: true })
  await page.keyboard.press('.')
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await eventually(async () =>
    expect(await page.locator('a:focus').textContent()).toContain('bücher.example'),
  )
  expect(await boxes.count()).toBe(0)
  await page.keyboard.press('.')
  await page.getByRole('menu').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('menu').waitFor({ state: 'detached' })
  await page.getByRole('checkbox', { name: 'Select bücher.example', checked: true }).waitFor()
  // What is selected stays so, whatever row it is pressed on then.
  await page.getByRole('link', { name: 'www.example.com' }).focus()
  await page.keyboard.press('.')
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog', { name: 'Delete 1 site' }).waitFor()
})

test.each(['/backups', `/sites/${anId(301)}?tab=backups`])(
  'every backup at %s can be downloaded from its row',
  async (at) => {
    const { page, desk, complaints } = await open(aBusyDesk(), at)
    const button = page.getByRole('button', { name: 'Download a backup of www.example.com' })
    await button.first().waitFor()
    expect(await button.count()).toBe(desk.backups.length)
    await button.first().click()
    await page.getByText('/home/me/Downloads/backup.tar.gz').waitFor()
    expect(complaints).toEqual([])
  },
)

test('the list of backups says until when each is kept', async () => {
  const { page, desk } = await open(aBusyDesk(), '/backups')
  await page.getByText('it is deleted').waitFor()
  const ends = await page.locator('time[title*="retention deletes it"]').allTextContents()
  expect(ends).toEqual(
    desk.backups.flatMap(({ keptUntil }) => (keptUntil === null ? [] : [toDateText(keptUntil)])),
  )
})
