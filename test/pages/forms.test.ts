import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { aBusyDesk } from '../support/fake-desk.ts'
import { anId } from '../support/fake-tasks.ts'
import { showPages } from '../support/shown-pages.ts'

const open = showPages()

test('an unknown host key is asked about before anything is sent, and the server gets its name last', async () => {
  const { page, main } = await open(aBusyDesk(), '/servers')
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
  const { page } = await open(aBusyDesk(), '/servers/add')
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
  const { page, complaints } = await open(desk, '/servers/add')
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
  const { page } = await open(aBusyDesk(), '/sites/add')
  await page.getByLabel('Site name').fill('Bücher.example')
  await page.getByText('Stored as xn--bcher-kva.example.').waitFor()
  await page.getByRole('button', { name: 'Install bücher.example' }).click()
  await page.getByText('This name is taken on web1.').waitFor()
  await page.getByLabel('Site name').fill('www.example.org')
  await page.getByText('This name is taken on web1.').waitFor({ state: 'detached' })
})

test('a new site has a title where its application has one, and HTTPS with a certificate', async () => {
  const { page, desk } = await open(aBusyDesk(), '/sites/add')
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
  const { page } = await open(aBusyDesk(), `/sites/${anId(301)}`)
  await page.getByRole('button', { name: 'Actions for www.example.com' }).click()
  await page.getByText('There is no backup of this site yet.').waitFor()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  const button = page.getByRole('button', { name: 'Delete www.example.com' })
  await button.waitFor()
  expect(await button.isDisabled()).toBe(true)
  await page.getByLabel('Name').fill('www.example.com')
  expect(await button.isDisabled()).toBe(false)
})

test.each([
  ['sites', 301, 'Back up', 'textbox', 'Description'],
  ['sites', 301, 'Delete', 'textbox', 'Name'],
  ['sites', 301, 'Preview “Verify”', 'button', 'Verify www.example.com'],
  ['platforms', 201, 'Forget', 'button', 'Cancel'],
] as const)('in a dialog of %s (%d), “%s”, the keyboard begins at the %s “%s”', async (...row) => {
  const [kind, number, action, role, name] = row
  const { page } = await open(aBusyDesk(), `/${kind}/${anId(number)}`)
  await page.getByRole('button', { name: /^Actions for/ }).click()
  await page.getByRole('menuitem', { name: action }).click()
  const first = page.getByRole('dialog').getByRole(role, { name })
  await eventually(async () =>
    expect(await first.evaluate((found) => found === document.activeElement)).toBe(true),
  )
})

test('a form of an object begins with what is stored, and typing is not overwritten', async () => {
  const { page, main } = await open(aBusyDesk(), `/servers/${anId(101)}`)
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
  const { page, main } = await open(aBusyDesk(), `/sites/${anId(301)}/edit`)
  await page.getByLabel('Aliases').fill('shop.example.com')
  await page.getByLabel('Lead all names to').click()
  await page.getByRole('option', { name: 'shop.example.com' }).click()
  await page.getByLabel('Aliases').fill('other.example.com')
  await page.getByRole('button', { name: 'Save and verify' }).click()
  await page.getByRole('heading', { level: 1, name: 'www.example.com' }).waitFor()
  expect(main.desk.sites[0]).toMatchObject({ aliases: ['other.example.com'], redirection: null })
})

test('what is forgotten is asked about, and what happens to the server is said', async () => {
  const { page } = await open(aBusyDesk(), `/platforms/${anId(201)}`)
  await page.getByRole('button', { name: 'Actions for Static template' }).click()
  await page.getByRole('menuitem', { name: 'Forget' }).click()
  const dialog = page.getByRole('dialog', { name: 'Forget Static template' })
  await dialog.getByText('On the server nothing is touched').waitFor()
  await dialog.getByText('use Delete').waitFor()
  await dialog.getByRole('button', { name: 'Forget Static template' }).click()
  await page.getByRole('heading', { level: 1, name: 'Platforms' }).waitFor()
})

