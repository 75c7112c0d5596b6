import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * A small tree of our own with the layout of a Drupal, and functions of the same names that do little: it keeps pages and
 * users in a database, finds its site as Drupal does, and shows what was called.
 */
export function makeDrupalTree(folder: string, version: string): void {
  const files = version.startsWith('7.') ? seven(version) : later(version)
  for (const [name, text] of Object.entries({ ...both(), ...files })) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
}

const both = (): Record<string, string> => ({
  'sites/default/default.settings.php': '<?php\n',
  'modules/README.txt': 'modules\n',
  'composer.json': '{}\n',
})

/** How both find the folder of a site and what its settings say: find_conf_path() and DrupalKernel::findSitePath(). */
const COMMON = String.raw`
function tree_site_path(string $root): string
{
    $sites = [];
    if (file_exists("$root/sites/sites.php")) {
        include "$root/sites/sites.php";
    }
    $name = implode('.', array_reverse(explode(':', rtrim($_SERVER['HTTP_HOST'], '.'))));
    for ($parts = explode('.', $name); $parts !== []; array_shift($parts)) {
        $folder = implode('.', $parts);
        if (isset($sites[$folder]) && file_exists("$root/sites/$sites[$folder]")) {
            $folder = $sites[$folder];
        }
        if (file_exists("$root/sites/$folder/settings.php")) {
            return "sites/$folder";
        }
    }
    return 'sites/default';
}

function tree_settings(string $root): array
{
    $databases = $settings = $conf = $config = [];
    require $root . '/' . tree_site_path($root) . '/settings.php';
    return get_defined_vars();
}

function tree_database(string $root): PDO
{
    ['database' => $name, 'username' => $user, 'password' => $password, 'unix_socket' => $socket] =
        tree_settings($root)['databases']['default']['default'];
    return new PDO("mysql:unix_socket=$socket;dbname=$name", $user, $password);
}

function tree_set(string $root, string $name, string $value): void
{
    tree_database($root)->prepare('REPLACE INTO variable VALUES (?, ?)')->execute([$name, $value]);
}

function tree_get(string $root, string $name): string
{
    $found = tree_database($root)->prepare('SELECT value FROM variable WHERE name = ?');
    $found->execute([$name]);
    return (string) $found->fetchColumn();
}

function tree_install(string $root, array $form, string $profile): void
{
    $path = tree_site_path($root);
    tree_database($root)->exec('CREATE TABLE variable (name VARCHAR(100) PRIMARY KEY, value TEXT)');
    tree_set($root, 'site_name', $form['site_name']);
    tree_set($root, 'profile', $profile);
    tree_set($root, 'mail', $form['account']['mail']);
    tree_set($root, 'body', "<img src=\"http://{$_SERVER['HTTP_HOST']}/$path/files/a.png\">");
    tree_set($root, 'updates', '');
    file_put_contents("$root/$path/files/a.png", 'a picture');
}

function tree_page(string $root): void
{
    echo '<title>', htmlspecialchars(tree_get($root, 'site_name')), '</title>', tree_get($root, 'body');
}

function tree_info(string $type, string $version): array
{
    return $type === 'module'
        ? ['views' => ['name' => 'Views', 'version' => $version], 'own' => ['name' => "Own\x07 \u{202e}one"]]
        : ['bartik' => ['name' => 'Bartik', 'version' => $version]];
}

function tree_link(string $root): string
{
    return 'http://' . $_SERVER['HTTP_HOST'] . '/user/reset/1/2/' . bin2hex(random_bytes(8));
}
`

/** What update.php has to go through: two updates of one module, the second in two parts. */
const UPDATES = String.raw`
function drupal_load_updates(): void {}
function update_fix_compatibility(): void {}
function update_get_update_list(): array
{
    $isDone = tree_get(ROOT, 'updates') !== '';
    $pending = $isDone ? [] : [1 => 'one', 2 => 'two'];
    return ['system' => ['start' => 1, 'pending' => $pending], 'broken' => ['warning' => 'no']];
}
function update_resolve_dependencies(array $start): array
{
    $first = ['module' => 'system', 'number' => $start['system'], 'allowed' => true, 'reverse_paths' => []];
    $second = ['module' => 'system', 'number' => 2, 'allowed' => true, 'reverse_paths' => ['system_update_1' => 1]];
    return ['system_update_1' => $first, 'system_update_2' => $second, 'other_update_9' => ['allowed' => false]];
}
function update_do_one($module, $number, $dependency_map, &$context): void
{
    $context['sandbox']['part'] = ($context['sandbox']['part'] ?? 0) + 1;
    $context['finished'] = $number === 2 && $context['sandbox']['part'] < 2 ? 0.5 : 1;
    tree_set(ROOT, 'updates', tree_get(ROOT, 'updates') . "$module$number.{$context['sandbox']['part']} ");
}
`

