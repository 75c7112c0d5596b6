<?php
hd_boot();
$hdUser = hd_first_user();
if ($hdUser === null) {
    throw new RuntimeException('The site has no first user.');
}
return ['loginLink' => user_pass_reset_url($hdUser) . '/login'];
