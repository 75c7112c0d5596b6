<?php
// Input: title, user, mail, language.

if (is_blog_installed()) {
    throw new RuntimeException('There is a WordPress in this database already.');
}
$hdMade = wp_install($HD['title'], $HD['user'], $HD['mail'], true, '', wp_slash(wp_generate_password(32)), $HD['language']);
if (is_wp_error($hdMade)) {
    throw new RuntimeException($hdMade->get_error_message());
}
global $wp_rewrite;
$wp_rewrite->set_permalink_structure('/%year%/%monthnum%/%postname%/');
$wp_rewrite->flush_rules(false);
return ['loginLink' => hd_login_link((int) $hdMade['user_id']), 'version' => $GLOBALS['wp_version']];
