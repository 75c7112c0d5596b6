/** Aegir's HOSTING_MAX_ALIAS_LENGTH: site names, aliases and context names are never longer. */
export const MAX_NAME_LENGTH = 235

const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/

/**
 * A host name as it is stored and sent: lower case, IDN in its ASCII form ("bücher.example" becomes
 * "xn--bcher-kva.example"), no trailing dot. Undefined where it is none: empty, too long, a label with anything but
 * letters, digits and inner hyphens, only digits (an address).
 */
export function toHostName(typed: string): string | undefined {
  const trimmed = typed.trim().replace(/\.$/, '')
  // Only what the URL parser would read as something else than a host name is refused before it.
  if (trimmed === '' || /[\s/\\@:?#[\]%<>|^"'`$(){}&;*!,=+~_\p{Cc}]/u.test(trimmed))
    return undefined
  let ascii: string
  try {
    ascii = new URL(`http://${trimmed}/`).hostname
  } catch {
    return undefined
  }
  if (ascii.length > MAX_NAME_LENGTH || !/[a-z]/.test(ascii)) return undefined
  return ascii.split('.').every((label) => LABEL.test(label)) ? ascii : undefined
}

/**
 * An alias as it is stored and sent: a host name, or `*.` and one of at least two parts, for every name below it
 * (reference 7.4: never for a whole top-level domain). Undefined where it is neither.
 */
export function toAlias(typed: string): string | undefined {
  const below = /^\s*\*\.(.*)$/s.exec(typed)?.[1]
  if (below === undefined) return toHostName(typed)
  const name = toHostName(below)
  if (name === undefined || !name.includes('.') || name.length > MAX_NAME_LENGTH - 2)
    return undefined
  return `*.${name}`
}
