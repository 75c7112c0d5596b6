import type { FormProblems } from '#shared/domain/form.ts'
import type { Id } from '#shared/domain/json.ts'
import type {
  BackendAddress,
  HostingObject,
  Platform,
  Server,
  Site,
} from '#shared/domain/objects.ts'
import { AppError } from '#shared/errors.ts'
import type { HookRegistry } from '../hooks/registry.ts'
import { atService, checkServices } from '../hooks/service-types.ts'
import { findBackendAt } from '../store/queries/backends.ts'
import { listClientsTitled } from '../store/queries/clients.ts'
import { listPlatformsOf } from '../store/queries/objects.ts'
import type { Store } from '../store/store.ts'
import type { UnitOfWork } from '../task/unit-of-work.ts'

/** What is wrong with a site's names: one that stands twice, or that a feature does not allow (hook_allow_domain). */
export function findNameProblems(site: Site, unit: UnitOfWork): FormProblems {
  const names = [site.name, ...site.aliases]
  const found = names.flatMap((name, at) => {
    const field = at === 0 ? 'name' : 'aliases'
    if (names.indexOf(name) !== at) return [[field, `${name} stands here twice.`] as const]
    const { id, backendId } = site
    const refusal = unit.refusalOfDomain(name, { for: id, backendId })
    return refusal === undefined ? [] : [[field, refusal] as const]
  })
  // The first of a field stands.
  return Object.fromEntries(found.toReversed())
}

/** A site leads to one of its own names, or to none (reference 7.4). */
export const findRedirectionProblems = ({ name, aliases, redirection }: Site): FormProblems =>
  redirection === null || redirection === name || aliases.includes(redirection)
    ? {}
    : { redirection: `${redirection} is none of the names of this site.` }

/** HTTPS needs a certificate; one of an authority is asked for by a service of the site's server. */
export function findCertificateProblems(
  { https, certificate, platformId }: Site,
  unit: UnitOfWork,
): FormProblems {
  if (https === 'off') return {}
  if (certificate === null) return { certificate: 'HTTPS needs a certificate: choose which.' }
  const server = unit.get('server', unit.get('platform', platformId).serverId)
  const isServed = certificate.type !== 'acme' || server.services['certificate'] !== undefined
  return isServed
    ? {}
    : {
        certificate: `${server.title} has no certificate service: add it on the server’s page, or choose another certificate.`,
      }
}

/** What the features say to such a site at all: a full quota, say. They are asked as for its install. */
export const findSiteProblems = (
  site: Site,
  registry: HookRegistry,
  unit: UnitOfWork,
): FormProblems => registry.getTaskType('site', 'install').validate?.({}, site, unit) ?? {}

/**
 * A server with its services as they are to be stored, and what is wrong with them: types that nobody offers, values that
 * do not fit their form, and then what the type itself says.
 */
export function withCheckedServices(
  server: Server,
  registry: HookRegistry,
  unit: UnitOfWork,
): { server: Server; problems: FormProblems } {
  const { services, problems } = checkServices(server.services, registry.services())
  const checked = { ...server, services }
  if (Object.keys(problems).length > 0) return { server: checked, problems }
  const found = Object.keys(services).map((service) =>
    atService(service, registry.serviceProblems(service, checked, unit)),
  )
  return { server: checked, problems: Object.assign({}, ...found) as FormProblems }
}

/** Backends know a client by its title, so it is one client's only. */
export function findTitleProblems(store: Store, title: string, clientId: Id | null): FormProblems {
  const other = listClientsTitled(store, title).find(({ id }) => id !== clientId)
  return other === undefined ? {} : { title: `There is a client ${other.title} already.` }
}

/** The object, where it was not deleted. */
export function getPresent<Row extends HostingObject>(row: Row): Row {
  if (row.status !== 'deleted') return row
  throw new AppError('object.not-found', `${row.title} was deleted.`, { data: { id: row.id } })
}

/** An account on a machine is one backend's only. `field` is where the form asks for the address. */
export function findAddressProblems(
  store: Store,
  address: BackendAddress,
  { backendId, field }: { backendId: Id | null; field: string },
): FormProblems {
  const other = findBackendAt(store, address)
  if (other === undefined || other.id === backendId) return {}
  return { [`${field}.host`]: `This account on this machine is already here as ${other.title}.` }
}

/** A folder carries one platform. */
export function findRootProblems(
  store: Store,
  { serverId, root }: Pick<Platform, 'serverId' | 'root'>,
  platformId: Id | null,
): FormProblems {
  const same = listPlatformsOf(store, serverId).find(
    (other) => other.root === root && other.id !== platformId,
  )
  return same === undefined ? {} : { root: `The platform ${same.title} has this folder already.` }
}
