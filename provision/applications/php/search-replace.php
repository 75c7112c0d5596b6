<?php
// Makes the texts of a database lead to a site's new address. None of the site's code runs: it only sees rows.
// Input: database {socket, user, name}, replacements [{from: {host, port}, to: {scheme, host, port}}],
// texts [[from, to]], keep
// ["table.column" ending]. Returns the number of rows that changed.

/** Replaces addresses in a text. What PHP serialised keeps the lengths that it says. */
final class HdReplacer
{
    /** @var array<int, array{0: string, 1: callable}> */
    private array $patterns = [];

    public function __construct(array $replacements, array $texts)
    {
        foreach ($texts as [$from, $to]) {
            foreach (['/', '\/', '%2F'] as $slash) {
                $this->patterns[] = [
                    '~' . preg_quote(str_replace('/', $slash, $from), '~') . '~',
                    static fn(): string => str_replace('/', $slash, $to),
                ];
            }
        }
        foreach ($replacements as ['from' => $from, 'to' => $to]) {
            $host = preg_quote($from['host'], '~');
            // As it is, as JSON writes it, and as a part of another address.
            foreach (['/' => ':', '\/' => ':', '%2F' => '%3A'] as $slash => $colon) {
                $slashes = preg_quote($slash . $slash, '~');
                $port = preg_quote($colon, '~') . $from['port'];
                $this->patterns[] = [
                    // Another host may begin or end in the same way, and another port is another server.
                    "~(?<scheme>https?" . preg_quote($colon, '~') . ")?(?<slashes>$slashes)$host"
                        . "(?:$port(?![0-9])|(?!" . preg_quote($colon, '~') . "[0-9]))(?![a-z0-9_-]|\\.[a-z0-9])~i",
                    static fn(array $found): string => ($found['scheme'] === '' ? '' : $to['scheme'] . $colon)
                        . $found['slashes'] . $to['host'] . ($to['port'] === null ? '' : $colon . $to['port']),
                ];
            }
        }
    }

    public function replace(string $text): string
    {
        $serialised = preg_match('/^(?:[abdisOCE]:|N;)/', $text) === 1 ? $this->inSerialised($text) : null;
        return $serialised ?? $this->inText($text);
    }

    private function inText(string $text): string
    {
        foreach ($this->patterns as [$pattern, $callback]) {
            $text = preg_replace_callback($pattern, $callback, $text) ?? $text;
        }
        return $text;
    }

    /** Token by token, so that no object of the site's comes to life; null where it is not serialised after all. */
    private function inSerialised(string $text): ?string
    {
        $result = '';
        $end = strlen($text);
        for ($at = 0; $at < $end;) {
            if (preg_match('/\Gs:(\d{1,10}):"/', $text, $found, 0, $at) === 1) {
                $from = $at + strlen($found[0]);
                $value = substr($text, $from, (int) $found[1]);
                if (strlen($value) !== (int) $found[1] || substr($text, $from + strlen($value), 2) !== '";') {
                    return null;
                }
                $new = $this->replace($value);
                $result .= 's:' . strlen($new) . ':"' . $new . '";';
                $at = $from + strlen($value) + 2;
            } elseif (preg_match('/\GC:\d+:"[^"]+":(\d+):\{/', $text, $found, 0, $at) === 1) {
                // What a class writes in its own way is left as it is.
                $length = strlen($found[0]) + (int) $found[1] + 1;
                if (($text[$at + $length - 1] ?? '') !== '}') {
                    return null;
                }
                $result .= substr($text, $at, $length);
                $at += $length;
            } elseif (preg_match('/\G(?:N;|[bidrR]:[^;{}"]*;|E:\d+:"[^"]*";|a:\d+:\{|O:\d+:"[^"]+":\d+:\{|\})/', $text, $found, 0, $at) === 1) {
                $result .= $found[0];
                $at += strlen($found[0]);
            } else {
                return null;
            }
        }
        return $result;
    }
}

