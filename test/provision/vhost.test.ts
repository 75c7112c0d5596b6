import { describe, expect, test } from 'vitest'
import { nginxFoldersOf } from '../../provision/services/nginx/config.ts'
import { type Ports, renderVhost } from '../../provision/services/nginx/vhost.ts'
import type { WebPhp, WebSite } from '../../provision/services/web-service.ts'

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
const PHP: WebPhp = {
  socket: '/run/hd-php/hd07.sock',
  frontController: '/index.php',
  params: { HD_SITE_CONFIG: '/srv/hd/slots/hd07/www.a.test/wp-config.php' },
}
const TLS = { file: '/home/hd/nginx/tls/www.a.test.0.pem', isRequired: false, isTrusted: true }

const render = (site: Partial<WebSite> = {}, ports: Partial<Ports> = {}): string =>
  renderVhost(folders, aWebSite(site), { http: 80, https: undefined, ...ports })
const blocks = (text: string): string[] => text.split(/^server \{/m).slice(1)

describe('a virtual host', () => {
  test('says where it listens, in every server block', () => {
    const all = blocks(render({ redirection: 'a.test' }, { http: 8080 }))
    expect(all).toHaveLength(2)
    for (const block of all) expect(block).toContain('include "listen.conf";')
  })

  test('answers to all its names, and logs by its own', () => {
    const text = render()
    expect(text).toContain('server_name www.a.test a.test;')
    expect(text).toContain('access_log "/home/hd/nginx/log/www.a.test.access.log"')
    expect(text).toContain('error_log "/home/hd/nginx/log/www.a.test.error.log" warn;')
  })

  test('answers to every name below a wildcard, and takes no other sign', () => {
    expect(render({ aliases: ['*.a.test'] })).toContain('server_name www.a.test *.a.test;')
    for (const alias of ['*', '*.', 'a.*', '*.*.test', '~^.*$', '*.a;b'])
      expect(() => render({ aliases: [alias] })).toThrow(/host name/)
  })

  test.each([
    [80, 'return 301 http://a.test$request_uri;'],
    [8080, 'return 301 http://a.test:8080$request_uri;'],
  ])('on port %i leads its other names to one', (http, line) => {
    const [first = '', second = ''] = blocks(render({ redirection: 'a.test' }, { http }))
    expect(first).toContain('server_name a.test;')
    expect(second).toContain('server_name www.a.test;')
    expect(second).toContain(line)
  })

  test('with one name needs no second block', () => {
    expect(blocks(render({ aliases: [], redirection: 'www.a.test' }))).toHaveLength(1)
  })

  test('that is not enabled shows no file and runs no code', () => {
    const text = render({ isEnabled: false, php: PHP })
    expect(text).toContain('return 503 ')
    expect(text).not.toMatch(/try_files|fastcgi/)
    expect(text).toContain('acme-challenge')
  })

  test('shows no hidden file, and says what browsers may not do', () => {
    const text = render({ hidden: ['/wp-config.php', '/private/', '/private/'] })
    expect(text).toContain('location ~ /\\.(?!well-known(?:/|$)) {\n    return 404;')
    expect(text).toContain('location = "/wp-config.php" {')
    expect(text.match(/location \^~ "\/private\/"/g)).toHaveLength(1)
    expect(text).toContain('X-Content-Type-Options nosniff')
    expect(text).toContain('X-Frame-Options SAMEORIGIN')
  })

  test.each(['a.test; include /etc/passwd', 'a{', '', '-a', 'A.test', 'a b', '*.test', '~x', '_'])(
    'is not written with the name %j',
    (name) => {
      expect(() => render({ aliases: [name] })).toThrow('host name')
      expect(() => render({ uri: name, aliases: [] })).toThrow()
    },
  )

  test.each<[string, Partial<WebSite>]>([
    ['root', { root: '/home/$host' }],
    ['hidden address', { hidden: ['/a;b'] }],
    ['address of a folder', { folders: [{ address: '/a" {', isWritable: true }] }],
    ['folder', { folders: [{ address: '/a/', folder: '/x\ny', isWritable: true }] }],
    ['socket', { php: { ...PHP, socket: '/run/$x' } }],
    ['script', { php: { ...PHP, scripts: ['/a(b).php'] } }],
    ['front controller', { php: { ...PHP, frontController: '/$x.php' } }],
    ['value', { php: { ...PHP, params: { A: 'a"; return 200 x;' } } }],
    ['value with a variable', { php: { ...PHP, params: { A: '$document_root' } } }],
    ['value of two lines', { php: { ...PHP, params: { A: 'a\nb' } } }],
    ['name of a value', { php: { ...PHP, params: { 'A b': 'x' } } }],
    ['setting of PHP', { php: { ...PHP, params: { PHP_ADMIN_VALUE: 'open_basedir=' } } }],
    ['parameter of ours', { php: { ...PHP, params: { SCRIPT_FILENAME: '/etc/x.php' } } }],
    ['certificate', { tls: { ...TLS, file: '/a"b' } }],
  ])('is not written with a %s that means something to nginx', (_, site) => {
    expect(() => render(site, { https: 443 })).toThrow(/cannot take|No virtual host/)
  })
})

describe('a virtual host of PHP', () => {
  test('runs scripts that are files, and the front controller for the rest', () => {
    const text = render({ php: PHP })
    expect(text).toContain('index index.php index.html')
    expect(text).toContain('try_files $uri $uri/ @front;')
    expect(text).toContain('try_files $hd_file =404;')
    expect(text).toContain('fastcgi_pass "unix:/run/hd-php/hd07.sock";')
    expect(text).toContain('fastcgi_param HTTP_PROXY "";')
    expect(text).toContain('fastcgi_param HTTP_HOST "$http_host";')
    expect(text).toContain('fastcgi_param HD_SITE_CONFIG "/srv/hd/slots/hd07/www.a.test/wp-config')
  })

  test('names its parameters once for all, so that no location loses one', () => {
    const lines = render({ php: PHP }).split('\n')
    for (const line of lines.filter((one) => one.includes('fastcgi_param')))
      expect(line).toMatch(/^ {2}fastcgi_param/)
  })

  test('runs only the scripts that are named, where some are', () => {
    const text = render({ php: { ...PHP, scripts: ['/index.php', '/core/install.php'] } })
    expect(text).toContain('^(?<hd_file>/index\\.php|/core/install\\.php)(?<hd_rest>/.*)?$')
    expect(text).toContain('location ~* "\\.php(?:/|$)" {\n    return 404;')
  })

  test('hides what a pattern says, before any other expression of its own', () => {
    const text = render({
      php: PHP,
      hiddenEndings: ['inc'],
      hiddenPatterns: ['^/sites/(?!a\\.test/)'],
    })
    const at = text.indexOf('location ~ "^/sites/(?!a\\.test/)" {\n    return 404;')
    expect(at).toBeGreaterThan(text.indexOf('location ~ /\\.(?!well-known'))
    expect(at).toBeLessThan(text.indexOf('\\.(?:inc)$'))
    expect(() => render({ hiddenPatterns: ['"; autoindex on; #'] })).toThrow('No virtual host')
  })

  test('runs none in a folder of its own, and follows no link where its code can write', () => {
    const text = render({
      php: PHP,
      folders: [
        { address: '/files/', folder: '/srv/site/files', isWritable: true, isMade: true },
        { address: '/themes/', isWritable: false },
        { address: '/tmp/', isWritable: true },
      ],
    })
    const [, files = '', themes = '', tmp = ''] = text.split('location ^~ "/').slice(0, 4)
    expect(files).toContain('alias "/srv/site/files/";')
    expect(files).toContain('disable_symlinks on from="/srv/site/files";')
    expect(files).toContain('error_page 404 = @front;')
    expect(themes).not.toMatch(/alias|disable_symlinks|@front;\n {2}}\n {2}location \^~/)
    expect(tmp).toContain('disable_symlinks on from="/home/hd/sites/www.a.test/tmp";')
    for (const folder of ['files', 'themes', 'tmp'])
      expect(text).toContain(`location ~* "^/${folder}/.*\\.(?:php[0-9]?|`)
  })
})

