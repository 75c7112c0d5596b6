<?php
hd_boot();
drupal_flush_all_caches();
return null;
