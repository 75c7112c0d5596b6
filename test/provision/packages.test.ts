import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readDrupalPackages } from '../../provision/applications/packages-drupal.ts'
import { readWordPressPackages } from '../../provision/applications/packages-wordpress.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

function aTree(files: Readonly<Record<string, string>>): string {
  const root = temporaryFolder()
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), text)
  }
  return root
}

describe('the packages of a Drupal', () => {
  test('of 8 and later are its own, its profiles, and none that is hidden or a test', async () => {
    const root = aTree({
      'core/modules/node/node.info.yml': 'name: Node\ntype: module\nversion: VERSION\n',
      'core/profiles/standard/standard.info.yml':
        'name: Standard\ntype: profile\nversion: VERSION\ndistribution:\n  name: not this\n',
      'modules/contrib/token/token.info.yml':
        "name: 'Token'\ntype: module\ndescription: x\n# Information added by Drupal.org\nversion: '8.x-1.15'\n",
      'modules/contrib/token/tests/modules/t/t.info.yml': 'name: T\ntype: module\n',
      'modules/custom/secret/secret.info.yml': 'name: Secret\ntype: module\nhidden: true\n',
      'modules/custom/shop/shop.info.yml': 'name: "Shop \u202e\u0007"\ntype: module\n',
      'themes/nice/nice.info.yml': 'name: Nice\ntype: theme\nversion: 2.0.0 # now\n',
    })
    expect(await readDrupalPackages(root, '11.0.1')).toEqual([
      { type: 'core', name: 'drupal', title: 'Drupal', version: '11.0.1' },
      { type: 'profile', name: 'standard', title: 'Standard', version: '11.0.1' },
      { type: 'module', name: 'shop', title: 'Shop', version: null },
      { type: 'module', name: 'token', title: 'Token', version: '8.x-1.15' },
      { type: 'theme', name: 'nice', title: 'Nice', version: '2.0.0' },
    ])
  })

  test('of 7 are those that are not core’s', async () => {
    const root = aTree({
      'modules/node/node.info': 'name = Node\nversion = "7.98"\nproject = "drupal"\n',
      'profiles/minimal/minimal.info': 'name = Minimal\nversion = "7.98"\nproject = "drupal"\n',
      'sites/all/modules/views/views.info':
        'name = Views\ndescription = x\nfiles[] = a.inc\nversion = "7.x-3.29"\nproject = "views"\n',
      'sites/all/themes/nice/nice.info': 'name = Nice\n',
    })
    expect(await readDrupalPackages(root, '7.98')).toEqual([
      { type: 'core', name: 'drupal', title: 'Drupal', version: '7.98' },
      { type: 'profile', name: 'minimal', title: 'Minimal', version: '7.98' },
      { type: 'module', name: 'views', title: 'Views', version: '7.x-3.29' },
      { type: 'theme', name: 'nice', title: 'Nice', version: null },
    ])
  })
})

test('the packages of a WordPress are its plugins and themes, by the heads of their files', async () => {
  const root = aTree({
    'wp-content/plugins/hello.php':
      '<?php\n/**\n * Plugin Name: Hello Dolly\n * Version: 1.7.2\n */',
    'wp-content/plugins/shop/shop.php': '<?php /*\nPlugin Name:  Shop \nVersion: 9.1\n*/',
    'wp-content/plugins/shop/index.php': '<?php // nothing',
    'wp-content/plugins/index.php': '<?php // Silence is golden.',
    'wp-content/mu-plugins/desk.php': '<?php\n// Plugin Name: Desk\n',
    'wp-content/themes/nice/style.css': '/*\nTheme Name: Nice\nVersion: 1.3\n*/',
    'wp-content/themes/empty/style.css': 'body {}',
  })
  expect(await readWordPressPackages(root, '6.1.9')).toEqual([
    { type: 'core', name: 'wordpress', title: 'WordPress', version: '6.1.9' },
    { type: 'plugin', name: 'desk', title: 'Desk', version: null },
    { type: 'plugin', name: 'hello', title: 'Hello Dolly', version: '1.7.2' },
    { type: 'plugin', name: 'shop', title: 'Shop', version: '9.1' },
    { type: 'theme', name: 'nice', title: 'Nice', version: '1.3' },
  ])
})
