import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DemoHarness } from '../../support/demo.ts'

const isRoot = process.getuid?.() === 0
let harness: DemoHarness

beforeEach(async () => {
  harness = await DemoHarness.open()
})
afterEach(() => harness.close())

describe('the demo server on the web', () => {
  const describeSite = (uri: string, root: string, aliases: string[] = []): Promise<string> =>
    harness.shell(
      `mkdir -p "$HOME/web/sites.d" && cat > "$HOME/web/sites.d/${uri}.json" <<'END'\n${JSON.stringify({ uri, root, aliases })}\nEND`,
    )

  const site = () => path.join(harness.facts.home, 'sites', 'shop.example')
  const host = () => `shop.example.localhost:${harness.facts.webPort}`

  beforeEach(async () => {
    await harness.shell(`mkdir -p "$HOME/sites/shop.example/about" "$HOME/sites/shop.example/.git" && cd "$HOME/sites/shop.example"
      echo home > index.html; echo about > about/index.html; echo 'a{}' > style.css
      echo secret > .git/config; echo gone > 404.html; echo private > "$HOME/private"`)
    await describeSite('shop.example', site(), ['alias.example'])
  })

  test('a site answers under its name, its alias, and with its pages and types', async () => {
    expect(await harness.get(host(), '/')).toMatchObject({
      status: 200,
      text: 'home\n',
      headers: { 'x-hosting-desk': 'embedded', 'content-type': 'text/html; charset=utf-8' },
    })
    expect((await harness.get('alias.example.localhost', '/?x=1')).text).toBe('home\n')
    expect((await harness.get(host(), '/style.css')).headers['content-type']).toMatch(/^text\/css/)
    expect((await harness.get(host(), '/about')).headers.location).toBe('/about/')
    expect((await harness.get(host(), '/about/')).text).toBe('about\n')
  })

  const tell = (facts: object): Promise<string> =>
    harness.shell(
      `cat > "$HOME/web/sites.d/shop.example.json" <<'END'\n${JSON.stringify({ uri: 'shop.example', root: site(), aliases: ['alias.example'], ...facts })}\nEND`,
    )

  test('all names lead to the one that a site names', async () => {
    await tell({ redirection: 'alias.example' })
    const led = await harness.get(host(), '/about/?x=1')
    expect(led.status).toBe(301)
    expect(led.headers.location).toBe(
      `http://alias.example.localhost:${harness.facts.webPort}/about/?x=1`,
    )
    expect((await harness.get('alias.example.localhost', '/')).text).toBe('home\n')
  })

  test('a wildcard answers below its name, unless a site or a longer one is named so', async () => {
    await describeSite('wide.example', site(), ['*.example', '*.b.example'])
    await harness.shell('mkdir -p "$HOME/sites/deep" && echo deep > "$HOME/sites/deep/index.html"')
    const deep = path.join(harness.facts.home, 'sites', 'deep')
    await describeSite('a-deep.test', deep, ['*.c.b.example', 'exact.b.example'])
    const textOf = async (name: string) => (await harness.get(`${name}.localhost`, '/')).text
    expect(await textOf('x.y.example')).toBe('home\n')
    expect(await textOf('x.c.b.example')).toBe('deep\n')
    expect(await textOf('exact.b.example')).toBe('deep\n')
    expect((await harness.get('notexample.localhost', '/')).status).toBe(404)
  })

  test('a site that is disabled shows none of its files', async () => {
    await tell({ isEnabled: false })
    const { status, text } = await harness.get(host(), '/style.css')
    expect([status, text]).toEqual([503, 'This site is not available at the moment.\n'])
  })

  test('a name that ends in localhost answers as itself', async () => {
    await describeSite('demo.localhost', site())
    expect((await harness.get(`demo.localhost:${harness.facts.webPort}`, '/')).text).toBe('home\n')
    expect((await harness.get('demo.localhost.localhost', '/')).status).toBe(404)
  })

  test.each(['', 'other.example', '127.0.0.1', 'shop.example', '../shop.example', 'localhost'])(
    'no site is shown, and none named, to a request for “%s”',
    async (name) => {
      const { status, text, headers } = await harness.get(name, '/')
      expect(status).toBe(404)
      expect(text).not.toContain('shop')
      expect(headers['x-hosting-desk']).toBe('embedded')
    },
  )

  test.each([
    '/../../private',
    '/..%2f..%2fprivate',
    '/%2e%2e/%2e%2e/private',
    '/.git/config',
    '/about/..%2f.git/config',
    '/%00',
    '/a%5c..%5cb',
    '//etc/passwd',
  ])('%s leads to the site’s own page for what is not there', async (url) => {
    expect(await harness.get(host(), url)).toMatchObject({ status: 404, text: 'gone\n' })
  })

  test('a link leads nowhere outside of the site', async () => {
    await harness.shell(`ln -s "$HOME/private" "$HOME/sites/shop.example/link"
      ln -s / "$HOME/sites/shop.example/all"; ln -s .git "$HOME/sites/shop.example/git"
      ln -s style.css "$HOME/sites/shop.example/good.css"`)
    expect((await harness.get(host(), '/link')).status).toBe(404)
    expect((await harness.get(host(), '/all/etc/passwd')).status).toBe(404)
    expect((await harness.get(host(), '/git/config')).status).toBe(404)
    expect((await harness.get(host(), '/good.css')).text).toBe('a{}\n')
  })

  test('a site whose root lies elsewhere is not shown, nor what is described by a link', async () => {
    for (const root of [
      '/etc',
      harness.facts.home,
      `${harness.facts.home}/sites`,
      `${harness.facts.home}/sites/../..`,
    ]) {
      await describeSite('evil.example', root)
      expect((await harness.get('evil.example.localhost', '/')).status).toBe(404)
      expect((await harness.get('evil.example.localhost', '/passwd')).status).toBe(404)
    }
    await harness.shell(`ln -s /etc "$HOME/sites/etc"`)
    await describeSite('evil.example', `${harness.facts.home}/sites/etc`)
    expect((await harness.get('evil.example.localhost', '/passwd')).status).toBe(404)
  })

  test.runIf(isRoot)('a file of somebody else inside of the site is not shown', async () => {
    await writeFile(path.join(site(), 'of-root.txt'), 'root\n')
    expect((await harness.get(host(), '/of-root.txt')).status).toBe(404)
  })

  test('a pipe, a half-written or an absurd description keeps nobody waiting', async () => {
    await harness.shell(`mkfifo "$HOME/sites/shop.example/pipe" "$HOME/web/sites.d/fifo.example.json"
      printf '{"uri": "half' > "$HOME/web/sites.d/half.example.json"
      printf '[]' > "$HOME/web/sites.d/list.example.json"`)
    expect((await harness.get(host(), '/pipe')).status).toBe(404)
    for (const name of ['fifo', 'half', 'list']) {
      expect((await harness.get(`${name}.example.localhost`, '/')).status).toBe(404)
    }
  })

  test('what a browser has already is not sent again, and HEAD sends no page', async () => {
    const { etag = '' } = (await harness.get(host(), '/')).headers
    expect(await harness.get(host(), '/', { headers: { 'if-none-match': etag } })).toMatchObject({
      status: 304,
      text: '',
    })
    const head = await harness.get(host(), '/', { method: 'HEAD' })
    expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-length': '5' } })
    expect((await harness.get(host(), '/', { method: 'POST' })).status).toBe(405)
  })
})
