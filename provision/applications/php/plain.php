<?php
// Runs one of the scripts that a plain PHP application has for its hosting, in the site's slot. It finds its settings as
// its pages do; what it returns is the answer.
// Input: root, settings, script, url {host, isHttps}.

$_SERVER['HD_SETTINGS'] = $HD['settings'];
$_SERVER['HTTP_HOST'] = $_SERVER['SERVER_NAME'] = $HD['url']['host'];
unset($_SERVER['HTTPS']);
if ($HD['url']['isHttps']) {
    $_SERVER['HTTPS'] = 'on';
}
chdir($HD['root']);
if (!is_file($HD['script'])) {
    return null;
}
$hdAnswer = require $HD['script'];
return is_array($hdAnswer) ? $hdAnswer : null;
