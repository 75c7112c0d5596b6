import { describe, expect, test } from 'vitest'
import {
  nginxFoldersOf,
  renderListen,
  renderListenTls,
  renderMain,
} from '../../provision/services/nginx/config.ts'
import { findComplaint, onlyBindFailed } from '../../provision/services/nginx/master.ts'

const folders = nginxFoldersOf('/home/hd/nginx')
describe('the main configuration', () => {
  const text = renderMain(folders, { hasTls: false })

  test('keeps everything that nginx writes in its own folder', () => {
    const paths = [...text.matchAll(/^\s*(?:pid|error_log|include|\w+_temp_path) "([^"]+)";$/gm)]
    expect(paths.map(([, path]) => path)).toHaveLength(9)
    // What is included lies beside the file that includes it.
    for (const [, path] of paths)
      expect(path).toMatch(/^(\/home\/hd\/nginx\/.+|listen\.conf|vhost\.d\/\*\.conf)$/)
  })

  test('follows no link of another owner, takes long names, and gives strangers nothing', () => {
    expect(text).toContain('disable_symlinks if_not_owner;')
    expect(text).toContain('server_names_hash_bucket_size 512;')
    expect(text).toMatch(/server \{\s+include "listen\.conf";\s+server_name _;\s+return 444;/)
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

test('with HTTPS there is a port for it, and strangers are shown no certificate', () => {
  const text = renderMain(folders, { hasTls: true })
  expect(text).toContain('ssl_reject_handshake on;')
  expect(text).toContain('ssl_protocols TLSv1.2 TLSv1.3;')
  expect(renderMain(folders, { hasTls: false })).not.toContain('ssl_')
})

test.each([
  ['1.22.1', 'listen 443 ssl http2;'],
  ['1.25.0', 'listen 443 ssl http2;'],
  ['1.25.1', 'listen 443 ssl;\nhttp2 on;'],
  ['1.27.0', 'listen 443 ssl;\nhttp2 on;'],
  [null, 'listen 443 ssl http2;'],
])('HTTP/2 is said as nginx %s takes it', (version, lines) => {
  expect(renderListenTls(443, { hasIpv6: false, version })).toContain(lines)
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
