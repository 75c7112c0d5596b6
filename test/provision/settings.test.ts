import { describe, expect, test } from 'vitest'
import type { CodeSite } from '../../provision/applications/application.ts'
import { drupal } from '../../provision/applications/drupal/drupal.ts'
import { phpText, phpValue } from '../../provision/applications/php-text.ts'
import { plainPhp } from '../../provision/applications/plain/plain-php.ts'
import { wordPress } from '../../provision/applications/wordpress/wordpress.ts'

const aCodeSite = (changes: Partial<CodeSite> = {}): CodeSite => ({
  uri: 'www.a.test',
  url: 'https://www.a.test',
  aliases: ['a.test', '*.b.test'],
  folder: '/srv/hd/slots/hd07/www.a.test',
  root: '/srv/hd/platforms/one',
  options: {},
  title: `Ania's \\ "site" <?php exit; ?> $x`,
  mail: 'ania@a.test',
  language: 'en',
  profile: null,
  facts: {},
  slot: { name: 'hd07', socket: '/run/hd-php/hd07.sock' },
  database: { name: 'hd07_main', user: 'hd07', socket: '/run/mysqld/mysqld.sock' },
  evaluate: () => Promise.resolve(null),
  ...changes,
})

const textOf = (site: CodeSite, application: typeof plainPhp, name: string): string =>
  application.settings(site).find((file) => file.name === name)?.text ?? ''

describe('a value in PHP', () => {
  test.each([
    ["it's", "'it\\'s'"],
    ['a\\', "'a\\\\'"],
    ['$x "y" ?>', `'$x "y" ?>'`],
  ])('%s cannot leave its quotes', (text, php) => {
    expect(phpText(text)).toBe(php)
  })

  test('is written as PHP writes it', () => {
    expect(phpValue({ a: [1, true, null], "b'c": {} })).toBe(
      "[\n    'a' => [\n        1,\n        true,\n        null,\n    ],\n    'b\\'c' => [],\n]",
    )
  })
})

describe('the settings of a site', () => {
  test('name its database, which needs no password', () => {
    const site = aCodeSite()
    expect(textOf(site, wordPress, 'wp-config.php')).toContain(
      "define('DB_HOST', 'localhost:/run/mysqld/mysqld.sock');",
    )
    expect(textOf(site, plainPhp, 'settings.php')).toContain(
      "'dsn' => 'mysql:unix_socket=/run/mysqld/mysqld.sock;dbname=hd07_main;charset=utf8mb4'",
    )
    expect(textOf(site, drupal, 'settings.php')).toContain("'database' => 'hd07_main'")
  })

  test('take whatever a title is as text', () => {
    expect(textOf(aCodeSite(), plainPhp, 'settings.php')).toContain(
      `'title' => 'Ania\\'s \\\\ "site" <?php exit; ?> $x',`,
    )
  })

  test('of WordPress keep the prefix of a site from elsewhere, where it is one', () => {
    const prefixIn = (tablePrefix: string): string | undefined =>
      /\$table_prefix = (.*);/.exec(
        textOf(aCodeSite({ facts: { tablePrefix } }), wordPress, 'wp-config.php'),
      )?.[1]
    expect(prefixIn('old_')).toBe("'old_'")
    expect(prefixIn("x'; exit; '")).toBe("'wp_'")
  })

  test('of Drupal trust the names of the site and no other', () => {
    const text = textOf(aCodeSite(), drupal, 'settings.php')
    expect(text).toContain(String.raw`'^www\\.a\\.test$'`)
    expect(text).toContain(String.raw`'^[a-z0-9-]+\\.b\\.test$'`)
  })
})

describe('the web that an application wants', () => {
  test('runs no PHP where the site writes', async () => {
    for (const application of [wordPress, plainPhp, drupal]) {
      const { folders, php } = await application.webApp(aCodeSite())
      const writable = folders.filter(({ isWritable }) => isWritable)
      expect(writable, application.name).toHaveLength(1)
      expect(php?.socket).toBe('/run/hd-php/hd07.sock')
    }
  })
})
