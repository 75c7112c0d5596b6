import punycode from 'punycode/punycode.js'
import { z } from 'zod'
import '../words.ts'
import { MAX_NAME_LENGTH, toAlias, toHostName } from './host-name.ts'

export { MAX_NAME_LENGTH, toAlias, toHostName }

/** How a host name is shown: IDN in its own letters where that reads back to the same name, else as stored. */
export function toShownName(name: string): string {
  if (!name.includes('xn--')) return name
  const shown = punycode.toUnicode(name)
  return toAlias(shown) === name ? shown : name
}

/** A site's name: its host name. Typed in any case and alphabet, kept as {@link toHostName} gives it. */
export const SiteName = z.string().transform((typed, context) => {
  const name = toHostName(typed)
  if (name !== undefined) return name
  context.addIssue({
    code: 'custom',
    message:
      typed.trim() === ''
        ? 'A site needs a host name, for example www.example.com.'
        : 'This is no host name: letters, digits and hyphens, parts divided by dots, for example www.example.com.',
  })
  return z.NEVER
})

/** Another name of a site: a host name, or `*.example.com` for every name below one. */
export const SiteAlias = z.string().transform((typed, context) => {
  const name = toAlias(typed)
  if (name !== undefined) return name
  context.addIssue({
    code: 'custom',
    message: `“${typed.slice(0, 100)}” is no host name, for example shop.example.com or *.example.com.`,
  })
  return z.NEVER
})

/** The address of a machine as typed: a host name, a short name of the SSH configuration, an IPv4 or IPv6 address. */
export const HostAddress = z
  .string()
  .trim()
  .min(1, 'A server needs an address: a host name or an IP address.')
  .max(253, 'An address has at most 253 characters.')
  .regex(
    /^(?!-)[\p{L}\p{N}._:-]+(%[A-Za-z0-9._-]+)?$/u,
    'This is no address: only letters, digits, dots, hyphens and, for IPv6, colons.',
  )

export const PortNumber = z
  .number('A port is a number.')
  .int('A port is a whole number.')
  .min(1, 'A port is a number from 1 to 65535.')
  .max(65535, 'A port is a number from 1 to 65535.')

/** The account's name on the far side, as POSIX allows it (and no option: no leading hyphen). */
export const UserName = z
  .string()
  .trim()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/,
    'This is no account name: letters, digits, _ . - and at most 32.',
  )

/** A name for people: one line, no control or direction characters. */
export const Title = z
  .string()
  .trim()
  .min(1, 'This needs a name.')
  .max(120, 'A name has at most 120 characters.')
  .regex(/^[^\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/u, 'A name is one line of plain text.')

/** An absolute path on a server, without `..`, control characters or a trailing slash. */
export const ServerPath = z
  .string()
  .trim()
  .max(1024, 'A path has at most 1024 characters.')
  .regex(
    /^\P{Cc}*$/u,
    'A path is one line of plain text: no line breaks, tabs or other control characters.',
  )
  .regex(/^~?\//, 'A path begins with / or with ~/ for the home folder of the account.')
  .refine((path) => !path.split('/').includes('..'), 'A path goes straight down: no “..”.')
  .refine((path) => !/^~\/+$/.test(path), 'A path leads below the home folder, not to it.')
  .transform((path) => path.replace(/(?<=.)\/+$/, ''))

/** A path that means the same for every account of a server. */
export const AbsolutePath = ServerPath.refine(
  (path) => path.startsWith('/'),
  'This path begins with /: it may be read by another account.',
)

/** The name of a context as its backend stores it, without the leading `@`. */
export const ContextName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,234}$/)

/**
 * The context name of a server or platform from its title: Aegir's rule (`server_` or `platform_` and all word
 * characters of the title), made unique by `isTaken` with a number. Sites are named by their host name.
 */
export function contextNameOf(
  kind: 'server' | 'platform',
  title: string,
  isTaken: (name: string) => boolean,
): string {
  const stem = `${kind}_${title.normalize('NFKD').replace(/[^A-Za-z0-9_]/g, '')}`.slice(
    0,
    MAX_NAME_LENGTH - 6,
  )
  const first = stem === `${kind}_` ? `${kind}_1` : stem
  if (!isTaken(first)) return first
  for (let number = 2; ; number++) if (!isTaken(`${stem}${number}`)) return `${stem}${number}`
}
