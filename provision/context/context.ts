import path from 'node:path'
import type { Json, JsonRecord } from '#shared/domain/json.ts'
import type { ErrorCode } from '../system/error-codes.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { checkValue, type ContextType, isContextType, isDeclared } from './keys.ts'

/** The form of the files; one with a higher number is from a newer release and is not touched. */
export const FORMAT = 1

/** A context as it lies on disk. `options` holds only what was set. */
export interface Context {
  format: number
  name: string
  type: ContextType
  options: JsonRecord
}

/**
 * A context with new lasting facts merged in; null unsets. Throws PROVISION_UNKNOWN_OPTION, PROVISION_BAD_OPTION,
 * PROVISION_MISSING_OPTION, PROVISION_TYPE_FIXED, PROVISION_URI_FIXED.
 */
export function mergeOptions(
  name: string,
  old: Context | undefined,
  { context_type: type, delete: _delete, ...changes }: JsonRecord,
): Context {
  const fixed = typeOf(name, old, type)
  const options: JsonRecord = { ...old?.options }
  for (const [key, value] of Object.entries(changes)) {
    // What an extension stored can be unset after it has gone.
    if (!isDeclared(fixed, key) && !(value === null && Object.hasOwn(options, key)))
      throw new ProvisionError(
        'PROVISION_UNKNOWN_OPTION',
        `A ${fixed} has no option “${key.slice(0, 64)}”.`,
      )
    if (value === null) delete options[key]
    else options[key] = goodValue(name, fixed, key, value)
  }
  if (old?.options['installed'] === true && options['uri'] !== old.options['uri'])
    throw new ProvisionError(
      'PROVISION_URI_FIXED',
      `The site @${name} is installed: its host name cannot change by saving.`,
    )
  return { format: FORMAT, name, type: fixed, options }
}

function typeOf(name: string, old: Context | undefined, type: Json | undefined): ContextType {
  if (old !== undefined) {
    if (type !== undefined && type !== null && type !== old.type)
      throw new ProvisionError(
        'PROVISION_TYPE_FIXED',
        `@${name} is a ${old.type} and cannot become another type.`,
      )
    return old.type
  }
  if (isContextType(type)) return type
  throw new ProvisionError(
    'PROVISION_MISSING_OPTION',
    `@${name} is new: context_type must be server, platform or site.`,
  )
}

function goodValue(name: string, type: ContextType, key: string, value: Json): Json {
  const checked = checkValue(type, key, value)
  if (checked !== undefined && 'value' in checked) return checked.value
  throw new ProvisionError(
    'PROVISION_BAD_OPTION',
    `“${key}” of @${name} ${checked?.problem ?? 'is not known'}.`,
  )
}

/** The contexts that options name, by their key: `server` of a platform, `platform` of a site. */
export function referencesOf({
  type,
  options,
}: Context): { key: string; name: string; type: ContextType }[] {
  const wanted: readonly [string, ContextType][] =
    type === 'platform'
      ? [
          ['server', 'server'],
          ['web_server', 'server'],
        ]
      : type === 'site'
        ? [['platform', 'platform']]
        : []
  return wanted.flatMap(([key, target]) => {
    const value = options[key]
    return typeof value === 'string' ? [{ key, name: value.slice(1), type: target }] : []
  })
}

// What commands read of contexts, typed.

/** The server of a platform: `web_server`, else `server`. */
export const serverNameOf = (platform: Context): string =>
  neededText(
    platform,
    platform.options['web_server'] === undefined ? 'server' : 'web_server',
  ).slice(1)

export const platformNameOf = (site: Context): string => neededText(site, 'platform').slice(1)

export const uriOf = (site: Context): string => neededText(site, 'uri', 'PROVISION_URL_REQUIRED')

export const aliasesOf = (site: Context): string[] =>
  ([] as Json[]).concat(site.options['aliases'] ?? []).filter((name) => typeof name === 'string')

export const isPlatformLocked = (platform: Context): boolean =>
  platform.options['platform_locked'] === true

export const isInstalled = (site: Context): boolean => site.options['installed'] === true

export const isSiteEnabled = (site: Context): boolean => site.options['site_enabled'] !== false

/** A context with some facts changed. */
export const withOptions = (context: Context, changes: JsonRecord): Context => ({
  ...context,
  options: { ...context.options, ...changes },
})

/** The folder of a platform, with `~/` as the account's home: what its context names. */
export function projectOf(platform: Context, home: string): string {
  const root = neededText(platform, 'root')
  return root.startsWith('~/') ? path.join(home, root.slice(2)) : root
}

/** The folder of its code that is served: of a project it may be one below, as its last verify found. */
export const rootOf = (platform: Context, home: string): string =>
  path.join(projectOf(platform, home), findText(platform, 'served_folder') ?? '')

export function findText({ options }: Context, key: string): string | undefined {
  const value = options[key]
  return typeof value === 'string' ? value : undefined
}

function neededText(
  context: Context,
  key: string,
  code: ErrorCode = 'PROVISION_MISSING_OPTION',
): string {
  const value = findText(context, key)
  if (value !== undefined) return value
  throw new ProvisionError(
    code,
    `The ${context.type} @${context.name} has no “${key}”: save it first.`,
  )
}
