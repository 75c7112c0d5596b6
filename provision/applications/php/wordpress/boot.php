<?php
// Boots WordPress for one site in its slot. Comes before each of the scripts beside it.
// Input: root, config, debianName, url {host, isHttps}, isInstalling.

$_SERVER['HD_SITE_CONFIG'] = $HD['config'];
$_SERVER['WORDPRESS_CONFIG'] = $HD['debianName'];
$_SERVER['HTTP_HOST'] = $HD['url']['host'];
$_SERVER['SERVER_NAME'] = $HD['url']['host'];
$_SERVER['REQUEST_URI'] = '/';
$_SERVER['REQUEST_METHOD'] = 'GET';
$_SERVER['SCRIPT_FILENAME'] = $HD['root'] . '/index.php';
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
unset($_SERVER['HTTPS']);
if ($HD['url']['isHttps']) {
    $_SERVER['HTTPS'] = 'on';
}
chdir($HD['root']);
if ($HD['isInstalling']) {
    define('WP_INSTALLING', true);
}
define('WP_USE_THEMES', false);
require $HD['root'] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
// Nobody is to hear of what we do here by mail.
add_filter('pre_wp_mail', '__return_true');

/** A link that logs in once; the must-use plugin hosting-desk.php takes it. */
function hd_login_link(int $user): string
{
    $token = bin2hex(random_bytes(24));
    update_user_meta($user, 'hd_login', ['hash' => hash('sha256', $token), 'until' => time() + 3600]);
    return add_query_arg(['hd_login' => "$user.$token"], wp_login_url());
}

/** The first administrator; 0 where there is none. */
function hd_administrator(): int
{
    $found = get_users(['role' => 'administrator', 'number' => 1, 'orderby' => 'ID', 'fields' => 'ID']);
    return (int) ($found[0] ?? 0);
}
