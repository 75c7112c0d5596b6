import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { build } from '../../tools/build.ts'
import { eventually } from '../support/eventually.ts'
import { aBusyDesk, anEmptyDesk } from '../support/fake-desk.ts'
import { serveFakeMain, type FakeMain } from '../support/fake-main.ts'
import type { FakeDesk } from '../support/fake-router.ts'
import { aLine, anId, aTask } from '../support/fake-tasks.ts'
import { aSiteReport } from '../support/objects.ts'

/** The built pages in a real browser over a main that answers from arrays: what they do by themselves. */
let browser: Browser
let page: Page
const complaints: string[] = []

beforeAll(async () => {
  await build({ targets: ['renderer'] })
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  })
})
afterAll(async () => {
  await browser.close()
})
afterEach(() => void complaints.splice(0))

/** Opens a page of a desk; what it logs as an error or asks of another origin is a complaint. */
async function open(desk: FakeDesk, at: string): Promise<FakeMain> {
  const main = await serveFakeMain(desk)
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  onTestFinished(async () => {
    await context.close()
    await main.close()
  })
  page = await context.newPage()
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(main.address) && !url.startsWith('data:')) complaints.push(url)
  })
  await page.goto(`${main.address}#${at}`)
  return main
}
const rows = () => page.getByRole('listitem')
const aSiteNumber = (number: number) => {
  const [site] = aBusyDesk().sites
  if (!site) throw new Error('A busy desk has a site.')
  return { ...site, id: anId(10_000 + number), name: `site${number}.example.com` }
}

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
    await open(aBusyDesk(), at)
    await page.getByRole('heading', { level: 1, name: title }).waitFor()
    expect(await page.title()).toBe(`${title} · Hosting Desk`)
    expect(complaints).toEqual([])
  })
})

