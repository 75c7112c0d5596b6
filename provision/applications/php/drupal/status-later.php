<?php
hd_boot();
require_once $HD['root'] . '/core/includes/install.inc';
require_once $HD['root'] . '/core/includes/update.inc';

$hdPackages = [hd_package('core', 'drupal', 'Drupal', \Drupal::VERSION)];
foreach (['module', 'theme'] as $hdType) {
    foreach (\Drupal::service("extension.list.$hdType")->getAllInstalledInfo() as $hdName => $hdFacts) {
        $hdPackages[] = hd_package($hdType, $hdName, $hdFacts['name'] ?? $hdName, $hdFacts['version'] ?? null);
    }
}
$hdAfter = \Drupal::service('update.post_update_registry')->getPendingUpdateFunctions();
return [
    'version' => \Drupal::VERSION,
    'isInMaintenance' => (bool) \Drupal::state()->get('system.maintenance_mode'),
    'pendingUpdates' => hd_pending_updates() + count($hdAfter),
    'packages' => array_slice($hdPackages, 0, HD_MAX_PACKAGES),
];
