<?php
hd_boot();
require_once DRUPAL_ROOT . '/includes/install.inc';
require_once DRUPAL_ROOT . '/includes/update.inc';

$hdPackages = [hd_package('core', 'drupal', 'Drupal', VERSION)];
foreach (['module', 'theme'] as $hdType) {
    foreach (system_get_info($hdType) as $hdName => $hdFacts) {
        $hdPackages[] = hd_package($hdType, $hdName, $hdFacts['name'] ?? $hdName, $hdFacts['version'] ?? null);
    }
}
return [
    'version' => VERSION,
    'isInMaintenance' => (bool) variable_get('maintenance_mode', 0),
    'pendingUpdates' => hd_pending_updates(),
    'packages' => array_slice($hdPackages, 0, HD_MAX_PACKAGES),
];
