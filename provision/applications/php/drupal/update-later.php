<?php
hd_boot();
require_once $HD['root'] . '/core/includes/install.inc';
require_once $HD['root'] . '/core/includes/update.inc';

$hdRan = hd_run_updates();
$hdContext = ['results' => []];
foreach (\Drupal::service('update.post_update_registry')->getPendingUpdateFunctions() as $hdFunction) {
    hd_to_end($hdFunction, $hdContext, static function (array &$context) use ($hdFunction): void {
        update_invoke_post_update($hdFunction, $context);
    });
    $hdRan++;
}
drupal_flush_all_caches();
return ['updates' => $hdRan];
