<?php
// Runs a program in the slot, without a shell. Body: {"argv": [..], "cwd"?: path, "env"?: {..}, "stdinFile"?: path,
// "label"?: text by which stop.php finds it}. Streams its standard output; then one line:
// {"exitCode": n, "stderr": its last 8 kB}, or {"error": why it did not start}.
require __DIR__ . '/lib.php';

const TAIL = 8192;

$request = request();
$argv = $request['argv'] ?? null;
if (! is_array($argv) || $argv === [] || $argv !== array_values(array_filter($argv, 'is_string'))) {
    answer(['error' => 'argv is no list of texts.']);
}
$stdin = ($request['stdinFile'] ?? null) === null ? ['file', '/dev/null', 'r'] : ['file', $request['stdinFile'], 'r'];
$env = ($request['env'] ?? []) + ['PATH' => '/usr/bin:/bin', 'TMPDIR' => getenv('HD_SLOT_STATE') . '/tmp', 'LC_ALL' => 'C.UTF-8'];
if (isset($request['label'])) {
    $env['HD_LABEL'] = (string) $request['label'];
}
$process = @proc_open($argv, [$stdin, ['pipe', 'w'], ['pipe', 'w']], $pipes, $request['cwd'] ?? '/', $env);
if ($process === false) {
    answer(['error' => error_get_last()['message'] ?? 'The program did not start.']);
}

$tail = '';
$open = [1 => $pipes[1], 2 => $pipes[2]];
while ($open !== []) {
    $ready = $open;
    $none = null;
    if (stream_select($ready, $none, $none, 60) === false) {
        break;
    }
    foreach ($ready as $number => $pipe) {
        $bytes = (string) fread($pipe, 65536);
        if ($bytes === '' && feof($pipe)) {
            unset($open[$number]);
        } elseif ($number === 1) {
            echo $bytes;
            flush();
        } else {
            $tail = substr($tail . $bytes, -TAIL);
        }
    }
}
// What closed its outputs may still be running.
while (($status = proc_get_status($process))['running']) {
    usleep(10_000);
}
echo "\n";
answer([
    'exitCode' => $status['signaled'] ? 128 + $status['termsig'] : $status['exitcode'],
    'stderr' => $tail,
]);