const seven = (version: string): Record<string, string> => ({
  'index.php': `<?php
define('DRUPAL_ROOT', getcwd());
require_once DRUPAL_ROOT . '/includes/bootstrap.inc';
tree_page(DRUPAL_ROOT);
`,
  'includes/bootstrap.inc': `<?php
define('VERSION', '${version}');
define('DRUPAL_BOOTSTRAP_FULL', 7);
${COMMON}
function drupal_bootstrap(int $phase): void {}
function user_load(int $id): object { return (object) ['uid' => $id]; }
function user_pass_reset_url(object $user): string { return tree_link(DRUPAL_ROOT); }
function drupal_cron_run(): bool { tree_set(DRUPAL_ROOT, 'cron', 'ran'); return true; }
function drupal_flush_all_caches(): void { tree_set(DRUPAL_ROOT, 'flushed', tree_site_path(DRUPAL_ROOT)); }
function variable_get(string $name, mixed $default): mixed { return tree_get(DRUPAL_ROOT, $name) ?: $default; }
function system_get_info(string $type): array { return tree_info($type, '7.x-3.29'); }
`,
  'includes/install.core.inc': `<?php
function install_drupal(array $settings): void
{
    require_once DRUPAL_ROOT . '/includes/bootstrap.inc';
    tree_install(DRUPAL_ROOT, $settings['forms']['install_configure_form'], $settings['parameters']['profile']);
}
`,
  'includes/install.inc': '<?php\n',
  'includes/update.inc': `<?php\nconst ROOT = DRUPAL_ROOT;\n${UPDATES}`,
  'includes/common.inc': '<?php\n',
  'modules/system/system.info': 'name = System\nproject = drupal\nversion = VERSION\n',
  'sites/all/modules/views/views.info': 'name = Views\nversion = "7.x-3.29"\n',
})

const later = (version: string): Record<string, string> => ({
  'index.php': `<?php
require_once __DIR__ . '/core/includes/tree.inc';
tree_page(__DIR__);
`,
  'autoload.php': `<?php
require_once __DIR__ . '/core/includes/tree.inc';
require_once __DIR__ . '/core/includes/classes.inc';
require_once __DIR__ . '/core/lib/Drupal.php';
return new stdClass();
`,
  'core/lib/Drupal.php': `<?php
class Drupal {
  const VERSION = '${version}';
  public static function service(string $name): object { return new TreeService($name); }
  public static function entityTypeManager(): object { return new TreeService('entities'); }
  public static function state(): object { return new TreeService('state'); }
}
`,
  'core/includes/tree.inc': `<?php\nconst ROOT = __DIR__ . '/../..';\n${COMMON}
function user_pass_reset_url(object $user): string { return tree_link(ROOT); }
function drupal_flush_all_caches(): void { tree_set(ROOT, 'flushed', tree_site_path(ROOT)); }
`,
  'core/includes/classes.inc': `<?php
namespace Symfony\\Component\\HttpFoundation { class Request { public static function createFromGlobals(): self { return new self(); } } }
namespace Drupal\\Core {
  class DrupalKernel {
    public static function createFromRequest(object $request, object $loader, string $environment): self { return new self(); }
    public function boot(): self { return $this; }
    public function preHandle(object $request): void {}
  }
}
namespace {
  class TreeService {
    public function __construct(private string $name) {}
    public function run(): bool { tree_set(ROOT, 'cron', 'ran'); return true; }
    public function getStorage(string $type): self { return $this; }
    public function load(int $id): object { return (object) ['uid' => $id]; }
    public function getPendingUpdateFunctions(): array { return ['node_post_update_one']; }
    public function get(string $name): mixed { return tree_get(ROOT, $name); }
    public function getAllInstalledInfo(): array { return tree_info(substr($this->name, strlen('extension.list.')), '1.0'); }
  }
}
`,
  'core/includes/install.core.inc': `<?php
function install_drupal(object $loader, array $settings): void
{
    tree_install(ROOT, $settings['forms']['install_configure_form'], $settings['parameters']['profile']);
}
`,
  'core/includes/install.inc': '<?php\n',
  'core/includes/update.inc': `<?php\n${UPDATES}
function update_invoke_post_update(string $function, array &$context): void
{
    tree_set(ROOT, 'updates', tree_get(ROOT, 'updates') . $function);
}
`,
  'core/modules/mysql/mysql.info.yml': 'name: MySQL\ntype: module\nversion: VERSION\n',
  'core/core.services.yml': 'services: {}\n',
  'core/profiles/standard/standard.info.yml': 'name: Standard\ntype: profile\nversion: VERSION\n',
  'modules/views_more/views_more.info.yml': 'name: Views more\ntype: module\nversion: 1.0\n',
})
