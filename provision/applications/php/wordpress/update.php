<?php
// Brings the database to what the code wants; code that is older than the database is refused.
global $wp_db_version, $wp_version;
$hdBefore = (int) get_option('db_version');
if ($hdBefore > $wp_db_version) {
    throw new RuntimeException("The database is of a newer WordPress (version $hdBefore) than this code ($wp_db_version).");
}
wp_upgrade();
wp_cache_flush();
return ['from' => $hdBefore, 'to' => (int) get_option('db_version'), 'version' => $wp_version];
