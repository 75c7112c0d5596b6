<?php
// How the site is. It is booted as while it is being installed: then WordPress loads no plugin and no theme, so that one
// that is broken hides nothing, and a page of maintenance does not come in between.
require_once ABSPATH . 'wp-admin/includes/plugin.php';
global $wp_version, $wp_db_version;

$hdPackages = [hd_package('core', 'wordpress', 'WordPress', $wp_version)];
$hdActive = get_option('active_plugins');
foreach (array_slice(is_array($hdActive) ? $hdActive : [], 0, HD_MAX_PACKAGES) as $hdName) {
    if (!is_string($hdName) || validate_file($hdName) !== 0 || !is_file(WP_PLUGIN_DIR . "/$hdName")) {
        continue;
    }
    $hdFacts = get_plugin_data(WP_PLUGIN_DIR . "/$hdName", false, false);
    $hdFolder = dirname($hdName) === '.' ? basename($hdName, '.php') : dirname($hdName);
    $hdPackages[] = hd_package('plugin', $hdFolder, $hdFacts['Name'] ?: $hdFolder, $hdFacts['Version']);
}
$hdTheme = wp_get_theme();
foreach ([$hdTheme, $hdTheme->parent()] as $hdOne) {
    if ($hdOne instanceof WP_Theme && $hdOne->exists()) {
        $hdPackages[] = hd_package('theme', $hdOne->get_stylesheet(), $hdOne->get('Name'), $hdOne->get('Version'));
    }
}
return [
    'version' => $wp_version,
    'isInMaintenance' => is_file(ABSPATH . '.maintenance'),
    'pendingUpdates' => (int) get_option('db_version') < $wp_db_version ? 1 : 0,
    'packages' => $hdPackages,
];
