<?php
// Ends what run.php started under a label, and all that came of it: the label is in their environment.
// Body: {"label": text}. Answer: {"ended": n}.
require __DIR__ . '/lib.php';

$label = request()['label'] ?? null;
if (! is_string($label) || $label === '') {
    answer(['error' => 'label is no text.']);
}
$ended = [];
for ($round = 0; $round < 20; $round++) {
    $found = array_filter(own_processes(), static fn (int $pid): bool => str_contains(
        "\0" . @file_get_contents("/proc/$pid/environ"),
        "\0HD_LABEL=$label\0",
    ));
    if ($found === []) {
        break;
    }
    foreach ($found as $pid) {
        posix_kill($pid, $round < 10 ? 15 : 9);
        $ended[$pid] = true;
    }
    usleep(100_000);
}
answer(['ended' => count($ended)]);
