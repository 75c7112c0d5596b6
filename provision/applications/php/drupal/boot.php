<?php
// Tells Drupal (7 to 11) which site of the shared code is meant, as the web server would. Comes before each of the scripts
// beside it. Input: root, site, url {host, isHttps}.

$_SERVER['HD_SITE'] = $HD['site'];
$_SERVER['HTTP_HOST'] = $HD['url']['host'];
$_SERVER['SERVER_NAME'] = explode(':', $HD['url']['host'])[0];
$_SERVER['REQUEST_URI'] = '/';
$_SERVER['REQUEST_METHOD'] = 'GET';
$_SERVER['QUERY_STRING'] = '';
$_SERVER['SCRIPT_FILENAME'] = $HD['root'] . '/index.php';
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
unset($_SERVER['HTTPS']);
if ($HD['url']['isHttps']) {
    $_SERVER['HTTPS'] = 'on';
}
chdir($HD['root']);

/** Updates of the database, one after another, as update.php does them. */
function hd_run_updates(): int
{
    drupal_load_updates();
    $start = array_filter(
        array_map(static fn(array $one) => $one['start'] ?? null, update_get_update_list()),
        static fn($one): bool => $one !== null,
    );
    $ran = 0;
    $context = ['results' => []];
    foreach (update_resolve_dependencies($start) as $name => $update) {
        if (!$update['allowed']) {
            continue;
        }
        $before = array_keys($update['reverse_paths'] ?? []);
        hd_to_end($name, $context, static function (array &$context) use ($update, $before): void {
            update_do_one($update['module'], $update['number'], $before, $context);
        });
        $ran++;
    }
    return $ran;
}

/** How many updates of the database wait, but for those that Drupal 8 and later do afterwards. */
function hd_pending_updates(): int
{
    drupal_load_updates();
    return array_sum(array_map(
        static fn($one): int => count($one['pending'] ?? []),
        array_values(update_get_update_list()),
    ));
}

/** An update says how far it came; it is called until it has come to its end. */
function hd_to_end(string $name, array &$context, callable $step): void
{
    $context['sandbox'] = [];
    do {
        $context['finished'] = 1;
        $step($context);
        if (!empty($context['results']['#abort'])) {
            throw new RuntimeException("The update $name failed.");
        }
    } while ($context['finished'] < 1);
}
