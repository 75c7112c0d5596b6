import { JsonRecord, type Json } from '#shared/domain/json.ts'
import { ContextName } from '#shared/domain/names.ts'
import type { ProvisionContext } from '#shared/protocol/provision.ts'
import { withoutSecrets } from './masking.ts'

/** What every site of Drupal can do. */
const ABILITIES = ['cron', 'login-reset']

/** The properties that Aegir's own classes and its usual modules declare, of any kind of context. */
const KNOWN: Readonly<Record<ProvisionContext['type'], RegExp>> = {
  server:
    /^(context_type|remote_host|ip_addresses|title|aegir_root|script_user|backup_path|config_path|include_path|clients_path|admin_email|master_url|master_db|web_group|web_disable_url|web_maintenance_url|utf8mb4_is_supported|phpfpm_mode|subdirs_support|satellite_mode|provision_db_cloaking|cluster_web_servers|(master|slave)_web_servers|db_grant_all_hosts|(nginx|http|https|db|ssl|cluster)_\w+|[a-z]+_service_type|Certificate_service_type|letsencrypt_ca|self_signed_field)$/,
  platform: /^(context_type|server|web_server|root|makefile|make_working_copy)$/,
  site: /^(context_type|platform|server|db_server|uri|root|site_path|site_enabled|language|client_name|aliases|redirection|cron_key|drush_aliases|profile|install_method|ssl_(enabled|key)|https_(enabled|key|client_\w+)|ip_addresses)$/,
}

/** Types of services that the frontend knows how to speak of; see main/features/aegir-services.ts. */
const SERVICES: Readonly<Record<string, readonly string[]>> = {
  http: [
    'nginx',
    'nginx_ssl',
    'https_nginx',
    'apache',
    'apache_ssl',
    'https_apache',
    'cluster',
    'pack',
  ],
  db: ['mysql'],
}

/** What Drush itself adds to an alias. */
const DRUSH_OWN = /^(#|%|path-aliases$)/

export interface KeptContext {
  context: ProvisionContext
  /** Keys that no part of Aegir as we know it declares: kept there, not understood here. */
  unknownKeys: string[]
}

/** A record of `site-alias` as a context; undefined where it is an ordinary alias and none of Provision's. */
export function toKeptContext(name: string, record: unknown): KeptContext | undefined {
  const parsed = JsonRecord.safeParse(record)
  if (!parsed.success) return undefined
  const { context_type: type } = parsed.data
  if (type !== 'server' && type !== 'platform' && type !== 'site') return undefined
  const bare = name.replace(/^@/, '')
  if (!ContextName.safeParse(bare).success) return undefined
  const own = Object.fromEntries(
    Object.entries(withoutSecrets(parsed.data)).filter(([key]) => !DRUSH_OWN.test(key)),
  )
  const foreign = foreignServiceKeys(own)
  const kept = Object.fromEntries(Object.entries(own).filter(([key]) => !foreign.includes(key)))
  return {
    context: { format: 1, name: bare, type, options: toOptions(type, kept) },
    unknownKeys: [...Object.keys(kept).filter((key) => !KNOWN[type].test(key)), ...foreign],
  }
}

/** Keys of services that nobody here knows: what is not taken over is never unset there. */
function foreignServiceKeys(record: JsonRecord): string[] {
  const foreign = Object.entries(record).flatMap(([key, type]) => {
    const service = /^(.+)_service_type$/.exec(key)?.[1]
    if (service === undefined || type === null || type === '') return []
    return typeof type === 'string' && SERVICES[service]?.includes(type) === true ? [] : [service]
  })
  return Object.keys(record).filter((key) =>
    foreign.some((service) => key.startsWith(`${service}_`)),
  )
}

/** Lasting facts in our words: what is unset is left out, numbers are numbers. */
function toOptions(type: ProvisionContext['type'], record: JsonRecord): JsonRecord {
  const set = Object.fromEntries(
    Object.entries(record)
      .filter(([key, value]) => !isUnset(key, value))
      .map(([key, value]) => [key, key.endsWith('_port') ? toNumber(value) : value]),
  )
  switch (type) {
    case 'server':
      return { ...set, title: set['remote_host'] ?? null }
    case 'platform':
      return {
        ...set,
        server: set['web_server'] ?? set['server'] ?? null,
        application: 'drupal',
        abilities: ABILITIES,
      }
    case 'site':
      return { ...set, ...httpsOf(set), installed: true, url: siteUrl(set) }
  }
}

const httpsOf = ({ https_enabled: enabled }: JsonRecord): JsonRecord =>
  enabled === undefined ? {} : { https_enabled: Number(enabled) }

const isUnset = (key: string, value: Json): boolean =>
  value === null ||
  value === '' ||
  value === '0' ||
  (value === false && key !== 'site_enabled') ||
  (Array.isArray(value) && value.length === 0)

const toNumber = (value: Json): Json =>
  typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value

/** Where a site answers, from its record. */
export function siteUrl(record: Readonly<Record<string, unknown>>): string | null {
  const { uri } = record
  if (typeof uri !== 'string' || uri === '') return null
  const isEncrypted = [record['https_enabled'], record['ssl_enabled']].some(
    (one) => Number(one) > 0,
  )
  return `${isEncrypted ? 'https' : 'http'}://${uri}/`
}
