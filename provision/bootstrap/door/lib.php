<?php
// What all doors share. A door runs as a slot's account, started over the slot's FastCGI socket, which only the sandbox
// user can connect to. Site code that includes a door must get nothing: the door must be the script that was asked for.
declare(strict_types=1);

if (realpath((string) ($_SERVER['SCRIPT_FILENAME'] ?? '')) !== get_included_files()[0]
    || dirname(get_included_files()[0]) !== __DIR__) {
    exit;
}
set_time_limit(0);
ini_set('display_errors', '0');
header('Content-Type: application/octet-stream');
header('X-Accel-Buffering: no');
while (ob_get_level() > 0) {
    ob_end_flush();
}

/** The request's body, a JSON object. */
function request(): array
{
    $request = json_decode((string) file_get_contents('php://input'), true);
    return is_array($request) ? $request : answer(['error' => 'The body is no JSON object.']);
}

/** Prints the last line of a door, and ends. What is no UTF-8 is replaced. */
function answer(array $result): never
{
    echo json_encode($result, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
    end_worker();
}

/** Ends this worker after its answer, so that nothing it was told stays for the site's next request. */
function end_worker(): never
{
    fastcgi_finish_request();
    posix_kill(posix_getpid(), 3); // SIGQUIT: ends once this request is done
    exit;
}

/** The pids of this account's living processes, but for PHP's own workers, which start anew as soon as they end. */
function own_processes(): array
{
    $own = [];
    foreach (glob('/proc/[0-9]*') ?: [] as $folder) {
        $isOurs = @fileowner($folder) === posix_geteuid();
        // pid (name) state parent …
        if ($isOurs && preg_match('/\) ([A-Z]) (\d+) /', (string) @file_get_contents("$folder/stat"), $found) === 1) {
            [, $state, $parent] = $found;
            if ($state !== 'Z' && $state !== 'X' && (int) $parent !== posix_getppid()) {
                $own[] = (int) basename($folder);
            }
        }
    }
    return $own;
}
