import { describe, expect, test } from 'vitest'
import {
  contextNameOf,
  HostAddress,
  PortNumber,
  ServerPath,
  SiteName,
  toAlias,
  toHostName,
  toShownName,
} from '#shared/domain/names.ts'

describe('a host name', () => {
  test.each([
    ['www.example.com', 'www.example.com'],
    ['  WWW.Example.COM. ', 'www.example.com'],
    ['localhost', 'localhost'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['例え.jp', 'xn--r8jz45g.jp'],
    ['a-b.example', 'a-b.example'],
  ])('%j is kept as %s', (typed, kept) => {
    expect(toHostName(typed)).toBe(kept)
  })

  test.each([
    '',
    ' ',
    'a b.example',
    "o'neil.example",
    '"quoted".example',
    'two\nlines.example',
    '$(touch /tmp/x).example',
    '`id`.example',
    '../etc',
    'a/../b',
    '..',
    'a..b',
    '-a.example',
    'a-.example',
    'under_score.example',
    '127.0.0.1',
    '::1',
    '2130706433',
    '0x7f.1',
    'user@host',
    'host:80',
    '%00.example',
    'a\u202eb.example',
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(150)}example`,
  ])('%j is refused', (typed) => {
    expect(toHostName(typed)).toBeUndefined()
    expect(SiteName.safeParse(typed).success).toBe(false)
  })

  test('is shown in its own letters only where that reads back to the same name', () => {
    expect(toShownName('xn--bcher-kva.example')).toBe('bücher.example')
    expect(toShownName('www.example.com')).toBe('www.example.com')
    expect(toShownName('xn--a.example')).toBe('xn--a.example')
  })
})

describe('an address', () => {
  test.each(['web1', 'web1.example.com', '192.0.2.1', '2001:db8::1', 'bücher.example'])(
    '%s is taken',
    (address) => {
      expect(HostAddress.parse(address)).toBe(address)
    },
  )

  test.each(['', ' ', '-oProxyCommand=id', 'a b', 'a;b', '$(id)', 'a\nb', 'a/b', 'a'.repeat(254)])(
    '%j is refused',
    (address) => {
      expect(HostAddress.safeParse(address).success).toBe(false)
    },
  )
})

test.each([0, -1, 65536, 1.5, Number.NaN])('port %s is refused', (port) => {
  expect(PortNumber.safeParse(port).success).toBe(false)
})

describe('a path on a server', () => {
  test('loses its trailing slashes', () => {
    expect(ServerPath.parse('/srv/www//')).toBe('/srv/www')
    expect(ServerPath.parse('/')).toBe('/')
  })

  test.each([
    '',
    'relative',
    '~',
    '~/',
    '~//',
    '/a/../b',
    '/a\nb',
    '/a\0b',
    `/${'a'.repeat(1024)}`,
  ])('%j is refused', (path) => {
    expect(ServerPath.safeParse(path).success).toBe(false)
  })
})

describe('a context name', () => {
  const free = () => false

  test('is made of the title’s word characters', () => {
    expect(contextNameOf('server', 'web1.example.com', free)).toBe('server_web1examplecom')
    expect(contextNameOf('platform', 'Drupal 7.21', free)).toBe('platform_Drupal721')
  })

  test('gets a number where it is taken, and one where the title has no word character', () => {
    const taken = new Set(['server_web', 'server_web2'])
    expect(contextNameOf('server', 'web', (name) => taken.has(name))).toBe('server_web3')
    expect(contextNameOf('server', '例', free)).toBe('server_1')
  })
})

describe('an alias', () => {
  test.each([
    ['Shop.Example.com', 'shop.example.com'],
    [' *.Example.com. ', '*.example.com'],
    ['*.bücher.example', '*.xn--bcher-kva.example'],
  ])('%j is kept as %j', (typed, kept) => {
    expect(toAlias(typed)).toBe(kept)
  })

  test.each([
    '*',
    '*.',
    '*.com',
    '*.com.',
    'a.*.example.com',
    '**.example.com',
    '*.*.example.com',
    '*example.com',
  ])('%j is none', (typed) => {
    expect(toAlias(typed)).toBeUndefined()
  })

  test('with a wildcard is shown in its own letters', () => {
    expect(toShownName('*.xn--bcher-kva.example')).toBe('*.bücher.example')
  })

  test('is never longer than a name may be', () => {
    const name = `${'a'.repeat(60)}.`.repeat(4).slice(0, 234)
    expect(toAlias(name)).toBe(name)
    expect(toAlias(`*.${name}`)).toBeUndefined()
  })
})
