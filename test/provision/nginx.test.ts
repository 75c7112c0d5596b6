import { describe, expect, test } from 'vitest'
import {
  nginxFoldersOf,
  renderListen,
  renderMain,
  renderVhost,
} from '../../provision/services/nginx/config.ts'
import { findComplaint, onlyBindFailed } from '../../provision/services/nginx/master.ts'
import type { WebSite } from '../../provision/services/web-service.ts'

const folders = nginxFoldersOf('/home/hd/nginx')
const aWebSite = (changes: Partial<WebSite> = {}): WebSite => ({
  uri: 'www.a.test',
  aliases: ['a.test'],
  redirection: null,
  root: '/home/hd/sites/www.a.test',
  folders: [],
  hidden: [],
  isEnabled: true,
  ...changes,
})

describe('the main configuration', () => {
  const text = renderMain(folders)

  test('keeps everything that nginx writes in its own folder', () => {
    const paths = [...text.matchAll(/^\s*(?:pid|error_log|include|\w+_temp_path) "([^"]+)";$/gm)]
    expect(paths.map(([, path]) => path)).toHaveLength(9)
    for (const [, path] of paths) expect(path).toMatch(/^\/home\/hd\/nginx\//)
  })

  test('follows no link of another owner, takes long names, and gives strangers nothing', () => {
    expect(text).toContain('disable_symlinks if_not_owner;')
    expect(text).toContain('server_names_hash_bucket_size 512;')
    expect(text).toMatch(/server \{\s+include "[^"]+listen\.conf";\s+server_name _;\s+return 444;/)
    expect(text.indexOf('return 444')).toBeLessThan(text.indexOf('vhost.d'))
    expect(text).not.toMatch(/^user /m)
  })

  test.each([
    '/home/$x/nginx',
    '/home/a"b/nginx',
    '/home/a;b',
    '/home/a\nb',
    '/home/[a]',
    'relative',
  ])('is refused in %j', (root) => {
    expect(() => nginxFoldersOf(root)).toThrow(/cannot be configured/)
  })
})

test('every port is listened on, with IPv6 only where the machine has it', () => {
  expect(renderListen(80, { hasIpv6: true })).toMatch(/listen 80;\nlisten \[::\]:80;\n$/)
  expect(renderListen(8080, { hasIpv6: false })).not.toContain('[::]')
})

describe('a virtual host', () => {
  const blocks = (text: string) => text.split('server {').slice(1)

  test('says where it listens, in every server block', () => {
    const text = renderVhost(folders, aWebSite({ redirection: 'a.test' }), 8080)
    expect(blocks(text)).toHaveLength(2)
    for (const block of blocks(text))
      expect(block).toContain('include "/home/hd/nginx/listen.conf";')
  })

  test('answers to all its names, and logs by its own', () => {
    const text = renderVhost(folders, aWebSite(), 80)
    expect(text).toContain('server_name www.a.test a.test;')
    expect(text).toContain('access_log "/home/hd/nginx/log/www.a.test.access.log"')
  })

  test('answers to every name below a wildcard, and takes no other sign', () => {
    const text = renderVhost(folders, aWebSite({ aliases: ['*.a.test'] }), 80)
    expect(text).toContain('server_name www.a.test *.a.test;')
    for (const alias of ['*', '*.', 'a.*', '*.*.test', '~^.*$', '*.a;b'])
      expect(() => renderVhost(folders, aWebSite({ aliases: [alias] }), 80)).toThrow(/host name/)
  })

  test.each([
    [80, 'return 301 $scheme://a.test$request_uri;'],
    [8080, 'return 301 $scheme://a.test:8080$request_uri;'],
  ])('on port %i leads its other names to one', (port, line) => {
    const [first = '', second = ''] = blocks(
      renderVhost(folders, aWebSite({ redirection: 'a.test' }), port),
    )
    expect(first).toContain('server_name a.test;')
    expect(second).toContain('server_name www.a.test;')
    expect(second).toContain(line)
  })

  test('with one name needs no second block', () => {
    const only = aWebSite({ aliases: [], redirection: 'www.a.test' })
    expect(blocks(renderVhost(folders, only, 80))).toHaveLength(1)
  })

  test('that is not enabled shows no file', () => {
    const text = renderVhost(folders, aWebSite({ isEnabled: false }), 80)
    expect(text).toContain('return 503 ')
    expect(text).not.toContain('try_files')
  })

  test.each(['a.test; include /etc/passwd', 'a{', '', '-a', 'A.test', 'a b', '*.test', '~x', '_'])(
    'is not written with the name %j',
    (name) => {
      expect(() => renderVhost(folders, aWebSite({ aliases: [name] }), 80)).toThrow('host name')
      expect(() => renderVhost(folders, aWebSite({ uri: name, aliases: [] }), 80)).toThrow()
    },
  )

  test('is not written with a root that means something to nginx', () => {
    expect(() => renderVhost(folders, aWebSite({ root: '/home/$host' }), 80)).toThrow('cannot take')
  })
})

describe('what nginx says', () => {
  const BIND = 'nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)'
  const GOOD = 'nginx: the configuration file x syntax is ok'

  test.each([
    [`${GOOD}\n${BIND}\nnginx: configuration file x test failed`, true],
    [`${BIND}`, false],
    ['nginx: [emerg] unknown directive "x"', false],
    [`${GOOD}\nnginx: [emerg] open() "x" failed`, false],
  ])('only a failure to bind is let pass by the fallback: %j', (output, expected) => {
    expect(onlyBindFailed(output)).toBe(expected)
  })

  test('a try to bind is no complaint, giving up is', () => {
    const tries = '2026 [emerg] 1#1: bind() to 0.0.0.0:80 failed (98: Address already in use)\n'
    expect(findComplaint(tries)).toBeUndefined()
    expect(findComplaint(`${tries}2026 [emerg] 1#1: still could not bind()`)).toContain('still')
    expect(findComplaint('2026 [emerg] 1#1: cannot load certificate')).toContain('certificate')
    expect(findComplaint('2026 [notice] 1#1: signal 1')).toBeUndefined()
  })
})
