<?php
// The address that a WordPress believes to have, without booting it: its code may not fit its database yet.
// Input: database {socket, user, name}, table.

mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
$hdDatabase = new mysqli('localhost', $HD['database']['user'], '', $HD['database']['name'], 0, $HD['database']['socket']);
$hdRow = $hdDatabase->query("SELECT option_value FROM `{$HD['table']}` WHERE option_name = 'home'")->fetch_row();
return $hdRow === null ? null : rtrim($hdRow[0], '/');
