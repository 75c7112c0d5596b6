import { z } from 'zod'
import type { JsonRecord } from './json.ts'

const NOT_PLAIN = /[\s\p{Cc}"'`\\$]/u
const hasPassword = (address: string): boolean => /^[a-z]+:\/\/[^/@]*:[^/@]*@/i.test(address)

const plainAddress = (what: string) =>
  z
    .string()
    .trim()
    .min(1, `This needs ${what}.`)
    .max(1000, 'An address has at most 1000 characters.')
    .refine((text) => !NOT_PLAIN.test(text), 'An address has no spaces, quotes, \\ or $.')
    .refine(
      (text) => !hasPassword(text),
      'No password belongs here: it would be kept in the clear. Give the account on the server a key, or git’s credential helper.',
    )

const GitAddress = plainAddress('the address of a repository').refine(
  (text) =>
    /^(https?|ssh|git|file):\/\/./.test(text) ||
    /^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:(?!:)./.test(text) ||
    /^\/./.test(text),
  'A repository is at https://…, ssh://…, git@host:path, or in a folder of the server from /.',
)

const ArchiveAddress = plainAddress('the address of an archive').refine(
  (text) => /^https?:\/\/./.test(text),
  'An archive is at an address with https:// or http://.',
)

const optional = (text: z.ZodString) =>
  z
    .string()
    .nullable()
    .transform((typed) => typed?.trim() || null)
    .pipe(text.nullable())

const GitRef = z
  .string()
  .regex(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/+@-]{0,199}$/, 'This is no name of a branch or a tag.')

const Checksum = z
  .string()
  .trim()
  .regex(
    /^(sha512:)?[0-9a-f]{128}$|^(sha256:)?[0-9a-f]{64}$|^(sha1:)?[0-9a-f]{40}$/i,
    'A checksum by SHA-256 (64 hexadecimal digits), SHA-512 (128) or SHA-1 (40).',
  )

const ComposerPackage = z
  .string()
  .trim()
  .max(200)
  .regex(
    /^[a-z0-9]([_.-]?[a-z0-9]+)*\/[a-z0-9](([_.]|-{1,2})?[a-z0-9]+)*$/,
    'A package is called vendor/name, for example drupal/recommended-project.',
  )

const ComposerVersion = z
  .string()
  .regex(/^[0-9A-Za-z^~<>=*@.,| -]{1,100}$/, 'This is no version, for example ^11 or 10.2.*.')

/** Where a platform's code comes from. Once it was fetched it stays: other code is another platform. */
export const PlatformSource = z.discriminatedUnion('type', [
  z.object({ type: z.literal('folder') }),
  z.object({
    type: z.literal('git'),
    url: GitAddress,
    /** A branch or a tag; null: the repository's own. */
    ref: optional(GitRef).default(null),
  }),
  z.object({ type: z.literal('archive'), url: ArchiveAddress, checksum: Checksum }),
  z.object({
    type: z.literal('composer'),
    package: ComposerPackage,
    version: optional(ComposerVersion).default(null),
    /** Scripts and plugins are code of other people, which then runs as the account of the server. */
    mayRunScripts: z.boolean().default(false),
  }),
])
export type PlatformSource = z.infer<typeof PlatformSource>

/** What a person sees of it in a list of facts. */
export function describeSource(source: PlatformSource): string {
  switch (source.type) {
    case 'folder':
      return 'A folder that is on the server'
    case 'git':
      return `git ${source.url}${source.ref === null ? '' : `, ${source.ref}`}`
    case 'archive':
      return `Archive ${source.url}`
    case 'composer':
      return `Composer ${source.package}${source.version === null ? '' : ` ${source.version}`}`
  }
}

/** The same as a context keeps it: nothing where it is a folder. */
export function toSourceOptions(source: PlatformSource): JsonRecord {
  const { type } = source
  switch (type) {
    case 'folder':
      return {}
    case 'git':
      return {
        source_type: type,
        source_url: source.url,
        ...(source.ref !== null && { source_ref: source.ref }),
      }
    case 'archive':
      return { source_type: type, source_url: source.url, source_checksum: source.checksum }
    case 'composer':
      return {
        source_type: type,
        source_url: source.package,
        ...(source.version !== null && { source_ref: source.version }),
        composer_scripts: source.mayRunScripts,
      }
  }
}

/** The same, read back; what does not read counts as a folder. */
export function parseSourceOptions(options: JsonRecord): PlatformSource {
  const parsed = PlatformSource.safeParse({
    type: options['source_type'],
    url: options['source_url'],
    ref: options['source_ref'] ?? null,
    checksum: options['source_checksum'],
    package: options['source_url'],
    version: options['source_ref'] ?? null,
    mayRunScripts: options['composer_scripts'] ?? false,
  })
  return parsed.success ? parsed.data : { type: 'folder' }
}

/** One part of a platform's code that has a version of its own. */
export const PlatformPackage = z.object({
  type: z.enum(['core', 'module', 'theme', 'plugin', 'profile']),
  name: z.string().max(200),
  title: z.string().max(200),
  version: z.string().max(200).nullable(),
})
export type PlatformPackage = z.infer<typeof PlatformPackage>

/** No more of them are kept. */
export const MAX_PACKAGES = 2000

/** What a backend reported; single ones that do not read are left out. */
export const parsePackages = (value: unknown): PlatformPackage[] =>
  (Array.isArray(value) ? value.slice(0, MAX_PACKAGES) : []).flatMap((one) => {
    const parsed = PlatformPackage.safeParse(one)
    return parsed.success ? [parsed.data] : []
  })
