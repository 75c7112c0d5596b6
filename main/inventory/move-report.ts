import type { Site } from '#shared/domain/objects.ts'

/** Lasting keys of Aegir's that become something here, or that belong to its own place. */
const CARRIED = [
  ...[
    'context_type',
    'platform',
    'server',
    'db_server',
    'uri',
    'root',
    'site_path',
    'site_enabled',
  ],
  ...['client_name', 'aliases', 'redirection', 'drush_aliases', 'install_method', 'profile'],
  ...['language', 'installed', 'url'],
]

/** What a move could not carry, as sentences; and what is the person's to do. */
export function whatIsLeft({ name, savedOptions, https }: Site): string[] {
  const keys = Object.keys(savedOptions ?? {}).filter((key) => !CARRIED.includes(key))
  const isEncrypted = https !== 'off' || keys.some((key) => /^(ssl|https)_/.test(key))
  const others = keys.filter((key) => !/^(ssl|https)_/.test(key))
  return [
    ...(isEncrypted
      ? [
          'HTTPS: certificates are not carried; turn it on here and a new one is made once the name leads to this server.',
        ]
      : []),
    ...(others.length > 0
      ? [`These settings of Aegir’s have no counterpart here: ${others.join(', ')}.`]
      : []),
    'Passwords that Aegir kept beside the site (basic authentication, cron’s key) are not carried: set them anew.',
    `The name ${name} still leads to the former server: change its DNS entry when you have looked at the copy.`,
    'The site on Aegir’s server goes on as before: disable it there once the name has moved.',
  ]
}

/** The same for a site that comes from a server of our own. */
export const whatIsLeftOfOurs = ({ name, https }: Site): string[] => [
  ...(https === 'off'
    ? []
    : [
        'HTTPS: certificates are not carried; turn it on here and a new one is made once the name leads to this server.',
      ]),
  `The name ${name} still leads to the former server: change its DNS entry when you have looked at the copy.`,
  'The site on the former server goes on as before, and what is written there from now on stays there: disable it once the name has moved, and delete it when you need it no more.',
]