test('a client is found by its key, and what main finds wrong with it stands at its field', async () => {
  const { page } = await open(aBusyDesk(), '/sites')
  await page.getByText('bücher.example').waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('c')
  await page.getByText('3 of 3').waitFor()
  await page.getByRole('link', { name: 'Add a client' }).click()
  await page.getByLabel('Name').fill('Acme')
  await page.getByRole('button', { name: 'Add Acme' }).click()
  await page.getByText('There is a client Acme already.').first().waitFor()
})

describe('a form that was changed', () => {
  const WAYS: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
    // The first one leaves the field.
    Escape: async (page) => {
      await page.getByLabel('Name').press('Escape')
      await page.keyboard.press('Escape')
    },
    'a link': (page) => page.getByRole('link', { name: 'Queues' }).click(),
    back: (page) => page.evaluate(() => history.back()),
    'the palette': async (page) => {
      const palette = page.getByRole('dialog', { name: 'Commands' })
      await page.keyboard.press('Control+k')
      await palette.getByRole('option', { name: 'Queues' }).click()
      await palette.waitFor({ state: 'detached' })
    },
  }

  async function openChanged(): Promise<Page> {
    const { page } = await open(aBusyDesk(), '/clients')
    await page.getByRole('link', { name: 'Add a client' }).click()
    await page.getByLabel('Name').fill('Zed')
    return page
  }

  test.each(Object.keys(WAYS))('asks before it is left by %s, and may stay', async (way) => {
    const page = await openChanged()
    await WAYS[way]?.(page)
    const dialog = page.getByRole('dialog', { name: 'Leave without saving?' })
    const stay = dialog.getByRole('button', { name: 'Stay' })
    await eventually(async () =>
      expect(await stay.evaluate((found) => found === document.activeElement)).toBe(true),
    )
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    expect(await page.getByLabel('Name').inputValue()).toBe('Zed')
    await page.waitForURL(/#\/clients\/add$/)
  })

  test.each(Object.keys(WAYS))('is left by %s once that is confirmed', async (way) => {
    const page = await openChanged()
    await WAYS[way]?.(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click()
    await page.getByRole('heading', { level: 1, name: /^(Queues|Clients)$/ }).waitFor()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  test('asks before its page is loaded anew', async () => {
    const page = await openChanged()
    const asked: string[] = []
    page.on('dialog', (dialog) => {
      asked.push(dialog.type())
      void dialog.accept()
    })
    await page.reload()
    expect(asked).toEqual(['beforeunload'])
    await page.reload()
    expect(asked).toHaveLength(1)
  })

  test('does not ask where all is as it was', async () => {
    const page = await openChanged()
    await page.getByLabel('Name').fill('')
    await page.getByRole('link', { name: 'Cancel' }).click()
    await page.getByRole('heading', { level: 1, name: 'Clients' }).waitFor()
  })

  test('does not ask once it is sent, but where main refused it', async () => {
    const { page } = await open(aBusyDesk(), `/clients/${anId(601)}/edit`)
    await page.getByLabel('Name').fill('Acme & Sons')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { level: 1, name: 'Acme & Sons' }).waitFor()
    const other = await openChanged()
    await other.getByRole('button', { name: 'Add Zed' }).click()
    await other.getByText('There is a client Acme already.').first().waitFor()
    await other.getByRole('link', { name: 'Cancel' }).click()
    await other.getByRole('dialog', { name: 'Leave without saving?' }).waitFor()
  })

  test('has not been changed by what is chosen by itself', async () => {
    const { page } = await open(aBusyDesk(), '/sites')
    await page.getByRole('link', { name: 'Install a site' }).click()
    await page.getByLabel('Platform').getByText('Static template').waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await page.getByRole('heading', { level: 1, name: 'Sites' }).waitFor()
  })
})
