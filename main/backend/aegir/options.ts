import { createHash } from 'node:crypto'
import type { Json, JsonRecord } from '#shared/domain/json.ts'

/** Aegir ignores what is empty: an option is unset by this word, a service by the other. */
const UNSET = 'null'
const NO_SERVICE = 'NONE'

/** Our database service is MariaDB by name; Aegir knows one kind only. */
const SERVICE_TYPES: Readonly<Record<string, string>> = { mariadb: 'mysql' }

/** Where a context stands: to unset it would move it to Aegir's own machine. */
const NEVER_UNSET = ['db_server', 'platform', 'web_server', 'root', 'uri', 'remote_host', 'profile']

/** Lasting facts as `provision-save` takes them. */
export function toSavedOptions(options: JsonRecord): JsonRecord {
  const saved = Object.fromEntries(
    Object.entries(options)
      .filter(([key, value]) => !(value === null && NEVER_UNSET.includes(key)))
      .map(([key, value]) => [key, toSaved(key, value)]),
  )
  return {
    ...saved,
    // The backend reads another name than Aegir's own frontend sends.
    ...('http_https_port' in saved ? { https_port: saved['http_https_port'] ?? UNSET } : {}),
    // Aegir's own machine keeps the files; the server that serves them is `web_server`.
    ...(options['context_type'] === 'platform' ? { server: '@server_master' } : {}),
  }
}

function toSaved(key: string, value: Json): Json {
  const isService = key.endsWith('_service_type')
  if (isEmpty(value)) return isService ? NO_SERVICE : UNSET
  // As Aegir's own frontend sends it.
  if (key.endsWith('_port') && typeof value === 'number') return String(value)
  return isService && typeof value === 'string' ? (SERVICE_TYPES[value] ?? value) : value
}

/** What PHP takes for nothing. */
const isEmpty = (value: Json): boolean =>
  value === null ||
  value === '' ||
  value === false ||
  value === 0 ||
  value === '0' ||
  (Array.isArray(value) && value.length === 0)

/** Facts of this run only: what is null is not said. */
export const toRunOptions = (options: JsonRecord): JsonRecord =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null))

/** An option that no command knows, and that every answer repeats: by it we see that all that was sent was read. */
export const MARK = 'hosting_desk_sum'

export const withMark = (options: JsonRecord): JsonRecord => ({
  ...options,
  [MARK]: sumOf(options),
})

/** Of the keys alone: passwords are put in on the way to the backend, and not known to who reads its answer. */
const sumOf = (options: JsonRecord): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.keys(options)))
    .digest('hex')
    .slice(0, 16)

/**
 * Whether what was sent did arrive: Drush reads its standard input once, without waiting, and runs on without it. A command may
 * change an option for its own use, so only the mark must come back as it was.
 */
export const hasArrived = (sent: JsonRecord, echoed: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(sent).every(
    ([key, value]) => Object.hasOwn(echoed, key) && (key !== MARK || echoed[key] === value),
  )

/** As PHP reads it: one object. */
export const renderOptions = (options: JsonRecord): string => JSON.stringify(options)
