/** A text of PHP between single quotes: only two signs mean something there. */
export const phpText = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`

/** Any plain value as PHP writes it down. */
export function phpValue(value: PhpValue, indent = ''): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return phpText(value)
  if (typeof value !== 'object') return String(value)
  const inner = `${indent}    `
  const entries = Object.entries(value).map(([key, one]) => {
    const name = Array.isArray(value) ? '' : `${phpText(key)} => `
    return `${inner}${name}${phpValue(one, inner)},\n`
  })
  return entries.length === 0 ? '[]' : `[\n${entries.join('')}${indent}]`
}

export type PhpValue =
  string | number | boolean | null | readonly PhpValue[] | { readonly [key: string]: PhpValue }

/** What stands at the top of every PHP file that we write into a site. */
export const PHP_HEAD = `<?php
// Written by Hosting Desk: what is changed here is overwritten by the next verify. Settings of your own belong into
// local.php beside it.
`
