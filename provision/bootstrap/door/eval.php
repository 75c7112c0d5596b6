<?php
// Runs PHP of ours in the slot, which may boot the site's application. Body: its source; HD_INPUT: its input as JSON, which
// it finds in $HD. What it returns is the answer. First comes a line {"pid": n}, by which run.php can end it; the last line
// is {"answer": ..} or {"error": text, "printed": the end of what the code printed}. Whatever it prints is no answer.
require __DIR__ . '/lib.php';

final class HdAnswer
{
    public static ?array $last = null;
    public static string $printed = '';

    /** Called behind everything that the application does at its own end. */
    public static function give(): never
    {
        while (ob_get_level() > 0 && @ob_end_clean()) {
        }
        echo "\n";
        answer(self::$last ?? ['error' => self::whyItDied(), 'printed' => self::$printed]);
    }

    private static function whyItDied(): string
    {
        $error = error_get_last();
        $isFatal = $error !== null && ($error['type'] & (E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR)) !== 0;
        return $isFatal ? "{$error['message']} in {$error['file']}:{$error['line']}" : 'It ended before its end.';
    }
}

ignore_user_abort(true);
echo json_encode(['pid' => posix_getpid()]), "\n";
flush();
ob_start(static function (string $bytes): string {
    HdAnswer::$printed = substr(HdAnswer::$printed . $bytes, -2000);
    return '';
}, 4096);
register_shutdown_function(static fn () => register_shutdown_function([HdAnswer::class, 'give']));

$HD = json_decode((string) ($_SERVER['HD_INPUT'] ?? 'null'), true);
try {
    // Not in a function: applications expect their variables to be global.
    HdAnswer::$last = ['answer' => eval('?>' . file_get_contents('php://input'))];
} catch (Throwable $error) {
    HdAnswer::$last = ['error' => get_class($error) . ': ' . $error->getMessage(), 'printed' => HdAnswer::$printed];
}
