<?php
// Drupal 7.
define('DRUPAL_ROOT', $HD['root']);

function hd_boot(): void
{
    require_once DRUPAL_ROOT . '/includes/bootstrap.inc';
    drupal_bootstrap(DRUPAL_BOOTSTRAP_FULL);
}

function hd_first_user(): ?object
{
    return user_load(1) ?: null;
}
