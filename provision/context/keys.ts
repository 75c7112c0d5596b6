import type { Json } from '#shared/domain/json.ts'
import { parseDispatchPlan } from '#shared/protocol/dispatch-plan.ts'
import { toAlias, toHostName } from '#shared/domain/host-name.ts'

export type ContextType = 'server' | 'platform' | 'site'

/** A value as it is stored, or why it is refused. */
export type Checked = { value: Json } | { problem: string }
type Check = (value: Json) => Checked

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,234}$/

export const isContextName = (name: string): boolean => NAME.test(name)
export const isContextType = (type: Json | undefined): type is ContextType =>
  type === 'server' || type === 'platform' || type === 'site'

/** The keys that each type of context stores, by Aegir's names. What is not here is refused by name. */
const KEYS: Readonly<Record<ContextType, Readonly<Record<string, Check>>>> = {
  server: {
    remote_host: matching(/^(?!-)[\p{L}\p{N}._:%-]{1,253}$/u, 'a host name or an address'),
    http_service_type: matching(/^[a-z][a-z0-9_-]{0,31}$/, 'the name of a service type'),
    http_port: integer(1, 65_535),
    http_restart_cmd: matching(
      /^[A-Za-z0-9/][A-Za-z0-9_@%+=:,./ -]{0,1023}$/,
      'a program with plain arguments, without quotes or any sign of a shell',
    ),
    http_https_port: integer(1, 65_535),
    db_service_type: matching(/^[a-z][a-z0-9_-]{0,31}$/, 'the name of a service type'),
    db_port: integer(1, 65_535),
    certificate_service_type: matching(/^[a-z][a-z0-9_-]{0,31}$/, 'the name of a service type'),
    acme_directory: matching(/^https:\/\/[^\s\p{Cc}"'`$\\]{1,1000}$/u, 'an address with https'),
    acme_email: matching(/^[^\s\p{Cc}<>"'`$\\]{1,254}$/u, 'a mail address'),
    critical_load_multiplier: integer(1, 1_000_000),
    dispatch_plan: dispatchPlan,
    title: matching(/^[^\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]{1,120}$/u, 'one line'),
  },
  platform: {
    server: reference,
    web_server: reference,
    root: folder,
    platform_locked: trueOrFalse,
    source_type: matching(/^(folder|git|archive|composer)$/, 'folder, git, archive or composer'),
    source_url: matching(/^[^\s\p{Cc}"'`$\\]{1,2000}$/u, 'an address without spaces or quotes'),
    source_ref: matching(/^[0-9A-Za-z^~<>=*@.,|/+_ -]{1,200}$/, 'a branch, a tag or a version'),
    source_checksum: matching(/^(sha(1|256|512):)?[0-9a-f]{40,128}$/i, 'a checksum'),
    composer_scripts: trueOrFalse,
    title: matching(/^[^\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]{1,120}$/u, 'one line'),
  },
  site: {
    platform: reference,
    uri: hostName,
    aliases,
    redirection: hostName,
    client_name: matching(/^[^\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]{1,120}$/u, 'one line'),
    client_email: matching(/^[^\s\p{Cc}<>"'`$\\]{1,254}$/u, 'a mail address'),
    language: matching(/^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}$/, 'a language such as “en”'),
    profile: matching(/^[a-z0-9][a-z0-9_-]{0,63}$/i, 'the name of a profile'),
    site_enabled: trueOrFalse,
    backup_every_seconds: integer(60, 315_360_000),
    site_title: matching(/^[^\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]{1,120}$/u, 'one line'),
    db_server: reference,
    https_enabled: integer(0, 2),
    certificate_type: matching(/^(acme|self-signed|own)$/, 'acme, self-signed or own'),
    certificate_file: absoluteFile,
    certificate_key_file: absoluteFile,
  },
}

/** Keys that extensions of this run have declared; the program runs one command, so they are declared once at its start. */
const declared = new Map<string, Check>()

/** Declares one more key. False where there is one of that name. */
export function declareKey(type: ContextType, key: string, check: Check): boolean {
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(key) || isDeclared(type, key) || RESERVED.includes(key))
    return false
  declared.set(`${type} ${key}`, check)
  return true
}

/** What has a meaning of its own when a context is saved, or is set by commands that ship. */
const RESERVED = ['context_type', 'delete', 'installed', 'url', 'application', 'slot', 'db_name']

/** A value for a key of this type of context; undefined where the key is not declared. */
export function checkValue(type: ContextType, key: string, value: Json): Checked | undefined {
  const check = Object.hasOwn(KEYS[type], key) ? KEYS[type][key] : declared.get(`${type} ${key}`)
  return check?.(value)
}

export const isDeclared = (type: ContextType, key: string): boolean =>
  Object.hasOwn(KEYS[type], key) || declared.has(`${type} ${key}`)

export function matching(pattern: RegExp, what: string): Check {
  return (value) =>
    typeof value === 'string' && pattern.test(value) ? { value } : { problem: `is not ${what}` }
}

export function integer(min: number, max: number): Check {
  return (value) => {
    // Aegir's frontend sends numbers as text.
    const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value
    return typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max
      ? { value: number }
      : { problem: `is not a whole number from ${min} to ${max}` }
  }
}

export function trueOrFalse(value: Json): Checked {
  return typeof value === 'boolean' ? { value } : { problem: 'is neither true nor false' }
}

/** `@name`, or the bare name: stored with its `@`. */
function reference(value: Json): Checked {
  const name = typeof value === 'string' ? value.replace(/^@/, '') : ''
  return isContextName(name)
    ? { value: `@${name}` }
    : { problem: 'is not the name of a context, such as @server_web1' }
}

function folder(value: Json): Checked {
  const path = typeof value === 'string' ? value.replace(/(?<=.)\/+$/, '') : ''
  const isGood =
    path.length <= 1024 && /^(\/|~\/)[^\p{Cc}]*$/u.test(path) && !path.split('/').includes('..')
  return isGood ? { value: path } : { problem: 'is not a path from / or ~/ without “..”' }
}

function absoluteFile(value: Json): Checked {
  return typeof value === 'string' && value.startsWith('/')
    ? folder(value)
    : { problem: 'is not a path from / without “..”' }
}

function dispatchPlan(value: Json): Checked {
  const plan = parseDispatchPlan(value)
  return typeof plan === 'string' ? { problem: plan } : { value }
}

function hostName(value: Json): Checked {
  return typeof value === 'string' && toHostName(value) === value
    ? { value }
    : { problem: 'is not a host name in lower case, such as www.example.com' }
}

/** A list, or one text with commas. `*.example.com` stands for every name below. */
function aliases(value: Json): Checked {
  const names = typeof value === 'string' ? value.split(',') : value
  if (!Array.isArray(names) || names.length > 200)
    return { problem: 'is not a list of at most 200 host names' }
  const bad = names.find((name) => typeof name !== 'string' || toAlias(name) !== name)
  return bad === undefined
    ? { value: [...new Set(names)] }
    : { problem: `has an entry that is not a host name: ${JSON.stringify(bad).slice(0, 100)}` }
}