/** Rows of all tables that have a key to tell them apart by; the others are small, and are told by all of their columns. */
function hd_replace_in_database(mysqli $database, mysqli $reader, HdReplacer $replacer, array $hosts, array $keep): int
{
    $changed = 0;
    $columns = [];
    $keys = [];
    $found = $database->query(
        "SELECT c.table_name t, c.column_name c, c.data_type d, c.column_key k FROM information_schema.columns c
         JOIN information_schema.tables USING (table_schema, table_name)
         WHERE c.table_schema = DATABASE() AND table_type = 'BASE TABLE' AND c.generation_expression IS NULL",
    );
    foreach ($found->fetch_all(MYSQLI_ASSOC) as ['t' => $table, 'c' => $column, 'd' => $type, 'k' => $key]) {
        $isText = preg_match('/char|text|blob|json|binary/', $type) === 1;
        $isKept = array_filter($keep, static fn(string $one): bool => str_ends_with("$table.$column", $one)) !== [];
        if ($key === 'PRI') {
            $keys[$table][] = $column;
        } elseif ($isText && !$isKept) {
            $columns[$table][] = $column;
        }
    }
    foreach ($columns as $table => $names) {
        $changed += hd_replace_in_table($database, $reader, $table, $names, $keys[$table] ?? $names, $replacer, $hosts);
    }
    return $changed;
}

function hd_quote(string $name): string
{
    return '`' . str_replace('`', '``', $name) . '`';
}

/** Read by a connection of its own, row by row: a table may be larger than memory. */
function hd_replace_in_table(
    mysqli $database,
    mysqli $reader,
    string $table,
    array $names,
    array $keys,
    HdReplacer $replacer,
    array $hosts,
): int {
    $changed = 0;
    // Bytes are compared, since letters of a collation take several times as long.
    $host = $database->real_escape_string('(?i)' . implode('|', array_map('preg_quote', $hosts)));
    $matches = array_map(static fn(string $name): string => 'CAST(' . hd_quote($name) . " AS BINARY) REGEXP '$host'", $names);
    $selected = implode(', ', array_map('hd_quote', array_values(array_unique([...$keys, ...$names]))));
    $where = implode(' OR ', $matches);
    $rows = $reader->query("SELECT $selected FROM " . hd_quote($table) . " WHERE $where", MYSQLI_USE_RESULT);
    foreach ($rows as $row) {
        $new = [];
        foreach ($names as $name) {
            if ($row[$name] !== null) {
                $value = $replacer->replace($row[$name]);
                if ($value !== $row[$name]) {
                    $new[$name] = $value;
                }
            }
        }
        if ($new === []) {
            continue;
        }
        $set = implode(', ', array_map(static fn(string $name): string => hd_quote($name) . ' = ?', array_keys($new)));
        $where = implode(' AND ', array_map(static fn(string $name): string => hd_quote($name) . ' <=> ?', $keys));
        $values = [...array_values($new), ...array_map(static fn(string $key) => $row[$key], $keys)];
        $update = $database->prepare('UPDATE ' . hd_quote($table) . " SET $set WHERE $where");
        $update->execute($values);
        $changed += max(0, $update->affected_rows);
    }
    return $changed;
}

mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
['socket' => $hdSocket, 'user' => $hdUser, 'name' => $hdName] = $HD['database'];
$hdDatabase = new mysqli('localhost', $hdUser, '', $hdName, 0, $hdSocket);
$hdReader = new mysqli('localhost', $hdUser, '', $hdName, 0, $hdSocket);
$hdDatabase->set_charset('utf8mb4');
$hdReader->set_charset('utf8mb4');
$hdDatabase->begin_transaction();
$hdChanged = hd_replace_in_database(
    $hdDatabase,
    $hdReader,
    new HdReplacer($HD['replacements'], $HD['texts']),
    array_values(array_unique(array_map(static fn(array $one): string => $one['from']['host'], $HD['replacements']))),
    $HD['keep'],
);
$hdDatabase->commit();
return ['changed' => $hdChanged];
