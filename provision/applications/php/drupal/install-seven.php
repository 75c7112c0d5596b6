<?php
// Input: title, user, mail, language, profile.
define('MAINTENANCE_MODE', 'install');
require_once DRUPAL_ROOT . '/includes/install.core.inc';

$hdPassword = bin2hex(random_bytes(16));
install_drupal([
    'interactive' => false,
    'parameters' => ['profile' => $HD['profile'], 'locale' => $HD['language']],
    'forms' => [
        'install_configure_form' => [
            'site_name' => $HD['title'],
            'site_mail' => $HD['mail'],
            'account' => [
                'name' => $HD['user'],
                'mail' => $HD['mail'],
                'pass' => ['pass1' => $hdPassword, 'pass2' => $hdPassword],
            ],
            'update_status_module' => [1 => true, 2 => null],
            'clean_url' => true,
        ],
    ],
]);
return ['isInstalled' => true];
