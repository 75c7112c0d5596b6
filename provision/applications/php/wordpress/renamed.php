<?php
// After the texts of the database lead to the new address.
wp_cache_flush();
delete_expired_transients(true);
flush_rewrite_rules(false);
return ['home' => home_url()];