test('a site shows how it is by its own word, and which packages are active', async () => {
  const desk = aBusyDesk()
  desk.sites = desk.sites.map((site) =>
    site.id === anId(302)
      ? { ...site, databaseName: 'hd01_main', slot: 'hd01', report: REPORT }
      : site,
  )
  await open(desk, `/sites/${anId(302)}`)
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
  expect(await rows().filter({ hasText: 'Plugin' }).textContent()).toContain('5.3')
  await open(desk, `/sites/${anId(301)}`)
  await page.getByText('Lives on').waitFor()
  expect(await page.getByRole('tab', { name: /Packages/ }).count()).toBe(0)
  expect(complaints).toEqual([])
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

test('the overview says what needs one, and leads there', async () => {
  await open(aBusyDesk(), '/')
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
  await open(anEmptyDesk(), '/')
  await page.getByText('Nothing needs you.').waitFor()
  const way = page.getByRole('region', { name: 'From here to your first site' })
  await way.getByRole('link', { name: 'Add a server' }).click()
  await page.getByRole('heading', { level: 1, name: 'Add a server' }).waitFor()
})

test('the palette finds objects, tasks, pages and actions by keys alone', async () => {
  await open(aBusyDesk(), '/tasks')
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

test('a list of ten thousand holds only the rows on the screen, and scrolls to its end', async () => {
  const sites = Array.from({ length: 10_000 }, (_, number) => aSiteNumber(number))
  await open(aBusyDesk({ sites }), '/sites')
  await page.getByText('site0.example.com').waitFor()
  await page.getByText('site3.example.com').hover()
  await page.keyboard.press('End')
  await page.getByText('site9999.example.com').waitFor()
  expect(
    await page.getByRole('list', { name: 'Sites' }).getByRole('listitem').count(),
  ).toBeLessThan(60)
})

test('rows that arrive do not move what is under the pointer', async () => {
  const main = await open(aBusyDesk(), '/tasks')
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

test('a page is live: what is stored elsewhere shows by itself', async () => {
  const main = await open(anEmptyDesk(), '/servers')
  await page.getByRole('main').getByRole('link', { name: 'Add a server' }).last().waitFor()
  main.desk.servers = aBusyDesk().servers
  main.tell({ event: 'stored', table: 'server', ids: [] })
  await page.getByText('hosting@web1.example.com').waitFor()
})

test('a lost connection is said calmly, and made again with what changed meanwhile', async () => {
  const main = await open(aBusyDesk(), '/sites')
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
  const main = await open(desk, `/tasks/${anId(1001)}`)
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

test('markup of a server is only ever text', async () => {
  const attack =
    '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
  const task = aTask(1, { status: 'error', errorMessage: attack, errorCode: 'PROVISION_X' })
  const logs = new Map([[anId(5001), { total: 1, at: () => aLine(0, attack, 'error') }]])
  await open(aBusyDesk({ tasks: [task], logs }), `/tasks/${task.id}`)
  await page.getByRole('log').getByText('<img src=x').waitFor()
  expect(await page.title()).toContain('Hosting Desk')
  expect(await page.locator('img').count()).toBe(0)
})

test('keys lead through the lists and back', async () => {
  await open(aBusyDesk(), '/sites')
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
  await eventually(async () => expect(await rows().filter({ hasText: '#' }).count()).toBe(1))
})

/** Opens the list of sites while its rows are on their way; they come as soon as it is let go. */
async function openSlowly(desk: FakeDesk): Promise<() => void> {
  let showRows = (): void => undefined
  desk.untilAnswered = new Promise((resolve) => (showRows = resolve))
  await open(desk, '/sites')
  await page.getByRole('heading', { level: 1, name: 'Sites' }).waitFor()
  return showRows
}

test('a list is filtered by what is typed before its first rows are there', async () => {
  const showRows = await openSlowly(aBusyDesk())
  await page.keyboard.press('/')
  await page.keyboard.type('bcher')
  showRows()
  await page.getByText('bücher.example').waitFor()
  expect(await page.getByLabel('Filter sites').inputValue()).toBe('bcher')
  expect(await page.getByText('www.example.com').count()).toBe(0)
})

test('a list with nothing in it has no filter, but who is in it already keeps it', async () => {
  const filter = () => page.getByLabel('Filter sites')
  await open(anEmptyDesk(), '/sites')
  await page.getByText('Your sites will stand here.').waitFor()
  expect(await filter().count()).toBe(0)

  const showRows = await openSlowly(anEmptyDesk())
  await page.keyboard.press('/')
  showRows()
  await page.getByText('Your sites will stand here.').waitFor()
  await page.keyboard.type('gt')
  await page.getByText('Nothing fits this filter.').waitFor()
  await page.keyboard.press('Escape')
  await filter().waitFor({ state: 'detached' })
})

test('what was typed into a filter stands there again after going back, and in the address', async () => {
  await open(aBusyDesk(), '/sites')
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

test('an unknown host key is asked about before anything is sent, and the server gets its name last', async () => {
  const main = await open(aBusyDesk(), '/servers')
  await page.getByRole('link', { name: 'Add a server' }).click()
  await page.getByLabel('Address').fill('web1.example.com')
  await page.getByLabel('Account').fill('hosting')
  await page.getByRole('button', { name: 'Check the connection' }).click()
  await page.getByText('SHA256:AbCdEfGh').waitFor()
  expect(main.desk.trusted).toEqual([])
  await page.getByRole('button', { name: 'It is the same, trust it' }).click()
  await eventually(async () => expect(await page.getByLabel('Name').inputValue()).toBe('web1'))
  expect(main.desk.trusted).toHaveLength(1)
  await page.getByRole('button', { name: 'Add web1' }).click()
  await page.getByRole('log').waitFor()
})

test('several bad fields are told at once, and the first has the focus', async () => {
  await open(aBusyDesk(), '/servers/add')
  await page.getByLabel('Port').fill('0')
  await page.getByLabel('Account').fill('a b')
  await page.getByRole('button', { name: 'Check the connection' }).click()
  await page.getByText('A server needs an address').waitFor()
  await page.getByText('A port is a number from 1 to 65535.').waitFor()
  await page.getByText('This is no account name').waitFor()
  await eventually(async () =>
    expect(
      await page.getByLabel('Address').evaluate((field) => field === document.activeElement),
    ).toBe(true),
  )
})

test('a fresh server is prepared by the script that is shown', async () => {
  const desk = aBusyDesk()
  desk.bootstrap = [
    { event: 'line', stream: 'out', text: '+ made account web, which hosts' },
    {
      event: 'ended',
      exitCode: 0,
      refusal: null,
      ready: { account: 'web', slots: 20, httpPort: 8080, httpsPort: 8443 },
    },
  ]
  await open(desk, '/servers/add')
  await page.getByLabel('Address').fill('web9.example.com')
  await page.getByLabel('Account').fill('admin')
  await page.getByRole('button', { name: 'A fresh server? Prepare it first' }).click()
  await page.getByLabel('Account to make').fill('web')
  await page.getByText("account='web'").waitFor()
  await page.getByLabel('Password for sudo').fill('secret')
  await page.getByRole('button', { name: 'Run it as admin@web9.example.com' }).click()
  await eventually(async () =>
    expect(await page.getByLabel('Account', { exact: true }).inputValue()).toBe('web'),
  )
  expect(complaints).toEqual([])
})

test('what main finds wrong stands at its field, and typing takes it away', async () => {
  await open(aBusyDesk(), '/sites/add')
  await page.getByLabel('Site name').fill('Bücher.example')
  await page.getByText('Stored as xn--bcher-kva.example.').waitFor()
  await page.getByRole('button', { name: 'Install bücher.example' }).click()
  await page.getByText('This name is taken on web1.').waitFor()
  await page.getByLabel('Site name').fill('www.example.org')
  await page.getByText('This name is taken on web1.').waitFor({ state: 'detached' })
})

test('a new site has a title where its application has one, and HTTPS with a certificate', async () => {
  const { desk } = await open(aBusyDesk(), '/sites/add')
  await page.getByLabel('HTTPS').waitFor()
  expect(await page.getByLabel('Title').count()).toBe(0)
  desk.platforms = desk.platforms.map((one) => ({ ...one, application: 'wordpress' }))
  await page.reload()
  await page.getByLabel('Title').fill('The shop')
  await page.getByLabel('Site name').fill('www.example.org')
  await page.getByLabel('HTTPS').click()
  await page.getByRole('option', { name: 'On: HTTP and HTTPS' }).click()
  await page.getByLabel('Certificate').click()
  await page.getByRole('option', { name: 'My own files on the server' }).click()
  await page.getByLabel('Certificate file').fill('~/site.pem')
  await page.getByLabel('Key file').fill('/etc/site.key')
  await page.getByRole('button', { name: 'Install www.example.org' }).click()
  await page.getByText('This path begins with /').waitFor()
  await page.getByLabel('Certificate file').fill('/etc/site.pem')
  await page.getByRole('button', { name: 'Install www.example.org' }).click()
  await eventually(() =>
    expect(desk.wished).toMatchObject([
      {
        siteTitle: 'The shop',
        https: 'enabled',
        certificate: { type: 'own', file: '/etc/site.pem', keyFile: '/etc/site.key' },
      },
    ]),
  )
})

test('what destroys asks for the name, and refused tasks say why', async () => {
  await open(aBusyDesk(), `/sites/${anId(301)}`)
  await page.getByRole('button', { name: 'Actions for www.example.com' }).click()
  await page.getByText('There is no backup of this site yet.').waitFor()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  const button = page.getByRole('button', { name: 'Delete www.example.com' })
  await button.waitFor()
  expect(await button.isDisabled()).toBe(true)
  await page.getByLabel('Name').fill('www.example.com')
  expect(await button.isDisabled()).toBe(false)
})

test('a long log is followed to its end with few lines on the page, searched and filtered', async () => {
  const total = 50_000
  const at = (index: number) =>
    aLine(
      index,
      `line ${index}${index === 31_234 ? ' needle' : ''}`,
      index === 40_000 ? 'error' : 'info',
    )
  const logs = new Map([[anId(5005), { total, at }]])
  await open(aBusyDesk({ logs }), `/tasks/${anId(1005)}`)
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

test('what is not yet on a server is shown with both values, and is gone once it is taken back', async () => {
  const main = await open(aBusyDesk(), `/sites/${anId(301)}`)
  const banner = page.getByRole('region', { name: 'Not yet on the server' })
  await banner.getByText('["old.example.com"]').waitFor()
  await banner.getByText('["shop.example.com"]').waitFor()
  await banner.getByText('(unset)').waitFor()
  await banner.getByRole('link', { name: 'See the task that waits (#4)' }).waitFor()
  await banner.getByRole('button', { name: 'Take the change back' }).click()
  await banner.waitFor({ state: 'detached' })
  expect(main.desk.pending.has(anId(301))).toBe(false)
})

test('where no task waits, one is asked for; a refusal is told', async () => {
  await open(aBusyDesk(), `/servers/${anId(101)}`)
  const banner = page.getByRole('region', { name: 'Not yet on the server' })
  await banner.getByRole('button', { name: 'Verify now' }).click()
  await banner.getByText('web1 is locked.').waitFor()
})

test('a form of an object begins with what is stored, and typing is not overwritten', async () => {
  const main = await open(aBusyDesk(), `/servers/${anId(101)}`)
  await page.getByRole('link', { name: 'Edit' }).click()
  expect(await page.getByLabel('Name').inputValue()).toBe('web1')
  await page.getByLabel('Name').fill('')
  await page.getByLabel('SSH port').fill('0')
  main.tell({ event: 'stored', table: 'server', ids: [] })
  await page.getByLabel('SSH port').press('Control+Enter')
  await page.getByText('This needs a name.').waitFor()
  await page.getByText('A port is a number from 1 to 65535.').waitFor()
  await page.getByLabel('Name').fill('Web 1')
  await page.getByLabel('SSH port').fill('22')
  await page.getByLabel('Name').press('Control+Enter')
  await page.getByRole('heading', { level: 1, name: 'Web 1' }).waitFor()
})

test('a site leads only to names that it has', async () => {
  const main = await open(aBusyDesk(), `/sites/${anId(301)}/edit`)
  await page.getByLabel('Aliases').fill('shop.example.com')
  await page.getByLabel('Lead all names to').click()
  await page.getByRole('option', { name: 'shop.example.com' }).click()
  await page.getByLabel('Aliases').fill('other.example.com')
  await page.getByRole('button', { name: 'Save and verify' }).click()
  await page.getByRole('heading', { level: 1, name: 'www.example.com' }).waitFor()
  expect(main.desk.sites[0]).toMatchObject({ aliases: ['other.example.com'], redirection: null })
})

test('what is forgotten is asked about, and what happens to the server is said', async () => {
  await open(aBusyDesk(), `/platforms/${anId(201)}`)
  await page.getByRole('button', { name: 'Actions for Static template' }).click()
  await page.getByRole('menuitem', { name: 'Forget' }).click()
  const dialog = page.getByRole('dialog', { name: 'Forget Static template' })
  await dialog.getByText('On the server nothing is touched').waitFor()
  await dialog.getByText('use Delete').waitFor()
  await dialog.getByRole('button', { name: 'Forget Static template' }).click()
  await page.getByRole('heading', { level: 1, name: 'Platforms' }).waitFor()
})

test('a client is found by its key, and what main finds wrong with it stands at its field', async () => {
  await open(aBusyDesk(), '/sites')
  await page.getByText('bücher.example').waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('c')
  await page.getByText('3 of 3').waitFor()
  await page.getByRole('link', { name: 'Add a client' }).click()
  await page.getByLabel('Name').fill('Acme')
  await page.getByRole('button', { name: 'Add Acme' }).click()
  await page.getByText('There is a client Acme already.').first().waitFor()
})

test('a crontab is shown with what would change, and changed as it was shown', async () => {
  const { desk } = await open(aBusyDesk(), `/servers/${anId(101)}?tab=recurring`)
  await page.getByRole('button', { name: 'Look at the crontab' }).click()
  const change = page.getByRole('list', { name: 'What changes in the crontab' })
  await change.getByText('+ * * * * * provision dispatch').waitFor()
  // Blanks are kept, as they mean something there.
  expect(await change.getByRole('listitem').first().innerText()).toBe('  0 5 * * *  tidy  up')
  await page.getByRole('button', { name: 'Install these lines' }).click()
  await page.getByRole('button', { name: 'Remove our lines' }).waitFor()
  await change.getByText('- * * * * * provision dispatch').waitFor()
  expect(desk.installedOver).toEqual([desk.crontabs.install.before])
  expect(complaints).toEqual([])
})

test('this computer’s crontab is shown and changed on the page of the queues', async () => {
  const desk = aBusyDesk()
  const { remove } = desk.crontabs
  desk.crontabs.remove = { ...remove, difference: [{ change: 'same', line: 'tidy up' }] }
  await open(desk, '/queues')
  await page.getByRole('button', { name: 'Look at the crontab' }).click()
  const change = page.getByRole('list', { name: 'What changes in the crontab' })
  await change.getByText('+ * * * * * provision dispatch').waitFor()
  desk.crontabs.remove = remove
  await page.getByRole('button', { name: 'Install these lines' }).click()
  await page.getByRole('button', { name: 'Remove our lines' }).waitFor()
  expect(desk.installedOver).toEqual([desk.crontabs.install.before])
})

test.each(['/backups', `/sites/${anId(301)}?tab=backups`])(
  'every backup at %s can be downloaded from its row',
  async (at) => {
    const { desk } = await open(aBusyDesk(), at)
    const button = page.getByRole('button', { name: 'Download a backup of www.example.com' })
    await button.first().waitFor()
    expect(await button.count()).toBe(desk.backups.length)
    await button.first().click()
    await page.getByText('/home/me/Downloads/backup.tar.gz').waitFor()
    expect(complaints).toEqual([])
  },
)

test('a server says from where else it is used', async () => {
  const other = { id: 'x', hostName: 'laptop-2', seenAt: 1_700_000_000_000 }
  await open(aBusyDesk(), `/servers/${anId(101)}`)
  await page.getByText('Last verified').waitFor()
  expect(await page.getByText('Also used from').count()).toBe(0)
  await open({ ...aBusyDesk(), otherDesks: [other] }, `/servers/${anId(101)}`)
  await page.getByText('Also used from').waitFor()
  await page.getByText('laptop-2, last').waitFor()
})

test('a task shows what it would change before it is started', async () => {
  const preview = {
    changes: [
      {
        kind: 'file' as const,
        action: 'change' as const,
        target: '/srv/hd/nginx/vhost.d/www.example.com.conf',
        diff: '@@ -1 +1 @@\n-  server_name www.example.com;\n+  server_name example.com;\n',
      },
      { kind: 'reload' as const, action: 'run' as const, target: 'nginx' },
    ],
    warnings: ['The clock of web1 is 40 s ahead.'],
    refusal: null,
  }
  await open({ ...aBusyDesk(), preview }, `/sites/${anId(301)}`)
  await page.getByRole('button', { name: /^Actions for/ }).click()
  await page.getByRole('menuitem', { name: 'Preview “Verify”' }).click()
  const dialog = page.getByRole('dialog', { name: /^Verify/ })
  await dialog.getByRole('button', { name: 'Preview' }).click()
  const shown = dialog.getByRole('region', { name: 'What would change' })
  await shown.getByText('The clock of web1').waitFor()
  expect(await shown.getByRole('heading').allTextContents()).toEqual(['Files', 'Services'])
  const added = shown.getByText('+  server_name example.com;')
  expect(await added.isVisible()).toBe(false)
  await shown.getByText('/srv/hd/nginx/vhost.d').click()
  await added.waitFor()
  expect(complaints).toEqual([])
})
