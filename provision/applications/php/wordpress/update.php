<?php
// Brings the database to what the code wants; code that is older than the database is refused.
global $wp_db_version, $wp_version, $wp_theme_directories;
$hdBefore = (int) get_option('db_version');
if ($hdBefore > $wp_db_version) {
    throw new RuntimeException("The database is of a newer WordPress (version $hdBefore) than this code ($wp_db_version).");
}
wp_upgrade();
wp_cache_flush();

// WordPress keeps the whole path of a theme that lies beside a site's own ones: it is another one now.
search_theme_directories(true);
wp_clean_themes_cache();
$hdDefault = WP_Theme::get_core_default_theme();
if (!wp_get_theme()->exists() && $hdDefault) {
    switch_theme($hdDefault->get_stylesheet());
}
update_option('template_root', get_raw_theme_root(get_option('template'), true));
update_option('stylesheet_root', get_raw_theme_root(get_option('stylesheet'), true));
return ['from' => $hdBefore, 'to' => (int) get_option('db_version'), 'version' => $wp_version];
