<?php
hd_boot();
return ['isDone' => (bool) drupal_cron_run()];
