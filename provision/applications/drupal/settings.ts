import type { CodeSite, SiteFile } from '../application.ts'
import { PHP_HEAD, phpText, phpValue } from '../php-text.ts'

/**
 * `sites/sites.php` of a platform: whatever name of a site was asked for, its folder is the one that the web server names.
 * Drupal looks for names with the port before them.
 */
export const SITES_FILE = `<?php
// Written by Hosting Desk: many sites share this code, and the web server says which one was asked for.
$hdSite = $_SERVER['HD_SITE'] ?? '';
if (is_string($hdSite) && preg_match('/^[a-z0-9][a-z0-9.-]*$/', $hdSite) === 1) {
    [$hdName, $hdPort] = array_pad(explode(':', strtolower($_SERVER['HTTP_HOST'] ?? ''), 2), 2, '');
    $sites[$hdName] = $hdSite;
    $sites["$hdPort.$hdName"] = $hdSite;
}
`

/** One file for all of them: Drupal 7 reads other variables of it than later ones do. */
export const renderSettings = (site: CodeSite): SiteFile[] => [
  { name: 'settings.php', text: renderText(site) },
]

function renderText({ uri, url, aliases, database }: CodeSite): string {
  const connection = {
    driver: 'mysql',
    database: database.name,
    username: database.user,
    // The account of this site's slot is known to the database by the socket.
    password: '',
    host: 'localhost',
    unix_socket: database.socket,
    prefix: '',
  }
  const hosts = [uri, ...aliases].map(hostPattern)
  const files = `sites/${uri}/files`
  return `${PHP_HEAD}
$databases['default']['default'] = ${phpValue(connection)};
if (is_dir((defined('DRUPAL_ROOT') ? DRUPAL_ROOT : getcwd()) . '/core/modules/mysql')) {
    // From Drupal 10 on the driver is a module.
    $databases['default']['default']['namespace'] = 'Drupal\\\\mysql\\\\Driver\\\\Database\\\\mysql';
    $databases['default']['default']['autoload'] = 'core/modules/mysql/src/Driver/Database/mysql/';
}
$salt = require __DIR__ . '/salt.php';

// Drupal 8 and later.
$settings['hash_salt'] = $salt;
$settings['trusted_host_patterns'] = ${phpValue(hosts)};
$settings['file_public_path'] = ${phpText(files)};
$settings['file_private_path'] = __DIR__ . '/private';
$settings['file_temp_path'] = sys_get_temp_dir();
$settings['config_sync_directory'] = __DIR__ . '/config';
// The code is the platform's, and is changed by moving to another one.
$settings['allow_authorize_operations'] = false;
$settings['update_free_access'] = false;
$settings['skip_permissions_hardening'] = true;

// Drupal 7.
$drupal_hash_salt = $salt;
$base_url = ${phpText(url)};
$update_free_access = false;
$conf['file_public_path'] = ${phpText(files)};
$conf['file_private_path'] = __DIR__ . '/private';
$conf['file_temporary_path'] = sys_get_temp_dir();
$conf['allow_authorize_operations'] = false;
// Hosting Desk runs it.
$conf['cron_safe_threshold'] = 0;
$config['automated_cron.settings']['interval'] = 0;

if (is_file(__DIR__ . '/local.php')) {
    require __DIR__ . '/local.php';
}
`
}

/** An alias may stand for every name below another one. */
const hostPattern = (name: string): string =>
  `^${name.replace(/[.]/g, '\\.').replace(/^\*/, '[a-z0-9-]+')}$`

export async function renderSalt(): Promise<string> {
  const { randomBytes } = await import('node:crypto')
  return `<?php\nreturn '${randomBytes(48).toString('base64url')}';\n`
}
