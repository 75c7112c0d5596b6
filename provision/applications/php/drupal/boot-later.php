<?php
// Drupal 8 to 11.

function hd_boot(): void
{
    global $HD;
    $loader = require $HD['root'] . '/autoload.php';
    $request = \Symfony\Component\HttpFoundation\Request::createFromGlobals();
    $kernel = \Drupal\Core\DrupalKernel::createFromRequest($request, $loader, 'prod');
    $kernel->boot();
    $kernel->preHandle($request);
}

function hd_first_user(): ?object
{
    return \Drupal::entityTypeManager()->getStorage('user')->load(1);
}
