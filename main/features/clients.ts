import type { FormProblems } from '#shared/domain/form.ts'
import type { Client, Site } from '#shared/domain/objects.ts'
import { toSizeText } from '#shared/size.ts'
import type { Feature, TaskTypeDefinition } from '../hooks/feature.ts'
import type { ReadingHost } from '../hooks/host.ts'

/**
 * Quotas of clients (Aegir's hosting_quota): how many sites each may have, and how much these may take up together, as
 * their verifies found it. A copy of a site counts like any other.
 */
export const clientQuotas: Feature = {
  name: 'client-quotas',
  title: 'Quotas of clients',
  description: 'Lets a client have no more sites, and no more disk space, than was agreed.',
  group: 'Hosting',
  requires: ['sites'],

  changeTaskTypes: (types) =>
    types.map((type) => {
      if (type.objectKind !== 'site') return type
      if (type.type === 'install') return withCheck(type, 'clientId', asNewSite)
      return type.type === 'clone' ? withCheck(type, 'newName', asCopy) : type
    }),
}

/** What a client has, and what one more site would add to it. */
interface Use {
  sites: number
  sizeBytes: number
  addedBytes: number
}

/** Why one more site is too many for a client; undefined where it is not. */
export function refusalOfSite(client: Client, use: Use): string | undefined {
  return refusalByCount(client, use.sites) ?? refusalBySize(client, use)
}

function refusalByCount({ title, siteQuota }: Client, count: number): string | undefined {
  if (siteQuota === null || count < siteQuota) return undefined
  if (siteQuota === 0) return `${title} may have no sites.`
  return `${title} may have ${siteQuota === 1 ? 'one site' : `${siteQuota} sites`} and has ${count}.`
}

function refusalBySize(
  { title, diskQuotaBytes }: Client,
  { sizeBytes, addedBytes }: Use,
): string | undefined {
  if (diskQuotaBytes === null || sizeBytes + Math.max(1, addedBytes) <= diskQuotaBytes)
    return undefined
  const used = `${title} may use ${toSizeText(diskQuotaBytes)} and uses ${toSizeText(sizeBytes)}`
  return addedBytes === 0 ? `${used}.` : `${used}: a copy of ${toSizeText(addedBytes)} is too much.`
}

type Measure = (sites: readonly Site[], site: Site) => Use

/** The site itself is not there yet. */
const asNewSite: Measure = (sites, site) => ({
  ...totalOf(sites.filter(({ id }) => id !== site.id)),
  addedBytes: 0,
})
const asCopy: Measure = (sites, site) => ({ ...totalOf(sites), addedBytes: site.sizeBytes ?? 0 })

/** A site that nobody has measured counts as empty. */
const totalOf = (sites: readonly Site[]): Omit<Use, 'addedBytes'> => ({
  sites: sites.length,
  sizeBytes: sites.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0),
})

/** The task type with the quotas among what it checks, the problem at `field`. */
function withCheck(type: TaskTypeDefinition, field: string, measure: Measure): TaskTypeDefinition {
  return {
    ...type,
    validate: (values, object, host): FormProblems => {
      const found = type.validate?.(values, object, host) ?? {}
      const refusal = object.kind === 'site' ? refusalFor(object, measure, host) : undefined
      return refusal === undefined ? found : { [field]: refusal, ...found }
    },
  }
}

function refusalFor(site: Site, measure: Measure, host: ReadingHost): string | undefined {
  const client = site.clientId === null ? undefined : host.find('client', site.clientId)
  return client && refusalOfSite(client, measure(host.sitesOfClient(client.id), site))
}
