import type { Id } from '#shared/domain/json.ts'
import { contextNameOf } from '#shared/domain/names.ts'
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
import { AppError } from '#shared/errors.ts'
import { findBackendAt } from '../store/queries/backends.ts'
import {
  isContextNameTaken,
  listAllOn,
  listDeletedUnder,
  listPlatformsOf,
  listServersOn,
  listSitesOf,
} from '../store/queries/objects.ts'
import { listUnfinishedTasksOf } from '../store/queries/tasks.ts'
import { ChangeSet, type Store } from '../store/store.ts'
import { problemAt } from './problem.ts'
import type { Tasks } from '../task/tasks.ts'
import { UnitOfWork, type UnitParts } from '../task/unit-of-work.ts'

/** How many tasks run on one backend at once, unless the operator says otherwise. */
const BACKEND_LIMIT = 4

export interface InventoryParts extends UnitParts {
  tasks: Tasks
}

export interface NewServer {
  title: string
  backend: { id: Id } | { address: BackendAddress }
  services: Record<string, ServiceSettings>
  remoteHost?: string
  isDemo?: boolean
}

/** Adds, changes and forgets hosting objects. What is saved queues the task that carries it to the server. */
export class Inventory {
  readonly #parts: InventoryParts

  constructor(parts: InventoryParts) {
    this.#parts = parts
  }

