<?php
// What PHP and the site's database say, before anything of the site's own code is loaded. Input: database {socket, user, name}.

$hdDatabase = ['isAnswering' => false, 'version' => null];
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
try {
    $hdLink = new mysqli('localhost', $HD['database']['user'], '', $HD['database']['name'], 0, $HD['database']['socket']);
    $hdDatabase = ['isAnswering' => true, 'version' => $hdLink->server_info];
} catch (mysqli_sql_exception) {
}
return [
    'php' => [
        'version' => PHP_VERSION,
        'memoryLimit' => ini_get('memory_limit'),
        'uploadLimit' => ini_get('upload_max_filesize'),
        // As a page has it: this script itself has no limit.
        'maxSeconds' => (int) get_cfg_var('max_execution_time'),
    ],
    'database' => $hdDatabase,
];
