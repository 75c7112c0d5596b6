<?php
$hdUser = hd_administrator();
if ($hdUser === 0) {
    throw new RuntimeException('The site has no administrator.');
}
return ['loginLink' => hd_login_link($hdUser), 'user' => get_userdata($hdUser)->user_login];
