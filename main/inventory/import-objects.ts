import type { Json, JsonRecord } from '#shared/domain/json.ts'
import {
  Platform,
  Server,
  Site,
  type Dialect,
  type HostingObject,
  type ServerFacts,
} from '#shared/domain/objects.ts'
import { parseSourceOptions } from '#shared/domain/platform-source.ts'
import { parseHttpsOptions, parseSiteFacts } from '#shared/domain/site-options.ts'
import type { ServiceTypeDefinition } from '../hooks/feature.ts'
import { parseServices } from '../hooks/service-types.ts'
import type { ProvisionContext } from '#shared/protocol/provision.ts'

/** What an imported object has that its context does not say: kept from the object here, else new. */
export interface ImportBase {
  id: string
  backendId: string
  dialect: Dialect
  title: string | null
  verifiedAt: number | null
  tags: string[]
  /** Of a server, as its last verify found it. */
  facts: ServerFacts | null
  createdAt: number
  changedAt: number
}

/** The objects that a context names, as they are here. */
export interface ImportParents {
  serverId: string | null
  platformId: string | null
  clientId: string | null
}

/**
 * The object that a context stands for (Aegir's hook_drush_context_import); `before` is the one here, whose own facts
 * stay. A text says why it cannot be one.
 */
export function toImported(
  context: ProvisionContext,
  base: ImportBase,
  parents: ImportParents,
  before: HostingObject | undefined,
  serviceTypes: readonly ServiceTypeDefinition[],
): HostingObject | string {
  switch (context.type) {
    case 'server':
      return check(Server, {
        ...(before?.kind === 'server' ? before : {}),
        ...toServer(context, base, serviceTypes),
      })
    case 'platform':
      return parents.serverId === null
        ? missing('server', context, context.options['web_server'] ?? context.options['server'])
        : check(
            Platform,
            toPlatform(
              context,
              base,
              parents.serverId,
              before?.kind === 'platform' ? before : null,
            ),
          )
    case 'site':
      return parents.platformId === null
        ? missing('platform', context, context.options['platform'])
        : check(Site, {
            ...(before?.kind === 'site' ? before : {}),
            ...toSite(context, base, parents.platformId, parents.clientId),
          })
  }
}

const common = (
  { name, options }: ProvisionContext,
  { facts: _facts, dialect: _dialect, ...base }: ImportBase,
) => ({
  ...base,
  name,
  savedOptions: options,
})

const toServer = (
  context: ProvisionContext,
  base: ImportBase,
  serviceTypes: readonly ServiceTypeDefinition[],
) => ({
  ...common(context, base),
  title: base.title ?? textOf(context.options['title']) ?? stripped(context, 'server_'),
  kind: 'server',
  status: 'enabled',
  remoteHost: context.options['remote_host'],
  services: parseServices(context.options, serviceTypes),
  facts: base.facts,
})

function toPlatform(
  context: ProvisionContext,
  base: ImportBase,
  serverId: string,
  before: Platform | null,
) {
  const { options } = context
  return {
    ...before,
    ...common(context, base),
    title: base.title ?? textOf(options['title']) ?? stripped(context, 'platform_'),
    kind: 'platform',
    status: toPlatformStatus(options, base, before),
    serverId,
    root: options['root'],
    source: parseSourceOptions(options),
    application: options['application'] ?? null,
    version: before?.version ?? null,
    abilities: options['abilities'] ?? before?.abilities ?? [],
  }
}

/** Aegir's backend does not know whether its frontend has locked a platform. */
function toPlatformStatus(options: JsonRecord, { dialect }: ImportBase, before: Platform | null) {
  if (dialect === 'aegir' && before !== null && before.status !== 'queued') return before.status
  return options['platform_locked'] === true ? 'locked' : 'enabled'
}

function toSite(
  context: ProvisionContext,
  base: ImportBase,
  platformId: string,
  clientId: string | null,
) {
  const { options, name } = context
  const isInstalled = options['installed'] === true
  const status = options['site_enabled'] === false ? 'disabled' : 'enabled'
  return {
    ...common(context, base),
    title: name,
    kind: 'site',
    status: isInstalled ? status : 'queued',
    platformId,
    clientId,
    aliases: options['aliases'] ?? [],
    redirection: textOf(options['redirection']),
    backupEverySeconds: options['backup_every_seconds'] ?? null,
    url: isInstalled ? textOf(options['url']) : null,
    ...parseSiteFacts(options),
    ...parseHttpsOptions(options),
  }
}

function check(
  schema: typeof Server | typeof Platform | typeof Site,
  row: object,
): HostingObject | string {
  const checked = schema.safeParse(row)
  if (checked.success) return checked.data
  const [issue] = checked.error.issues
  return `Its ${issue?.path.join('.') || 'facts'} cannot be used: ${issue?.message ?? ''}`
}

const missing = (kind: string, { name }: ProvisionContext, named: Json | undefined): string =>
  `@${name} needs the ${kind} ${textOf(named) ?? '(none named)'}, which is not there or does not read.`

const textOf = (value: Json | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value : null

const stripped = ({ name }: ProvisionContext, prefix: string): string =>
  name.startsWith(prefix) && name.length > prefix.length ? name.slice(prefix.length) : name
