import type { FormProblems } from '#shared/domain/form.ts'
import type { Id } from '#shared/domain/json.ts'
import type {
  Backend,
  BackendAddress,
  Client,
  HostingObject,
  Platform,
  Server,
  ServiceSettings,
  Site,
} from '#shared/domain/objects.ts'
import type { Task, TaskOrigin } from '#shared/domain/task.ts'
import { listPlatformsOf } from '../store/queries/objects.ts'
import { listUnfinishedTasksOf } from '../store/queries/tasks.ts'
import { ChangeSet } from '../store/store.ts'
import { UnitOfWork, type UnitParts } from '../task/unit-of-work.ts'
import {
  findAddressProblems,
  findCertificateProblems,
  findNameProblems,
  findRedirectionProblems,
  findRootProblems,
  findSiteProblems,
  findTitleProblems,
  getPresent,
  withCheckedServices,
} from './checks.ts'
import type { ClientFacts } from './inventory.ts'
import { refuse } from './problem.ts'

/** How a backend is reached, and how many tasks may run there at once. */
export interface Account {
  address: BackendAddress
  limit: number
}

/** What of a site stays as it is where an edit does not mention it. */
type SiteOwnFacts = {
  [Key in 'siteTitle' | 'https' | 'certificate' | 'backupEverySeconds']?: Site[Key] | undefined
}

/**
 * Changes hosting objects. What is saved queues the task that carries it to the server; one that waits already is
 * enough. Throws `input.invalid` with every problem at its field.
 */
export class Editing {
  readonly #parts: UnitParts

  constructor(parts: UnitParts) {
    this.#parts = parts
  }

