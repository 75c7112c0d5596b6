import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { aBusyDesk, anEmptyDesk } from '../support/fake-desk.ts'
import { aLine, anId, aTask } from '../support/fake-tasks.ts'
import { aSiteReport } from '../support/objects.ts'
import { showPages } from '../support/shown-pages.ts'

const open = showPages()
const rowsOf = (page: Page) => page.getByRole('listitem')

describe('every page', () => {
  test.each([
    ['/', 'Overview'],
    ['/tasks', 'Tasks'],
    [`/tasks/${anId(1007)}`, 'Install www.example.com'],
    ['/sites', 'Sites'],
    [`/sites/${anId(302)}`, 'bücher.example'],
    ['/sites/add', 'Install a site'],
    ['/platforms', 'Platforms'],
    [`/platforms/${anId(201)}`, 'Static template'],
    ['/platforms/add', 'Add a platform'],
    ['/servers', 'Servers'],
    [`/servers/${anId(101)}`, 'web1'],
    ['/servers/add', 'Add a server'],
    [`/sites/${anId(301)}/edit`, 'Edit'],
    [`/platforms/${anId(201)}/edit`, 'Edit'],
    [`/servers/${anId(101)}/edit`, 'Edit'],
    ['/clients', 'Clients'],
    ['/clients/add', 'Add a client'],
    [`/clients/${anId(601)}`, 'Acme'],
    [`/clients/${anId(601)}/edit`, 'Edit'],
    ['/backups', 'Backups'],
    ['/queues', 'Queues'],
    ['/sites/nonsense', 'No longer here'],
    ['/nowhere', 'No longer here'],
  ])('%s is shown, asks nothing of another origin and keeps to the policy', async (at, title) => {
    const { page, complaints } = await open(aBusyDesk(), at)
    await page.getByRole('heading', { level: 1, name: title }).waitFor()
    expect(await page.title()).toBe(`${title} · Hosting Desk`)
    expect(complaints).toEqual([])
  })
})

test('the chosen tab is underlined, and the words of the first begin where its page does', async () => {
  const { page } = await open(aBusyDesk(), `/sites/${anId(301)}`)
  const list = page.getByRole('tablist')
  const line = list.locator('[data-slot=indicator]')
  await line.waitFor()
  const [lineBox, listBox] = [await line.boundingBox(), await list.boundingBox()]
  const bottomOf = (box: typeof lineBox): number => (box?.y ?? 0) + (box?.height ?? 0)
  expect(bottomOf(lineBox)).toBeLessThanOrEqual(bottomOf(listBox))
  const word = await list.getByText('Overview').boundingBox()
  expect(word?.x).toBe((await page.getByRole('tabpanel').boundingBox())?.x)
})

test('a site shows how it is by its own word, and which packages are active', async () => {
  const desk = aBusyDesk()
  desk.sites = desk.sites.map((site) =>
    site.id === anId(302)
      ? { ...site, databaseName: 'hd01_main', slot: 'hd01', report: REPORT }
      : site,
  )
  const { page, complaints } = await open(desk, `/sites/${anId(302)}`)
  const fact = (label: string) =>
    page.locator('dt', { hasText: label }).locator('xpath=following-sibling::dd[1]')
  await fact('Condition').getByText('In maintenance: visitors see a notice.').waitFor()
  await fact('Condition').getByText('2 updates of its database wait.').waitFor()
  expect(await fact('PHP').textContent()).toMatch(
    /8\.2\.36.*256M of memory, 64M an upload, 60 s a page/,
  )
  expect(await fact('Database').textContent()).toContain('10.11.19-MariaDB')
  expect(await fact('Application').textContent()).toContain('6.1.9')
  await page.getByRole('tab', { name: /Packages/ }).click()
  await page.getByText('Akismet Anti-Spam').waitFor()
  expect(await rowsOf(page).filter({ hasText: 'Plugin' }).textContent()).toContain('5.3')
  expect(complaints).toEqual([])
})
test('a site without packages has no place for them', async () => {
  const { page } = await open(aBusyDesk(), `/sites/${anId(301)}`)
  await page.getByText('Lives on').waitFor()
  expect(await page.getByRole('tab', { name: /Packages/ }).count()).toBe(0)
})
const REPORT = aSiteReport({
  isInMaintenance: true,
  pendingUpdates: 2,
  packages: [
    { type: 'core', name: 'wordpress', title: 'WordPress', version: '6.1.9' },
    { type: 'plugin', name: 'akismet', title: 'Akismet Anti-Spam', version: '5.3' },
    { type: 'theme', name: 'twentytwentythree', title: 'Twenty Twenty-Three', version: '1.0' },
  ],
})

test('a site that was deleted has no address, and is not edited', async () => {
  const desk = aBusyDesk()
  Object.assign(desk.sites[0] ?? {}, { status: 'deleted', url: null })
  const { page } = await open(desk, `/sites/${anId(301)}`)
  await page.getByText('none, the site was deleted').waitFor()
  expect(await page.getByRole('link', { name: 'Edit' }).count()).toBe(0)
  await page.keyboard.press('.')
  await page.getByRole('menuitem', { name: 'Forget' }).waitFor()
  expect(await page.getByRole('menuitem', { name: 'Edit' }).count()).toBe(0)
})

test('the list of keys has those of the log, and the side says what is like the system', async () => {
  const { page } = await open(aBusyDesk(), '/tasks')
  await page.getByRole('button', { name: 'Colours: system' }).waitFor()
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).getByText('Clock or elapsed times').waitFor()
})

