<?php
// Opens what the slot's account owns below a path to its group, so that the sandbox user can read, back up and delete it.
// Body: {"path": folder}. Never goes through links; what belongs to others is left alone.
// Answer: {"changed": n, "failed": [paths]}.
require __DIR__ . '/lib.php';

const FOLDER = 0040000;
const LINK = 0120000;

$root = request()['path'] ?? null;
if (! is_string($root) || ! str_starts_with($root, '/')) {
    answer(['error' => 'path is no absolute path.']);
}
$changed = 0;
$failed = [];
$waiting = [$root];
while ($waiting !== []) {
    $path = array_pop($waiting);
    clearstatcache();
    $info = @lstat($path);
    if ($info === false || ($info['mode'] & 0170000) === LINK) {
        continue;
    }
    $isFolder = ($info['mode'] & 0170000) === FOLDER;
    if ($info['uid'] === posix_geteuid()) {
        $mode = $info['mode'] & 07777;
        // A folder is opened to its owner too: PHP may have closed it to itself.
        $wanted = (($mode | ($isFolder ? 02770 : 0660)) & ~0007) | (($mode & 0100) !== 0 ? 0110 : 0);
        if ($mode !== $wanted) {
            @chmod($path, $wanted) ? $changed++ : $failed[] = $path;
        }
    }
    if ($isFolder) {
        foreach (@scandir($path, SCANDIR_SORT_NONE) ?: [] as $name) {
            if ($name !== '.' && $name !== '..') {
                $waiting[] = "$path/$name";
            }
        }
    }
}
answer(['changed' => $changed, 'failed' => array_slice($failed, 0, 20)]);