  /** Stores a server, and its backend where that is new, and queues a verify. */
  async addServer(wish: NewServer, origin: TaskOrigin): Promise<{ server: Server; task: Task }> {
    this.#checkServices(wish.services)
    const unit = this.#unit()
    const change = new ChangeSet()
    const backend =
      'id' in wish.backend
        ? this.#parts.store.get('backend', wish.backend.id)
        : this.#newBackend(wish, wish.backend.address)
    if (!('id' in wish.backend)) change.put('backend', backend)
    const server: Server = {
      ...this.#base('server', wish.title, backend.id),
      kind: 'server',
      status: 'queued',
      remoteHost: wish.remoteHost ?? backend.host,
      services: wish.services,
    }
    const task = this.#save(unit, server, 'verify', origin)
    await this.#parts.store.commit(unit.toChange(change))
    return { server, task: this.#parts.store.get('task', task.id) }
  }

  async editServer(
    wish: { id: Id; title: string; services: Record<string, ServiceSettings> },
    origin: TaskOrigin,
  ): Promise<{ server: Server; task: Task }> {
    this.#checkServices(wish.services)
    const unit = this.#unit()
    const server: Server = {
      ...this.#present(unit.get('server', wish.id)),
      title: wish.title,
      services: wish.services,
      changedAt: unit.now,
    }
    return { server, task: await this.#commitEdit(unit, server, origin) }
  }

  /** Changes how an account is reached; its contexts and host keys stay. */
  async editBackend(wish: {
    id: Id
    title: string
    address: BackendAddress
    limit: number
  }): Promise<Backend> {
    const { store, now } = this.#parts
    const other = findBackendAt(store, wish.address)
    if (other !== undefined && other.id !== wish.id) throw alreadyThere(other)
    const backend: Backend = {
      ...store.get('backend', wish.id),
      ...wish.address,
      title: wish.title,
      limit: wish.limit,
      changedAt: now(),
    }
    await store.commit(new ChangeSet().put('backend', backend))
    return backend
  }

  /** Stores a platform and queues its verify; `afterId` puts that behind another task. */
  async addPlatform(
    wish: { title: string; serverId: Id; root: string; afterId?: Id },
    origin: TaskOrigin,
  ): Promise<{ platform: Platform; task: Task }> {
    const unit = this.#unit()
    const server = this.#present(unit.get('server', wish.serverId))
    const same = listPlatformsOf(this.#parts.store, server.id).find(
      ({ root }) => root === wish.root,
    )
    if (same !== undefined) {
      throw problemAt('root', `The platform ${same.title} has this folder already.`)
    }
    const platform: Platform = {
      ...this.#base('platform', wish.title, server.backendId),
      kind: 'platform',
      status: 'queued',
      serverId: server.id,
      root: wish.root,
      application: null,
      version: null,
      abilities: [],
    }
    const task = this.#save(unit, platform, 'verify', origin, wish.afterId)
    await this.#parts.store.commit(unit.toChange())
    return { platform, task: this.#parts.store.get('task', task.id) }
  }

  async editPlatform(
    wish: { id: Id; title: string; root: string },
    origin: TaskOrigin,
  ): Promise<{ platform: Platform; task: Task }> {
    const unit = this.#unit()
    const platform: Platform = {
      ...this.#present(unit.get('platform', wish.id)),
      title: wish.title,
      root: wish.root,
      changedAt: unit.now,
    }
    return { platform, task: await this.#commitEdit(unit, platform, origin) }
  }

  /** Stores a site and queues its install. */
  async addSite(
    wish: { name: string; platformId: Id; clientId: Id | null; aliases: readonly string[] },
    origin: TaskOrigin,
  ): Promise<{ site: Site; task: Task }> {
    const unit = this.#unit()
    const platform = this.#present(unit.get('platform', wish.platformId))
    if (platform.status !== 'enabled') {
      throw problemAt(
        'platformId',
        platform.status === 'locked'
          ? `${platform.title} is locked: it takes no new sites.`
          : `${platform.title} has not been verified yet: wait for its verify, or look at why it failed.`,
      )
    }
    this.#checkNames(unit, [wish.name, ...wish.aliases], null)
    if (wish.clientId !== null) unit.get('client', wish.clientId)
    const { savedOptions, verifiedAt, id, createdAt, changedAt, backendId } = this.#base(
      'site',
      wish.name,
      platform.backendId,
    )
    const site: Site = {
      id,
      name: wish.name,
      title: wish.name,
      backendId,
      savedOptions,
      verifiedAt,
      createdAt,
      changedAt,
      kind: 'site',
      status: 'queued',
      platformId: platform.id,
      clientId: wish.clientId,
      aliases: [...wish.aliases],
      redirection: null,
      lastCronAt: null,
      backupEverySeconds: null,
      url: null,
    }
    if (isContextNameTaken(this.#parts.store, platform.backendId, site.name)) {
      throw problemAt('name', `${wish.name} is already a name on this server.`)
    }
    const task = this.#save(unit, site, 'install', origin)
    await this.#parts.store.commit(unit.toChange())
    return { site, task: this.#parts.store.get('task', task.id) }
  }

  async editSite(
    wish: { id: Id; clientId: Id | null; aliases: readonly string[] },
    origin: TaskOrigin,
  ): Promise<{ site: Site; task: Task }> {
    const unit = this.#unit()
    const before = this.#present(unit.get('site', wish.id))
    this.#checkNames(unit, [before.name, ...wish.aliases], before.id)
    const site: Site = {
      ...before,
      clientId: wish.clientId,
      aliases: [...wish.aliases],
      changedAt: unit.now,
    }
    return { site, task: await this.#commitEdit(unit, site, origin) }
  }

  /** Sets or ends a site's own schedule of backups. It is ours alone: nothing of it goes to the backend. */
  async scheduleBackups(siteId: Id, backupEverySeconds: number | null): Promise<Site> {
    const unit = this.#unit()
    const site = this.#present(unit.get('site', siteId))
    unit.put('site', { ...site, backupEverySeconds, changedAt: unit.now })
    await this.#parts.store.commit(unit.toChange())
    return this.#parts.store.get('site', siteId)
  }

  async addClient(wish: { title: string; email: string | null }): Promise<Client> {
    const { store, ids, now } = this.#parts
    const client: Client = { id: ids.next(), ...wish, createdAt: now(), changedAt: now() }
    await store.commit(new ChangeSet().put('client', client))
    return client
  }

  /** Removes an object here and touches nothing on its server. Refused while something here stands on it. */
  async forget(kind: HostingObject['kind'], id: Id): Promise<void> {
    const { store } = this.#parts
    const object = store.get(kind, id)
    const unfinished = listUnfinishedTasksOf(store, id)
    if (unfinished.length > 0) {
      throw inUse(object, `task ${unfinished[0]?.number ?? ''} has not ended`)
    }
    const standing = standingOn(store, object)
    if (standing[0] !== undefined) throw inUse(object, `${standing[0].title} still stands on it`)
    const change = new ChangeSet()
    const isAlone = listServersOn(store, object.backendId).every((server) => server.id === id)
    if (kind === 'server' && isAlone) {
      for (const left of listAllOn(store, object.backendId)) change.remove(left.kind, left.id)
      change.remove('backend', object.backendId)
    } else {
      for (const deleted of listDeletedUnder(store, object)) change.remove(deleted.kind, deleted.id)
      change.remove(kind, id)
    }
    await store.commit(change)
  }

  #unit(): UnitOfWork {
    return new UnitOfWork(this.#parts)
  }

  #present<Row extends HostingObject>(row: Row): Row {
    if (row.status !== 'deleted') return row
    throw new AppError('object.not-found', `${row.title} was deleted.`, { data: { id: row.id } })
  }

  #base(kind: 'server' | 'platform' | 'site', title: string, backendId: Id) {
    const { store, ids, now } = this.#parts
    const name =
      kind === 'site'
        ? title
        : contextNameOf(kind, title, (one) => isContextNameTaken(store, backendId, one))
    return {
      id: ids.next(),
      name,
      title,
      backendId,
      verifiedAt: null,
      savedOptions: null,
      createdAt: now(),
      changedAt: now(),
    }
  }

  #newBackend(wish: NewServer, address: BackendAddress): Backend {
    const { store, ids, now } = this.#parts
    const other = findBackendAt(store, address)
    if (other !== undefined) throw alreadyThere(other)
    return {
      ...address,
      id: ids.next(),
      title: wish.title,
      dialect: 'native',
      limit: BACKEND_LIMIT,
      recurringOwner: 'desk',
      isDemo: wish.isDemo ?? false,
      createdAt: now(),
      changedAt: now(),
    }
  }

  #save(
    unit: UnitOfWork,
    object: HostingObject,
    type: string,
    origin: TaskOrigin,
    afterId?: Id,
  ): Task {
    unit.put(object.kind, object)
    return unit.addTaskOf({
      object,
      type,
      values: {},
      origin,
      ...(afterId === undefined ? {} : { afterId }),
    })
  }

  /** Stores an edited object with its verify, or with the one that waits already. A site not installed yet is installed. */
  async #commitEdit(unit: UnitOfWork, object: HostingObject, origin: TaskOrigin): Promise<Task> {
    const { store } = this.#parts
    const type = object.kind === 'site' && object.url === null ? 'install' : 'verify'
    const waiting = listUnfinishedTasksOf(store, object.id).find(
      (task) => task.type === type && task.status === 'queued',
    )
    if (waiting !== undefined) {
      unit.put(object.kind, object)
      await store.commit(unit.toChange())
      return waiting
    }
    const task = this.#save(unit, object, type, origin)
    await store.commit(unit.toChange())
    return store.get('task', task.id)
  }

  #checkNames(unit: UnitOfWork, names: readonly string[], objectId: Id | null): void {
    names.forEach((name, at) => {
      const field = at === 0 ? 'name' : 'aliases'
      if (names.indexOf(name) !== at) throw problemAt(field, `${name} stands here twice.`)
      const refusal = this.#parts.registry.refusalOfDomain(name, { for: objectId, host: unit })
      if (refusal !== undefined) throw problemAt(field, refusal)
    })
  }

  #checkServices(services: Record<string, ServiceSettings>): void {
    const known = this.#parts.registry.services()
    for (const [service, { type }] of Object.entries(services)) {
      if (!known.some((one) => one.service === service && one.type === type)) {
        throw problemAt(`services.${service}`, `There is no ${service} service of type ${type}.`)
      }
    }
  }
}

function standingOn(store: Store, object: HostingObject): HostingObject[] {
  switch (object.kind) {
    case 'server':
      return listPlatformsOf(store, object.id)
    case 'platform':
      return listSitesOf(store, object.id)
    case 'site':
      return []
  }
}

const inUse = (object: HostingObject, reason: string): AppError =>
  new AppError('object.in-use', `${object.title} cannot be forgotten: ${reason}.`, {
    data: { id: object.id },
  })

const alreadyThere = (backend: Backend): AppError =>
  new AppError('input.invalid', `This account is already here as ${backend.title}.`, {
    data: {
      backendId: backend.id,
      problems: {
        'backend.address.host': `This account on this machine is already here as ${backend.title}.`,
      },
    },
  })
