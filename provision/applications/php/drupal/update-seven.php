<?php
hd_boot();
require_once DRUPAL_ROOT . '/includes/install.inc';
require_once DRUPAL_ROOT . '/includes/update.inc';

update_fix_compatibility();
$hdRan = hd_run_updates();
drupal_flush_all_caches();
return ['updates' => $hdRan];
