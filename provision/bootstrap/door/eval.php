<?php
// Runs PHP of ours in the slot. Body: PHP source text; HD_INPUT: its input as JSON, which it finds in $input.
// What it prints, JSON lines, is the answer; a failure is the line {"error": text}.
require __DIR__ . '/lib.php';

register_shutdown_function(static function (): void {
    $error = error_get_last();
    if ($error !== null && ($error['type'] & (E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR)) !== 0) {
        echo "\n";
        answer(['error' => $error['message']]);
    }
    end_worker();
});

(static function (): void {
    $input = json_decode((string) ($_SERVER['HD_INPUT'] ?? 'null'), true);
    try {
        eval(preg_replace('/^\s*<\?php\b/', '', (string) file_get_contents('php://input')));
    } catch (Throwable $error) {
        echo "\n";
        answer(['error' => get_class($error) . ': ' . $error->getMessage()]);
    }
})();
