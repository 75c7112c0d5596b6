import type { Json, JsonRecord } from '#shared/domain/json.ts'
import { Platform, Server, Site, type Client, type HostingObject } from '#shared/domain/objects.ts'
import type { ServiceTypeDefinition } from '../hooks/feature.ts'
import { parseServices } from '../hooks/service-types.ts'
import type { PendingChange } from '#shared/domain/pending.ts'
import { parseHttpsOptions, parseSiteFacts } from '#shared/domain/site-options.ts'

/** The lasting keys whose value here differs from what the backend keeps. A key that is not sent is not compared. */
export function diffOptions(saved: JsonRecord, wanted: JsonRecord): PendingChange[] {
  return Object.entries(wanted)
    .filter(([key]) => key !== 'context_type')
    .map(([key, value]) => ({ key, saved: saved[key] ?? null, wanted: value }))
    .filter((change) => !isSame(change.saved, change.wanted))
}

/** Equal as values; the order of an object's keys means nothing. */
function isSame(one: Json, other: Json): boolean {
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other)) return false
    return one.length === other.length && one.every((value, at) => isSame(value, other[at] ?? null))
  }
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return one === other
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...keys].every((key) => isSame(one[key] ?? null, other[key] ?? null))
}

/**
 * The object with what its backend keeps, as far as that says. What cannot be read, or stands for nothing here any
 * more (a client under a former name), stays as it is. Each field is checked as it would be from a form.
 */
export function restoreSaved(
  object: HostingObject,
  saved: JsonRecord,
  clientsTitled: (title: string) => readonly Client[],
  serviceTypes: readonly ServiceTypeDefinition[],
): HostingObject {
  switch (object.kind) {
    case 'server':
      return restoreServer(object, saved, serviceTypes)
    case 'platform':
      return restorePlatform(object, saved)
    case 'site':
      return restoreSite(object, saved, clientsTitled)
  }
}

function restoreServer(
  server: Server,
  saved: JsonRecord,
  serviceTypes: readonly ServiceTypeDefinition[],
): Server {
  const restored = Server.safeParse({
    ...server,
    title: saved['title'] ?? server.title,
    remoteHost: saved['remote_host'] ?? server.remoteHost,
    services: { ...unreadable(server, saved), ...parseServices(saved, serviceTypes) },
  })
  return restored.success ? restored.data : server
}

/** Services that the backend keeps: one of which its facts do not read stays as it is here. */
const unreadable = ({ services }: Server, saved: JsonRecord): Server['services'] =>
  Object.fromEntries(
    Object.entries(services).filter(([name]) => saved[`${name}_service_type`] !== undefined),
  )

function restorePlatform(platform: Platform, saved: JsonRecord): Platform {
  const restored = Platform.safeParse({
    ...platform,
    title: saved['title'] ?? platform.title,
    root: saved['root'] ?? platform.root,
  })
  return restored.success ? restored.data : platform
}

function restoreSite(
  site: Site,
  saved: JsonRecord,
  clientsTitled: (title: string) => readonly Client[],
): Site {
  const clientName = saved['client_name'] ?? null
  const schedule = saved['backup_every_seconds']
  const [client] = typeof clientName === 'string' ? clientsTitled(clientName) : []
  const restored = Site.safeParse({
    ...site,
    aliases: saved['aliases'] ?? [],
    redirection: saved['redirection'] ?? null,
    // Told only to servers that back up by themselves.
    backupEverySeconds: schedule ?? site.backupEverySeconds,
    siteTitle: parseSiteFacts(saved).siteTitle,
    ...parseHttpsOptions(saved),
    clientId: clientName === null ? null : (client?.id ?? site.clientId),
  })
  return restored.success ? restored.data : site
}
