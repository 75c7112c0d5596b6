import type { CodeSite, SiteFile } from '../application.ts'
import { PHP_HEAD, phpText } from '../php-text.ts'
import mustUse from '../php/wordpress/must-use.php?raw'

/** `wp-config.php` of a platform: it leads to that of the site that was asked for. */
export const PLATFORM_CONFIG = `<?php
// Written by Hosting Desk: many sites share this code, and the web server says which one was asked for.
$file = $_SERVER['HD_SITE_CONFIG'] ?? '';
if (!is_string($file) || !str_ends_with($file, '/wp-config.php')) {
    http_response_code(503);
    exit('No such site.');
}
require $file;
require_once ABSPATH . 'wp-settings.php';
`

/** The site's own `wp-config.php`, and the plugin through which we log in. */
export const renderSettings = (site: CodeSite): SiteFile[] => [
  { name: 'wp-config.php', text: renderConfig(site) },
  { name: 'content/mu-plugins/hosting-desk.php', text: mustUse },
]

function renderConfig(site: CodeSite): string {
  const { url, database } = site
  const constants: Readonly<Record<string, string>> = {
    DB_NAME: phpText(database.name),
    DB_USER: phpText(database.user),
    // Its slot's account is known to the database by the socket.
    DB_PASSWORD: phpText(''),
    DB_HOST: phpText(`localhost:${database.socket}`),
    DB_CHARSET: phpText('utf8mb4'),
    DB_COLLATE: phpText(''),
    WP_HOME: phpText(url),
    WP_SITEURL: 'WP_HOME',
    WP_CONTENT_DIR: "__DIR__ . '/content'",
    WP_CONTENT_URL: "WP_HOME . '/wp-content'",
    // The code is the platform's, and is changed by moving to another one.
    DISALLOW_FILE_MODS: 'true',
    AUTOMATIC_UPDATER_DISABLED: 'true',
    // Hosting Desk runs it.
    DISABLE_WP_CRON: 'true',
  }
  const defines = Object.entries(constants).map(([name, value]) => `define('${name}', ${value});\n`)
  return `${PHP_HEAD}
${defines.join('')}if (is_dir(ABSPATH . 'wp-content/languages')) {
    define('WP_LANG_DIR', ABSPATH . 'wp-content/languages');
}
$table_prefix = ${phpText(tablePrefixOf(site))};
require __DIR__ . '/keys.php';
if (is_file(__DIR__ . '/local.php')) {
    require __DIR__ . '/local.php';
}
`
}

/** A site from elsewhere may have its own. */
export function tablePrefixOf({ facts }: CodeSite): string {
  const prefix = facts['tablePrefix']
  return typeof prefix === 'string' && /^\w{1,40}$/.test(prefix) ? prefix : 'wp_'
}

const KEYS = ['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'].flatMap((name) => [
  `${name}_KEY`,
  `${name}_SALT`,
])

/** With these WordPress signs its cookies: a copy of a site has its own, so that nobody is logged in to both. */
export async function renderKeys(): Promise<string> {
  const { randomBytes } = await import('node:crypto')
  const lines = KEYS.map(
    (name) => `define('${name}', '${randomBytes(48).toString('base64url')}');\n`,
  )
  return `<?php\n${lines.join('')}`
}
