<?php
/** One package of a status, short enough that all of them fit into an answer. */
function hd_package(string $type, string $name, mixed $title, mixed $version): array
{
    $line = static fn(mixed $text): string => is_scalar($text) ? mb_strcut((string) $text, 0, 100) : '';
    return ['type' => $type, 'name' => $line($name), 'title' => $line($title), 'version' => $line($version)];
}

/** No answer carries more. */
const HD_MAX_PACKAGES = 800;
