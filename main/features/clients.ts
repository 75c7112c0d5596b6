import type { FormProblems } from '#shared/domain/form.ts'
import type { Id } from '#shared/domain/json.ts'
import type { Client, Site } from '#shared/domain/objects.ts'
import type { Feature, TaskTypeDefinition } from '../hooks/feature.ts'
import type { ReadingHost } from '../hooks/host.ts'

/** Quotas of clients: how many sites each may have (Aegir's hosting_quota). A copy of a site counts like any other. */
export const clientQuotas: Feature = {
  name: 'client-quotas',
  title: 'Quotas of clients',
  description: 'Lets a client have no more sites than was agreed.',
  group: 'Hosting',
  requires: ['sites'],

  changeTaskTypes: (types) =>
    types.map((type) => {
      if (type.objectKind !== 'site') return type
      if (type.type === 'install') return withCheck(type, 'clientId', othersOf)
      return type.type === 'clone' ? withCheck(type, 'newName', allOf) : type
    }),
}

/** Why one more site is too many for a client that has `count`; undefined where it is not. */
export function refusalOfSite(client: Client, count: number): string | undefined {
  if (client.siteQuota === null || count < client.siteQuota) return undefined
  const quota = client.siteQuota === 1 ? 'one site' : `${client.siteQuota} sites`
  return client.siteQuota === 0
    ? `${client.title} may have no sites.`
    : `${client.title} may have ${quota} and has ${count}.`
}

type Count = (clientId: Id, site: Site, host: ReadingHost) => number
const allOf: Count = (clientId, _site, host) => host.sitesOfClient(clientId).length
const othersOf: Count = (clientId, site, host) =>
  host.sitesOfClient(clientId).filter(({ id }) => id !== site.id).length

/** The task type with the quota among what it checks, the problem at `field`. */
function withCheck(type: TaskTypeDefinition, field: string, count: Count): TaskTypeDefinition {
  return {
    ...type,
    validate: (values, object, host): FormProblems => {
      const found = type.validate?.(values, object, host) ?? {}
      if (object.kind !== 'site' || object.clientId === null) return found
      const client = host.find('client', object.clientId)
      const refusal = client && refusalOfSite(client, count(client.id, object, host))
      return refusal === undefined ? found : { [field]: refusal, ...found }
    },
  }
}
