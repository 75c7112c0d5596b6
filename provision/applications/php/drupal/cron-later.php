<?php
hd_boot();
return ['isDone' => (bool) \Drupal::service('cron')->run()];