describe('a virtual host with a certificate', () => {
  const ports = { https: 443 }

  test('answers by both, where HTTPS is enabled', () => {
    const [only = '', ...others] = blocks(render({ tls: TLS }, ports))
    expect(others).toEqual([])
    expect(only).toContain('include "listen.conf";')
    expect(only).toContain('include "listen-tls.conf";')
    expect(only).toContain(`ssl_certificate "${TLS.file}";`)
    expect(only).toContain(`ssl_certificate_key "${TLS.file}";`)
    expect(only).not.toContain('Strict-Transport-Security')
  })

  test('leads plain HTTP there where it is required, but for challenges, and says so for a year', () => {
    const [plain = '', secure = ''] = blocks(render({ tls: { ...TLS, isRequired: true } }, ports))
    expect(plain).toContain('return 301 https://$host$request_uri;')
    expect(plain).toContain('location ^~ /.well-known/acme-challenge/')
    expect(plain).not.toContain('ssl_')
    expect(secure).toContain('Strict-Transport-Security "max-age=31536000"')
    expect(secure).not.toContain('listen.conf')
  })

  test('makes no browser insist on a certificate that it does not trust', () => {
    const tls = { ...TLS, isRequired: true, isTrusted: false }
    expect(render({ tls }, ports)).not.toContain('Strict-Transport')
  })

  test('leads its other names by their own way, and at once to HTTPS where that is required', () => {
    const site = { redirection: 'a.test', tls: TLS }
    const [, plain = '', secure = ''] = blocks(render(site, { http: 8080, https: 8443 }))
    expect(plain).toContain('return 301 http://a.test:8080$request_uri;')
    expect(secure).toContain('return 301 https://a.test:8443$request_uri;')
    const strict = { ...site, tls: { ...TLS, isRequired: true } }
    const [own = '', , other = '', last = ''] = blocks(render(strict, { https: 8443 }))
    expect(own).toContain('return 301 https://$host:8443$request_uri;')
    expect(other).toContain('return 301 https://a.test:8443$request_uri;')
    expect(last).toContain('return 301 https://a.test:8443$request_uri;')
  })

  test('answers by HTTP alone where the server has no port for it', () => {
    expect(render({ tls: TLS })).not.toContain('ssl')
  })
})
