import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseDesktopArguments } from '../../../../main/shell/desktop/arguments.ts'
import { isOwnPage, toExternalLink } from '../../../../main/shell/desktop/links.ts'
import { answerFromFolder } from '../../../../main/shell/desktop/page-files.ts'
import { resourcesOf } from '../../../../main/shell/desktop/resources.ts'

describe('links out of the window', () => {
  test.each(['http://shop.example.localhost:8080/', 'https://example.com/a?b#c'])(
    '%s opens in the system’s browser',
    (url) => expect(toExternalLink(url)).toBe(url),
  )

  test.each([
    'file:///etc/passwd',
    'javascript:alert(1)',
    'smb://host/share',
    'ms-msdt:/id',
    'data:text/html,x',
    'https://user:password@example.com/',
    'not an address',
    '',
  ])('%s opens nowhere', (url) => expect(toExternalLink(url)).toBeUndefined())

  test.each([
    ['hosting-desk://app/#/tasks', true],
    ['hosting-desk://other/', false],
    ['http://app/', false],
    ['nonsense', false],
  ])('%s is a page of the window itself: %s', (url, isOwn) => expect(isOwnPage(url)).toBe(isOwn))
})

describe('the page’s files', () => {
  let folder: string
  beforeEach(async () => {
    folder = path.join(await mkdtemp(path.join(os.tmpdir(), 'desk-page-')), 'renderer')
    await mkdir(path.join(folder, 'assets'), { recursive: true })
    await writeFile(path.join(folder, 'index.html'), 'page')
    await writeFile(path.join(folder, 'assets/a b.js'), 'script')
    await writeFile(path.join(folder, '../secret'), 'secret')
  })
  afterEach(() => rm(path.dirname(folder), { recursive: true, force: true }))

  test('come with their type and the strict policy', async () => {
    const page = await answerFromFolder(folder, 'hosting-desk://app/')
    expect(await page.text()).toBe('page')
    expect(page.headers.get('content-type')).toBe('text/html')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
    const script = await answerFromFolder(folder, 'hosting-desk://app/assets/a%20b.js')
    expect(await script.text()).toBe('script')
    expect(script.headers.get('content-type')).toBe('text/javascript')
  })

  test.each([
    'hosting-desk://app/../secret',
    'hosting-desk://app/%2e%2e/secret',
    'hosting-desk://app/..%2fsecret',
    'hosting-desk://app/assets/..%2f..%2fsecret',
    'hosting-desk://app/%00',
    'hosting-desk://app/%zz',
    'hosting-desk://app/assets',
    'hosting-desk://app/none.js',
    'hosting-desk://other/index.html',
    'https://app/index.html',
  ])('%s is not there', async (url) => {
    expect((await answerFromFolder(folder, url)).status).toBe(404)
  })
})

describe('how the desktop is started', () => {
  test('a data folder and a hidden start are read wherever they stand', () => {
    const hidden = { data: '/x', isHidden: true }
    expect(parseDesktopArguments(['--data', '/x', '--hidden'])).toEqual(hidden)
    expect(parseDesktopArguments(['.', '--no-sandbox', '--data=/x', '--hidden'])).toEqual(hidden)
    expect(parseDesktopArguments([])).toEqual({ data: undefined, isHidden: false })
    expect(parseDesktopArguments(['--data'])).toEqual({ data: undefined, isHidden: false })
  })

  test('the template is taken from beside the archive, since it is copied as a folder', () => {
    const main = path.join('/opt/Hosting Desk/resources/app.asar/dist/main')
    const { templateFolder, programFile } = resourcesOf(main)
    expect(templateFolder).toBe(
      '/opt/Hosting Desk/resources/app.asar.unpacked/dist/templates/static-site',
    )
    expect(programFile).toBe('/opt/Hosting Desk/resources/app.asar/dist/provision/provision.mjs')
  })
})