test('the overview says what needs one, and leads there', async () => {
  const { page, complaints } = await open(aBusyDesk(), '/')
  const needs = page.getByRole('region', { name: 'What needs you' })
  await needs.getByText('web2.a-rather-long-name.example.net shows a different host key.').waitFor()
  await needs.getByText('The vhost of www.example.com does not pass nginx -t.').waitFor()
  await needs.getByText('bücher.example has no backup.').waitFor()
  await needs.getByText('7 more failed tasks').waitFor()
  const days = page.getByRole('table', { name: 'Tasks that ended' })
  expect(await days.getByRole('row').count()).toBe(15)
  await page.getByText('3 GB free of 80 GB').waitFor()
  await needs
    .getByRole('link', { name: /See why: Install/ })
    .first()
    .click()
  await page.getByRole('heading', { level: 1, name: 'Install www.example.com' }).waitFor()
  expect(complaints).toEqual([])
})

test('where nothing needs one, the overview says so and shows the way on', async () => {
  const { page } = await open(anEmptyDesk(), '/')
  await page.getByText('Nothing needs you.').waitFor()
  const way = page.getByRole('region', { name: 'From here to your first site' })
  await way.getByRole('link', { name: 'Add a server' }).click()
  await page.getByRole('heading', { level: 1, name: 'Add a server' }).waitFor()
})

test('where dispatch is paused and tasks wait, the overview says so and resumes it', async () => {
  const dispatch = { isPaused: true, running: 0, queued: 2, failedToday: 0 }
  const { page, desk } = await open(anEmptyDesk({ dispatch }), '/')
  const needs = page.getByRole('region', { name: 'What needs you' })
  await needs.getByText('Dispatch is paused, and 2 tasks wait.').waitFor()
  expect(await page.getByText('Nothing needs you.').count()).toBe(0)
  await needs.getByRole('button', { name: 'Resume dispatch' }).click()
  await needs.getByText('Nothing needs you.').waitFor()
  expect(desk.dispatch.isPaused).toBe(false)
})

test('the palette finds objects, tasks, pages and actions by keys alone', async () => {
  const { page, complaints } = await open(aBusyDesk(), '/tasks')
  await page.getByText('#2', { exact: true }).waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('Acme')
  await page.getByRole('option', { name: 'Acme' }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Acme' }).waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('pause disp')
  await page.getByRole('option', { name: 'Pause dispatch' }).waitFor()
  // What the search before found is gone at once, so that Enter cannot open it.
  expect(await page.getByRole('option', { name: 'Acme' }).count()).toBe(0)
  await page.keyboard.press('Enter')
  await page.getByText('Dispatch paused: nothing starts').waitFor()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.keyboard.press('Control+k')
  await page.keyboard.type('keys and')
  await page.getByRole('option', { name: 'Keys and hosts in Settings' }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Keys and hosts' }).waitFor()
  expect(complaints).toEqual([])
})

test('the palette chooses colours and the size of text at once, and leads to other settings', async () => {
  const { page, complaints } = await open(aBusyDesk(), '/tasks')
  const find = async (search: string, name: string): Promise<void> => {
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.keyboard.press('Control+k')
    await page.keyboard.type(search)
    await page.getByRole('option', { name }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  await find('dark', 'Colours: dark')
  await page.locator('html.dark').waitFor()
  await find('text size large', 'Text size: large')
  await page.locator('html[data-text-size=large]').waitFor()
  await find('do not dist', 'Do not disturb in Settings › Notifications')
  await page.getByRole('heading', { level: 1, name: 'Notifications' }).waitFor()
  expect(complaints).toEqual([])
})

test('the palette offers what can be done before what was done, and what cannot be done last', async () => {
  const { page } = await open(aBusyDesk(), `/sites/${anId(301)}`)
  await page.getByRole('heading', { level: 1, name: 'www.example.com' }).waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('install')
  await page.getByRole('group', { name: 'Tasks' }).waitFor()
  expect(await page.getByRole('option').first().innerText()).toContain('Install a site')
  await page.getByPlaceholder('Find a site').fill('www')
  await page.getByRole('group', { name: 'Sites' }).waitFor()
  expect(await page.getByRole('option').first().innerText()).toContain('www.example.com')
  expect(await page.getByRole('option').last().innerText()).toContain('There is no backup')
})

test('markup of a server is only ever text', async () => {
  const attack =
    '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
  const task = aTask(1, { status: 'error', errorMessage: attack, errorCode: 'PROVISION_X' })
  const logs = new Map([[anId(5001), { total: 1, at: () => aLine(0, attack, 'error') }]])
  const { page } = await open(aBusyDesk({ tasks: [task], logs }), `/tasks/${task.id}`)
  await page.getByRole('log').getByText('<img src=x').waitFor()
  expect(await page.title()).toContain('Hosting Desk')
  expect(await page.locator('img').count()).toBe(0)
})

test('a server says from where else it is used', async () => {
  const other = { id: 'x', hostName: 'laptop-2', seenAt: 1_700_000_000_000 }
  const { page } = await open({ ...aBusyDesk(), otherDesks: [other] }, `/servers/${anId(101)}`)
  await page.getByText('Also used from').waitFor()
  await page.getByText('laptop-2, last').waitFor()
})

test('a server that is used from nowhere else says nothing of it', async () => {
  const { page } = await open(aBusyDesk(), `/servers/${anId(101)}`)
  await page.getByText('Verified', { exact: true }).waitFor()
  expect(await page.getByText('Also used from').count()).toBe(0)
})
