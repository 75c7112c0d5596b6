import type { Checksum, HashName } from '../system/download.ts'
import { ProvisionError } from '../system/provision-error.ts'

/** Where a platform's code comes from, beside a folder that somebody else fills. */
export type Source =
  | { type: 'git'; url: string; ref: string | undefined }
  | { type: 'archive'; url: string; checksum: Checksum }
  | { type: 'composer'; name: string; version: string | undefined; mayRunScripts: boolean }

/** The same as a platform's context keeps it. */
export interface SourceOptions {
  type: string | undefined
  url: string | undefined
  ref: string | undefined
  checksum: string | undefined
  mayRunScripts: boolean
}

/** Throws PROVISION_BAD_OPTION, PROVISION_MISSING_OPTION; undefined where the code lies in its folder already. */
export function parseSource({ type, ...given }: SourceOptions): Source | undefined {
  switch (type) {
    case undefined:
    case 'folder':
      return undefined
    case 'git':
      return { type, url: checked(given.url, isGitAddress, GIT_ADDRESS), ref: toRef(given.ref) }
    case 'archive':
      return {
        type,
        url: checked(given.url, isWebAddress, 'an address with https: or http:'),
        checksum: toChecksum(given.checksum),
      }
    case 'composer':
      return {
        type,
        name: checked(
          given.url,
          isPackage,
          'the name of a package, such as drupal/recommended-project',
        ),
        version: toVersion(given.ref),
        mayRunScripts: given.mayRunScripts,
      }
    default:
      throw badOption('source_type', 'folder, git, archive or composer')
  }
}

const GIT_ADDRESS = 'the address of a git repository: https, ssh, git@host:path, or a folder from /'

const SIGNS = String.raw`[^\s\p{Cc}"'\x60\\$]`

/** Never a helper of git's (`ext::`), which would run a program, and never an option. */
const isGitAddress = (url: string): boolean =>
  new RegExp(`^(https?|ssh|git|file)://${SIGNS}{1,1000}$`, 'u').test(url) ||
  new RegExp(`^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:(?!:)${SIGNS}{1,1000}$`, 'u').test(url) ||
  new RegExp(`^/${SIGNS}{1,1000}$`, 'u').test(url)

const isWebAddress = (url: string): boolean =>
  new RegExp(`^https?://${SIGNS}{1,2000}$`, 'u').test(url)

const isPackage = (name: string): boolean =>
  /^[a-z0-9]([_.-]?[a-z0-9]+)*\/[a-z0-9](([_.]|-{1,2})?[a-z0-9]+)*$/.test(name) &&
  name.length <= 200

function toRef(ref: string | undefined): string | undefined {
  if (ref === undefined) return undefined
  const isGood = /^[A-Za-z0-9][A-Za-z0-9._/+@-]{0,199}$/.test(ref) && !ref.includes('..')
  if (isGood) return ref
  throw badOption('source_ref', 'the name of a branch or a tag')
}

function toVersion(version: string | undefined): string | undefined {
  if (version === undefined || /^[0-9A-Za-z^~<>=*@.,| -]{1,100}$/.test(version)) return version
  throw badOption('source_ref', 'a version for Composer, such as ^11')
}

const LENGTHS: Readonly<Record<number, HashName>> = { 40: 'sha1', 64: 'sha256', 128: 'sha512' }

function toChecksum(text: string | undefined): Checksum {
  const [, name, hex = ''] = /^(?:(sha1|sha256|sha512):)?([0-9a-f]+)$/i.exec(text ?? '') ?? []
  const hash = LENGTHS[hex.length]
  if (hash !== undefined && (name === undefined || name.toLowerCase() === hash))
    return { hash, hex: hex.toLowerCase() }
  throw text === undefined
    ? new ProvisionError(
        'PROVISION_MISSING_OPTION',
        'An archive needs its checksum (source_checksum): SHA-256, SHA-512 or SHA-1 in hexadecimal digits.',
      )
    : badOption('source_checksum', 'a checksum by SHA-256, SHA-512 or SHA-1')
}

function checked(url: string | undefined, isGood: (url: string) => boolean, what: string): string {
  if (url === undefined)
    throw new ProvisionError('PROVISION_MISSING_OPTION', `The source needs ${what} (source_url).`)
  // What is kept of a platform is kept in the clear.
  if (/^[a-z]+:\/\/[^/@]*:[^/@]*@/i.test(url))
    throw new ProvisionError(
      'PROVISION_BAD_OPTION',
      'An address (source_url) has no password in it.',
    )
  if (isGood(url)) return url
  throw badOption('source_url', what)
}

const badOption = (key: string, what: string): ProvisionError =>
  new ProvisionError('PROVISION_BAD_OPTION', `“${key}” is not ${what}.`)

/** A source in one line: for people, and to see that it has changed. */
export function nameSource(source: Source): string {
  switch (source.type) {
    case 'git':
      return `git ${source.url}${source.ref === undefined ? '' : ` ${source.ref}`}`
    case 'archive':
      return `archive ${source.url} ${source.checksum.hash}:${source.checksum.hex}`
    case 'composer':
      return `composer ${source.name}${source.version === undefined ? '' : ` ${source.version}`}`
  }
}