  /**
   * With `account` the backend changes first: `onAccount` is waited for before the verify is queued, so that the verify
   * goes to the new address and not over a connection to the former one.
   */
  async editServer(
    wish: {
      id: Id
      title: string
      services: Record<string, ServiceSettings>
      account?: Account | undefined
    },
    origin: TaskOrigin,
    onAccount: (backendId: Id) => Promise<void> = () => Promise.resolve(),
  ): Promise<{ server: Server; task: Task }> {
    const { store, registry } = this.#parts
    const unit = this.#unit()
    const before = getPresent(unit.get('server', wish.id))
    const old = store.get('backend', before.backendId)
    const account = wish.account ?? { address: old, limit: old.limit }
    const changed: Server = {
      ...before,
      title: wish.title,
      services: wish.services,
      // Where contexts name the machine as we reach it, they go on doing so.
      remoteHost: before.remoteHost === old.host ? account.address.host : before.remoteHost,
      changedAt: unit.now,
    }
    const { server, problems } = withCheckedServices(changed, registry, unit)
    refuse({
      ...findAddressProblems(store, account.address, {
        backendId: old.id,
        field: 'account.address',
      }),
      ...problems,
      ...this.#findMissingWebServer(before, wish.services),
    })
    const title = old.title === before.title ? wish.title : old.title
    const backend = toBackend(old, { ...account, title }, unit.now)
    await store.commit(new ChangeSet().put('backend', backend))
    if (wish.account !== undefined) await onAccount(backend.id)
    return { server, task: await this.#commit(unit, server, origin) }
  }

  /** Changes how an account is reached; its contexts and host keys stay. */
  async editBackend(wish: Account & { id: Id; title: string }): Promise<Backend> {
    const { store, now } = this.#parts
    refuse(findAddressProblems(store, wish.address, { backendId: wish.id, field: 'address' }))
    const backend = toBackend(store.get('backend', wish.id), wish, now())
    await store.commit(new ChangeSet().put('backend', backend))
    return backend
  }

  async editPlatform(
    wish: { id: Id; title: string; root: string },
    origin: TaskOrigin,
  ): Promise<{ platform: Platform; task: Task }> {
    const unit = this.#unit()
    const before = getPresent(unit.get('platform', wish.id))
    const { title, root } = wish
    const platform: Platform = { ...before, title, root, changedAt: unit.now }
    refuse(findRootProblems(this.#parts.store, platform, platform.id))
    return { platform, task: await this.#commit(unit, platform, origin) }
  }

  async editSite(
    wish: Pick<Site, 'id' | 'clientId' | 'aliases' | 'redirection'> & SiteOwnFacts,
    origin: TaskOrigin,
  ): Promise<{ site: Site; task: Task }> {
    const unit = this.#unit()
    const before = getPresent(unit.get('site', wish.id))
    const { clientId, redirection } = wish
    if (clientId !== null) unit.get('client', clientId)
    const site: Site = {
      ...before,
      ...ownFactsOf(wish, before),
      clientId,
      aliases: [...wish.aliases],
      redirection,
      changedAt: unit.now,
    }
    const isNewClient = clientId !== before.clientId
    refuse({
      ...(isNewClient ? findSiteProblems(site, this.#parts.registry, unit) : {}),
      ...findNameProblems(site, unit),
      ...findRedirectionProblems(site),
      ...findCertificateProblems(site, unit),
    })
    return { site, task: await this.#commit(unit, site, origin) }
  }

  /** Under another title its installed sites are verified: their contexts name the client by it. */
  async editClient(
    wish: ClientFacts & { id: Id },
    origin: TaskOrigin,
  ): Promise<{ client: Client; tasks: number }> {
    const { store } = this.#parts
    const unit = this.#unit()
    const before = unit.get('client', wish.id)
    refuse(findTitleProblems(store, wish.title, wish.id))
    const client: Client = { ...before, ...wish, changedAt: unit.now }
    unit.put('client', client)
    const sites =
      client.title === before.title
        ? []
        : unit.sitesOfClient(client.id).filter(({ status }) => status === 'enabled')
    const isNew = sites.map((site) => this.#carry(unit, site, origin).isNew)
    await store.commit(unit.toChange())
    return { client, tasks: isNew.filter(Boolean).length }
  }

  #unit(): UnitOfWork {
    return new UnitOfWork(this.#parts)
  }

  /** Stores an edited object with the task that carries it to the server. */
  async #commit(unit: UnitOfWork, object: HostingObject, origin: TaskOrigin): Promise<Task> {
    const { store } = this.#parts
    unit.put(object.kind, object)
    const { task } = this.#carry(unit, object, origin)
    await store.commit(unit.toChange())
    return store.get('task', task.id)
  }

  /**
   * The task that tells the server: a verify, for a site not installed yet its install. One that waits will do; a site
   * whose install runs already is verified after it.
   */
  #carry(
    unit: UnitOfWork,
    object: HostingObject,
    origin: TaskOrigin,
  ): { task: Task; isNew: boolean } {
    const unfinished = listUnfinishedTasksOf(this.#parts.store, object.id)
    const install = unfinished.find(
      ({ type, status }) => type === 'install' && status === 'processing',
    )
    const isInstalled = object.kind !== 'site' || object.url !== null
    const type = isInstalled || install !== undefined ? 'verify' : 'install'
    const waiting = unfinished.find((task) => task.type === type && task.status === 'queued')
    if (waiting !== undefined) return { task: waiting, isNew: false }
    const after = isInstalled || install === undefined ? {} : { afterId: install.id }
    const task = unit.addTaskOf({ object, type, values: {}, origin, ...after })
    return { task, isNew: true }
  }

  #findMissingWebServer(
    server: Server,
    services: Readonly<Record<string, ServiceSettings>>,
  ): FormProblems {
    const isNeeded = listPlatformsOf(this.#parts.store, server.id).length > 0
    return isNeeded && services['http'] === undefined
      ? { 'services.http.type': 'Its platforms need a web server.' }
      : {}
  }
}

const ownFactsOf = (wish: SiteOwnFacts, before: Site) => ({
  siteTitle: wish.siteTitle === undefined ? before.siteTitle : wish.siteTitle,
  https: wish.https ?? before.https,
  certificate: wish.certificate === undefined ? before.certificate : wish.certificate,
  backupEverySeconds:
    wish.backupEverySeconds === undefined ? before.backupEverySeconds : wish.backupEverySeconds,
})

const toBackend = (
  backend: Backend,
  { address, limit, title }: Account & { title: string },
  now: number,
): Backend => {
  const { host, port, user, login } = address
  return { ...backend, host, port, user, login, limit, title, changedAt: now }
}
