import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { aBusyDesk, anEmptyDesk } from '../support/fake-desk.ts'
import { aLine, anId } from '../support/fake-tasks.ts'
import { showPages } from '../support/shown-pages.ts'

const open = showPages()
const aSiteNumber = (number: number) => {
  const [site] = aBusyDesk().sites
  if (!site) throw new Error('A busy desk has a site.')
  return { ...site, id: anId(10_000 + number), name: `site${number}.example.com` }
}

test('a page is live: what is stored elsewhere shows by itself', async () => {
  const { page, main } = await open(anEmptyDesk(), '/servers')
  await page.getByRole('main').getByRole('link', { name: 'Add a server' }).last().waitFor()
  main.desk.servers = aBusyDesk().servers
  main.tell({ event: 'stored', table: 'server', ids: [] })
  await page.getByText('hosting@web1.example.com').waitFor()
})

test('a lost connection is said calmly, and made again with what changed meanwhile', async () => {
  const { page, main, complaints } = await open(aBusyDesk(), '/sites')
  await page.getByText('www.example.com').waitFor()
  main.desk.sites = [aSiteNumber(5)]
  main.cut()
  await page.getByText('site5.example.com').waitFor()
  await page.getByRole('button', { name: 'Running tasks' }).waitFor()
  expect(await page.getByRole('alert').filter({ hasText: 'went wrong' }).count()).toBe(0)
  expect(complaints).toEqual([])
})

test('the log of a task has every line once after the connection was lost', async () => {
  const id = anId(5001)
  const desk = aBusyDesk({ backends: [] })
  const at = (index: number) => aLine(index, `line ${index}`)
  desk.logs.set(id, { total: 3, at })
  const { page, main, complaints } = await open(desk, `/tasks/${anId(1001)}`)
  await page.getByText('3 lines', { exact: true }).waitFor()
  desk.logs.set(id, { total: 5, at })
  main.cut()
  await page.getByText('5 lines', { exact: true }).waitFor()
  await eventually(async () =>
    expect(
      await page
        .getByRole('log')
        .getByText(/line \d/)
        .allTextContents(),
    ).toEqual([0, 1, 2, 3, 4].map((line) => `info: line ${line}`)),
  )
  expect(complaints).toEqual([])
})
