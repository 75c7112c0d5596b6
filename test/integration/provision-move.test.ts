import { chmodSync, existsSync, readFileSync, symlinkSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import { eventually } from '../support/eventually.ts'
import { SiteHarness } from '../support/provision-site.ts'

let desk: SiteHarness

const open = async (): Promise<void> => {
  desk = await SiteHarness.open({ user: 'hdtasks' })
}
const close = (): Promise<void> => desk.close()
const stored = (name: string) =>
  JSON.parse(readFileSync(desk.inHome(`.hosting-desk/contexts/${name}.json`), 'utf8')) as {
    options: JsonRecord
  }
/** Lets a command fail as it writes contexts, its last steps. */
const withoutContexts = async (work: () => Promise<unknown>): Promise<void> => {
  chmodSync(desk.inHome('.hosting-desk/contexts'), 0o500)
  try {
    await work()
  } finally {
    chmodSync(desk.inHome('.hosting-desk/contexts'), 0o700)
  }
}

describe('clone', () => {
  beforeEach(open)
  afterEach(close)

  test('makes a site of its own, with what the source has', async () => {
    await desk.account.save(desk.site, { aliases: 'alias.test', client_name: 'Ann' })
    await desk.succeed('verify', desk.site)
    desk.account.put(`sites/${desk.site}/own.html`, 'own')
    symlinkSync('own.html', desk.inHome(`sites/${desk.site}/link.html`))
    const ran = await desk.succeed('clone', desk.site, '@copy.test', '@platform_b')
    expect(ran.result).toMatchObject({
      data: {
        url: `http://copy.test:${desk.port}`,
        file: expect.stringContaining(`backups/${desk.site}-`) as string,
        sizeBytes: expect.any(Number) as number,
      },
      contexts: [{ name: 'copy.test', type: 'site' }],
      removedContexts: [],
    })
    expect(ran.result.contexts[0]?.options).toEqual({
      installed: true,
      application: 'static',
      url: `http://copy.test:${desk.port}`,
      platform: '@platform_b',
      uri: 'copy.test',
      client_name: 'Ann',
    })
    expect(ran.result.contexts[0]).toEqual({ ...stored('copy.test'), name: 'copy.test' })
    expect(await desk.fetch('copy.test', '/link.html')).toMatchObject({ body: 'own' })
    expect(await desk.fetch('alias.test')).toMatchObject({ status: 200 })
    desk.account.put('sites/copy.test/own.html', 'of the copy')
    expect(await desk.fetch(desk.site, '/own.html')).toMatchObject({ body: 'own' })
    expect(desk.leftovers()).toEqual([])
    await desk.succeed('delete', desk.site)
    expect(await desk.fetch('copy.test', '/own.html')).toMatchObject({ body: 'of the copy' })
  })

  test('out of a backup is as the site was then, and makes no other backup', async () => {
    desk.account.put(`sites/${desk.site}/own.html`, 'then')
    const made = await desk.succeed('backup', desk.site)
    desk.account.put(`sites/${desk.site}/own.html`, 'now')
    const file = made.result.data['file'] as string
    const ran = await desk.succeed('clone', desk.site, '@copy.test', '@platform_b', file)
    expect(ran.result.data['file']).toBeUndefined()
    expect(await desk.fetch('copy.test', '/own.html')).toMatchObject({ body: 'then' })
    expect(await desk.fetch(desk.site, '/own.html')).toMatchObject({ body: 'now' })
  })

  test('takes the names of the copy from the options of the run', async () => {
    const options = { aliases: 'b.test,c.test', redirection: 'b.test' }
    const argv = ['provision-clone', `@${desk.site}`, '@copy.test', '@platform_a']
    expect((await desk.account.run(argv, { options })).result.contexts[0]?.options).toMatchObject({
      aliases: ['b.test', 'c.test'],
      redirection: 'b.test',
    })
    expect(await desk.fetch('copy.test')).toMatchObject({
      status: 301,
      location: `http://b.test:${desk.port}/`,
    })
    const { result } = await desk.account.run([...argv.slice(0, 2), '@other.test', '@platform_a'], {
      options: { aliases: '$(touch x)' },
    })
    expect(result.errorCode).toBe('PROVISION_BAD_OPTION')
  })

  test('that fails leaves neither a copy nor a backup', async () => {
    await withoutContexts(() =>
      desk.expectTakenBack('PROVISION_NO_PERMISSION', 'clone', '@copy.test', '@platform_b'),
    )
    expect(await desk.fetch('copy.test')).toBeUndefined()
    expect(await desk.fetch()).toMatchObject({ body: 'page of a' })
  })

  test('that is ended while it copies leaves nothing', async () => {
    desk.account.put(
      'bin/tar',
      '#!/bin/sh\ncase "$1" in -xf) : > "$HOME/begun"; exec sleep 60;; esac\nexec /bin/tar "$@"\n',
      0o755,
    )
    const before = desk.account.tree()
    const { child, ended } = desk.account.start(
      ['provision-clone', `@${desk.site}`, '@copy.test', '@platform_a'],
      {},
      { PATH: `${desk.inHome('bin')}:/usr/bin:/bin` },
    )
    await eventually(() => expect(existsSync(desk.inHome('begun'))).toBe(true))
    process.kill(-(child.pid ?? 0), 'SIGTERM')
    expect((await ended).result.errorCode).toBe('PROVISION_CANCELLED')
    expect(desk.account.tree().filter((line) => !line.startsWith('begun '))).toEqual(before)
  })

  test('that was killed in the middle can be done again', async () => {
    await desk.kill('-xf', 'clone', '@copy.test', '@platform_a')
    await desk.succeed('clone', desk.site, '@copy.test', '@platform_a')
    expect(await desk.fetch('copy.test')).toMatchObject({ body: 'page of a' })
    expect(desk.leftovers()).toEqual([])
  })
})

describe('migrate', () => {
  beforeEach(open)
  afterEach(close)

  test('to another platform keeps the files and packs them first', async () => {
    desk.account.put(`sites/${desk.site}/own.html`, 'own')
    const { result } = await desk.succeed('migrate', desk.site, '@platform_b')
    expect(result).toMatchObject({
      data: { url: `http://${desk.site}:${desk.port}`, sizeBytes: expect.any(Number) as number },
      contexts: [{ name: desk.site, options: { platform: '@platform_b', installed: true } }],
      removedContexts: [],
    })
    expect(existsSync(result.data['file'] as string)).toBe(true)
    expect(await desk.fetch()).toMatchObject({ body: 'page of a' })
    expect(await desk.fetch(desk.site, '/own.html')).toMatchObject({ body: 'own' })
    await desk.succeed('delete', 'platform_a')
    expect((await desk.command('delete', 'platform_b')).result.errorCode).toBe(
      'PROVISION_PLATFORM_HAS_SITES',
    )
  })

  test('to another name moves the files, the virtual host and the context', async () => {
    await desk.account.save(desk.site, {
      aliases: ['alias.test', 'new.test'],
      redirection: desk.site,
    })
    await desk.succeed('verify', desk.site)
    const { result } = await desk.succeed('migrate', desk.site, '@platform_a', '@new.test')
    expect(result).toMatchObject({
      data: { url: `http://new.test:${desk.port}` },
      contexts: [
        {
          name: 'new.test',
          options: { uri: 'new.test', aliases: ['alias.test'], redirection: 'new.test' },
        },
      ],
      removedContexts: [desk.site],
    })
    expect(await desk.fetch('new.test')).toMatchObject({ status: 200, body: 'page of a' })
    expect(await desk.fetch('alias.test')).toMatchObject({
      status: 301,
      location: `http://new.test:${desk.port}/`,
    })
    expect(await desk.fetch()).toBeUndefined()
    const left = desk.account.tree().filter((line) => line.includes(desk.site))
    expect(left.map((line) => line.split(' ')[0])).toEqual([
      expect.stringMatching(/^backups\/www\.example\.test-/) as string,
    ])
    expect(desk.leftovers()).toEqual([])
    // The backup still carries the old name, and can be gone back to.
    desk.account.put('sites/new.test/index.html', 'changed')
    await desk.succeed('restore', 'new.test', result.data['file'] as string)
    expect(await desk.fetch('new.test')).toMatchObject({ body: 'page of a' })
  })

  test('to both at once', async () => {
    const { result } = await desk.succeed('migrate', desk.site, '@platform_b', '@new.test')
    expect(result.contexts[0]?.options).toMatchObject({ platform: '@platform_b', uri: 'new.test' })
  })

  test('of a disabled site leaves it disabled', async () => {
    await desk.succeed('disable', desk.site)
    await desk.succeed('migrate', desk.site, '@platform_a', '@new.test')
    expect(await desk.fetch('new.test')).toMatchObject({ status: 503 })
  })

  test.each([
    ['to another platform', ['@platform_b']],
    ['to another name', ['@platform_a', '@new.test']],
  ])('%s that fails leaves the site as it was', async (_where, args) => {
    await withoutContexts(() => desk.expectTakenBack('PROVISION_NO_PERMISSION', 'migrate', ...args))
    expect(await desk.fetch()).toMatchObject({ body: 'page of a' })
    expect(await desk.fetch('new.test')).toBeUndefined()
  })

  test('to a name that a file of somebody else has leaves the site as it was', async () => {
    const other = `server { listen ${desk.port}; listen [::]:${desk.port}; server_name new.test; return 500; }`
    desk.account.put('nginx/vhost.d/a-first.conf', other)
    await desk.expectTakenBack('PROVISION_NAME_TAKEN', 'migrate', '@platform_a', '@new.test')
    expect(await desk.fetch()).toMatchObject({ body: 'page of a' })
  }, 30_000)

  test('that was killed after it had moved the files can be done again', async () => {
    await desk.killInReload('migrate', '@platform_a', '@new.test')
    expect(existsSync(desk.inHome('sites/new.test'))).toBe(false)
    expect(await desk.fetch()).toMatchObject({ body: 'page of a' })
    await desk.succeed('migrate', desk.site, '@platform_a', '@new.test')
    expect(await desk.fetch('new.test')).toMatchObject({ body: 'page of a' })
    expect(desk.leftovers()).toEqual([])
  })
})

describe('a move or a copy is refused', () => {
  beforeAll(async () => {
    await open()
    await desk.account.save('taken.test', {
      context_type: 'site',
      platform: '@platform_a',
      uri: 'taken.test',
      aliases: ['alias.taken.test'],
    })
    await desk.succeed('install', 'taken.test')
    await desk.account.save('queued.test', {
      context_type: 'site',
      platform: '@platform_a',
      uri: 'queued.test',
    })
    desk.account.put('sites/folder.test/mine.txt', 'mine')
    desk.account.put('platforms/c/index.html', 'page of c')
    await desk.account.save('platform_c', {
      context_type: 'platform',
      server: '@server_a',
      root: '~/platforms/c',
    })
    await desk.succeed('lock', 'platform_c')
  })
  afterAll(close)

  const names: [string, string, string][] = [
    ['a site’s name', '@taken.test', 'PROVISION_NAME_TAKEN'],
    ['a site’s other name', '@alias.taken.test', 'PROVISION_NAME_TAKEN'],
    ['the name of a site that waits', '@queued.test', 'PROVISION_NAME_TAKEN'],
    ['the name of somebody’s folder', '@folder.test', 'PROVISION_SITE_FOLDER_TAKEN'],
    ['no name', 'new.test', 'PROVISION_USAGE'],
    ['nothing', '@', 'PROVISION_USAGE'],
    ['a name in capitals', '@New.test', 'PROVISION_USAGE'],
    ['a way out', '@../../x', 'PROVISION_USAGE'],
    ['a command', '@$(touch executed)', 'PROVISION_USAGE'],
    ['a line break', '@a\nb', 'PROVISION_USAGE'],
    ['no host name', '@server_x', 'PROVISION_USAGE'],
    ['a name that is too long', `@${'a'.repeat(300)}`, 'PROVISION_USAGE'],
  ]

  test.each(names)('to %s', async (_what, name, code) => {
    await desk.expectTakenBack(code, 'clone', name, '@platform_b')
    await desk.expectTakenBack(code, 'migrate', '@platform_a', name)
    expect(existsSync(desk.inHome('executed'))).toBe(false)
  })

  test.each([
    ['one that is not there', '@platform_x', 'PROVISION_MISSING_CONTEXT'],
    ['a server', '@server_a', 'PROVISION_MISSING_CONTEXT'],
    ['a locked one', '@platform_c', 'PROVISION_PLATFORM_LOCKED'],
    ['no name', 'platform_b', 'PROVISION_USAGE'],
  ])('onto %s', async (_what, platform, code) => {
    await desk.expectTakenBack(code, 'clone', '@new.test', platform)
    await desk.expectTakenBack(code, 'migrate', platform)
    await desk.expectTakenBack(code, 'migrate', platform, '@new.test')
  })

  test.each([
    ['"php"', 'PROVISION_OTHER_APPLICATION'],
    ['"nothing"', 'PROVISION_UNKNOWN_APPLICATION'],
  ])('onto a platform of the other application %s', async (other, code) => {
    const file = desk.inHome('.hosting-desk/contexts/platform_b.json')
    const text = readFileSync(file, 'utf8')
    desk.account.put('.hosting-desk/contexts/platform_b.json', text.replace('"static"', other))
    await desk.expectTakenBack(code, 'migrate', '@platform_b')
    desk.account.put('.hosting-desk/contexts/platform_b.json', text, 0o600)
  })

  test('where nothing would change', async () => {
    await desk.expectTakenBack('PROVISION_NOTHING_CHANGES', 'migrate', '@platform_a')
    const same = ['@platform_a', `@${desk.site}`]
    await desk.expectTakenBack('PROVISION_NOTHING_CHANGES', 'migrate', ...same)
    await desk.expectTakenBack('PROVISION_NAME_TAKEN', 'clone', `@${desk.site}`, '@platform_b')
  })

  test('with too few or too many arguments', async () => {
    await desk.expectTakenBack('PROVISION_USAGE', 'clone', '@new.test')
    await desk.expectTakenBack('PROVISION_USAGE', 'migrate')
    await desk.expectTakenBack('PROVISION_USAGE', 'migrate', '@platform_b', '@new.test', '@x')
  })
})

describe('a locked platform', () => {
  beforeAll(open)
  afterAll(close)

  test('says so in its context, takes no new site, and keeps those that it has', async () => {
    const locked = await desk.succeed('lock', 'platform_a')
    expect(locked.result.contexts).toMatchObject([
      { name: 'platform_a', options: { platform_locked: true } },
    ])
    expect(stored('platform_a').options['platform_locked']).toBe(true)
    await desk.account.save('b.test', {
      context_type: 'site',
      platform: '@platform_a',
      uri: 'b.test',
    })
    expect((await desk.command('install', 'b.test')).result.errorCode).toBe(
      'PROVISION_PLATFORM_LOCKED',
    )
    await desk.succeed('verify', 'platform_a')
    expect(stored('platform_a').options['platform_locked']).toBe(true)
    await desk.succeed('verify', desk.site)
    await desk.succeed('migrate', desk.site, '@platform_a', '@new.test')
    const unlocked = await desk.succeed('unlock', 'platform_a')
    expect(unlocked.result.contexts).toMatchObject([{ options: { platform_locked: false } }])
    await desk.succeed('install', 'b.test')
    expect(await desk.fetch('b.test')).toMatchObject({ status: 200 })
  })

  test('stays as it was where its context cannot be written', async () => {
    await withoutContexts(async () => {
      const before = desk.account.tree()
      expect((await desk.command('lock', 'platform_a')).result.errorCode).toBe(
        'PROVISION_NO_PERMISSION',
      )
      expect(desk.account.tree()).toEqual(before)
    })
  })
})

describe('import', () => {
  beforeEach(async () => {
    await open()
    desk.account.put('sites/found.test/index.html', 'found')
    await desk.account.save('found.test', {
      context_type: 'site',
      platform: '@platform_a',
      uri: 'found.test',
    })
  })
  afterEach(close)

  test('takes over a folder that is there, and leaves its files as they are', async () => {
    const files = () => desk.account.tree().filter((line) => line.startsWith('sites/found.test'))
    const before = files()
    const { result } = await desk.succeed('import', 'found.test')
    expect(result).toMatchObject({
      data: { url: `http://found.test:${desk.port}`, application: 'static' },
      contexts: [{ name: 'found.test', options: { installed: true } }],
    })
    expect(await desk.fetch('found.test')).toMatchObject({ body: 'found' })
    expect(files()).toEqual(before)
    await desk.succeed('backup', 'found.test')
    expect((await desk.command('import', 'found.test')).result.errorCode).toBe(
      'PROVISION_SITE_INSTALLED',
    )
  })

  test('that fails leaves the folder alone and no virtual host', async () => {
    await withoutContexts(async () => {
      const before = desk.account.tree()
      const { result } = await desk.command('import', 'found.test')
      expect(result.errorCode).toBe('PROVISION_NO_PERMISSION')
      expect(desk.account.tree()).toEqual(before)
    })
    expect(await desk.fetch('found.test')).toBeUndefined()
  })

  test.each([
    ['where there is no folder', { uri: 'gone.test' }, 'PROVISION_NO_SUCH_FOLDER'],
    ['where another site has the name', { aliases: ['www.example.test'] }, 'PROVISION_NAME_TAKEN'],
  ])('is refused %s', async (_where, facts, code) => {
    await desk.account.save('found.test', facts)
    expect((await desk.command('import', 'found.test')).result.errorCode).toBe(code)
  })

  test('is refused where the folder is a link', async () => {
    symlinkSync(desk.inHome(`sites/${desk.site}`), desk.inHome('sites/link.test'))
    const save = { context_type: 'site', platform: '@platform_a' }
    await desk.account.save('link.test', { ...save, uri: 'link.test' })
    expect((await desk.command('import', 'link.test')).result.errorCode).toBe(
      'PROVISION_NO_SUCH_FOLDER',
    )
  })
})
