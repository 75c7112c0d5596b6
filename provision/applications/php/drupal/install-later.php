<?php
// Input: title, user, mail, language, profile.
require_once $HD['root'] . '/core/includes/install.core.inc';

$hdPassword = bin2hex(random_bytes(16));
install_drupal(require $HD['root'] . '/autoload.php', [
    'interactive' => false,
    'site_path' => 'sites/' . $HD['site'],
    'parameters' => ['profile' => $HD['profile'], 'langcode' => $HD['language']],
    'forms' => [
        'install_configure_form' => [
            'site_name' => $HD['title'],
            'site_mail' => $HD['mail'],
            'account' => [
                'name' => $HD['user'],
                'mail' => $HD['mail'],
                'pass' => ['pass1' => $hdPassword, 'pass2' => $hdPassword],
            ],
            'enable_update_status_emails' => null,
        ],
    ],
]);
return ['isInstalled' => true];
