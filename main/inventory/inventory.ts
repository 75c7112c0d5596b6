import type { FormProblems } from '#shared/domain/form.ts'
import type { Id, JsonRecord } from '#shared/domain/json.ts'
import { contextNameOf } from '#shared/domain/names.ts'
import type {
  Backend,
  BackendAddress,
  Client,
  HostingObject,
  ObjectKind,
  Platform,
  Server,
  ServiceSettings,
  Site,
} from '#shared/domain/objects.ts'
import type { PlatformSource } from '#shared/domain/platform-source.ts'
import type { Task, TaskOrigin } from '#shared/domain/task.ts'
import { isContextNameTaken } from '../store/queries/objects.ts'
import { ChangeSet } from '../store/store.ts'
import {
  findAddressProblems,
  findCertificateProblems,
  findNameProblems,
  findRootProblems,
  findSiteProblems,
  findTitleProblems,
  getPresent,
  withCheckedServices,
} from './checks.ts'
import { refuse } from './problem.ts'
import { UnitOfWork, type UnitParts } from '../task/unit-of-work.ts'

/** How many tasks run on one backend at once, unless the operator says otherwise. */
export const BACKEND_LIMIT = 4

/** What a person says of a client. */
export type ClientFacts = Pick<Client, 'title' | 'email' | 'siteQuota' | 'diskQuotaBytes'>

export interface NewServer {
  title: string
  backend: { id: Id } | { address: BackendAddress }
  services: Record<string, ServiceSettings>
  remoteHost?: string
  isDemo?: boolean
}

export interface NewSite extends Partial<Pick<Site, 'siteTitle' | 'https' | 'certificate'>> {
  name: string
  platformId: Id
  clientId: Id | null
  aliases: readonly string[]
  /** Its folder is on the server already: it is imported instead of installed. */
  isThere?: boolean
  /** A backup of it that is on the server already: it is imported out of that. */
  backupFile?: string
}

/** Adds hosting objects. What is added queues the task that carries it to the server. */
export class Inventory {
  readonly #parts: UnitParts

  constructor(parts: UnitParts) {
    this.#parts = parts
  }

  /** Stores a server, and its backend where that is new, and queues a verify. */
  async addServer(wish: NewServer, origin: TaskOrigin): Promise<{ server: Server; task: Task }> {
    const { store, registry } = this.#parts
    const unit = this.#unit()
    const change = new ChangeSet()
    const backend =
      'id' in wish.backend
        ? store.get('backend', wish.backend.id)
        : this.#newBackend(wish, wish.backend.address)
    if (!('id' in wish.backend)) change.put('backend', backend)
    const wished: Server = {
      ...this.#base('server', wish.title, backend.id),
      kind: 'server',
      status: 'queued',
      remoteHost: wish.remoteHost ?? backend.host,
      services: wish.services,
      facts: null,
    }
    const { server, problems } = withCheckedServices(wished, registry, unit)
    refuse({ ...this.#findTaken(wish), ...problems })
    const task = this.#save(unit, server, 'verify', origin)
    await store.commit(unit.toChange(change))
    return { server, task: store.get('task', task.id) }
  }

  /** Stores a platform and queues its verify; `afterId` puts that behind another task. */
  async addPlatform(
    wish: { title: string; serverId: Id; root: string; source?: PlatformSource; afterId?: Id },
    origin: TaskOrigin,
  ): Promise<{ platform: Platform; task: Task }> {
    const unit = this.#unit()
    const server = getPresent(unit.get('server', wish.serverId))
    const place = { serverId: server.id, root: wish.root }
    refuse(findRootProblems(this.#parts.store, place, null))
    const platform: Platform = {
      ...this.#base('platform', wish.title, server.backendId),
      kind: 'platform',
      status: 'queued',
      serverId: server.id,
      root: wish.root,
      application: null,
      version: null,
      abilities: [],
      source: wish.source ?? { type: 'folder' },
      revision: null,
      packages: [],
    }
    const task = this.#save(unit, platform, 'verify', origin, { afterId: wish.afterId })
    await this.#parts.store.commit(unit.toChange())
    return { platform, task: this.#parts.store.get('task', task.id) }
  }

  /** Stores a site and queues its install, or its import. */
  async addSite(wish: NewSite, origin: TaskOrigin): Promise<{ site: Site; task: Task }> {
    const { store, registry } = this.#parts
    const unit = this.#unit()
    const platform = getPresent(unit.get('platform', wish.platformId))
    if (wish.clientId !== null) unit.get('client', wish.clientId)
    const site: Site = {
      ...this.#base('site', wish.name, platform.backendId),
      kind: 'site',
      status: 'queued',
      platformId: platform.id,
      clientId: wish.clientId,
      aliases: [...wish.aliases],
      redirection: null,
      lastCronAt: null,
      backupEverySeconds: null,
      url: null,
      siteTitle: wish.siteTitle ?? null,
      https: wish.https ?? 'off',
      certificate: wish.certificate ?? null,
      certificateExpiresAt: null,
      certificateIssuer: null,
      databaseName: null,
      slot: null,
      sizeBytes: null,
      report: null,
    }
    const isTaken = isContextNameTaken(store, platform.backendId, site.name)
    refuse({
      ...findPlatformProblems(platform),
      ...(isTaken ? { name: `${wish.name} is already a name on this server.` } : {}),
      ...findSiteProblems(site, registry, unit),
      ...findNameProblems(site, unit),
      ...findCertificateProblems(site, unit),
    })
    const { isThere = false, backupFile } = wish
    const isImported = isThere || backupFile !== undefined
    const values: JsonRecord = backupFile === undefined ? {} : { file: backupFile }
    const task = this.#save(unit, site, isImported ? 'import' : 'install', origin, { values })
    await this.#parts.store.commit(unit.toChange())
    return { site, task: this.#parts.store.get('task', task.id) }
  }

  /** Gives objects tags and takes others away, in one transaction. */
  async tag(
    kind: ObjectKind,
    objectIds: readonly Id[],
    { add, remove }: { add: readonly string[]; remove: readonly string[] },
  ): Promise<void> {
    const unit = this.#unit()
    for (const id of objectIds) {
      const object = unit.object(kind, id)
      const kept = object.tags.filter((tag) => !remove.includes(tag))
      const tags = [...new Set([...kept, ...add])].toSorted((a, b) => a.localeCompare(b))
      unit.put(kind, { ...object, tags })
    }
    await this.#parts.store.commit(unit.toChange())
  }

  /** Sets or ends a site's own schedule of backups. It is ours alone: nothing of it goes to the backend. */
  async scheduleBackups(siteId: Id, backupEverySeconds: number | null): Promise<Site> {
    const unit = this.#unit()
    const site = getPresent(unit.get('site', siteId))
    unit.put('site', { ...site, backupEverySeconds, changedAt: unit.now })
    await this.#parts.store.commit(unit.toChange())
    return this.#parts.store.get('site', siteId)
  }

  /** Throws `input.invalid` where another client has this title. */
  async addClient(wish: ClientFacts): Promise<Client> {
    const { store, ids, now } = this.#parts
    refuse(findTitleProblems(store, wish.title, null))
    const client: Client = { id: ids.next(), ...wish, createdAt: now(), changedAt: now() }
    await store.commit(new ChangeSet().put('client', client))
    return client
  }

  #findTaken({ backend }: NewServer): FormProblems {
    if (!('address' in backend)) return {}
    const field = 'backend.address'
    return findAddressProblems(this.#parts.store, backend.address, { backendId: null, field })
  }

  #unit(): UnitOfWork {
    return new UnitOfWork(this.#parts)
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
      tags: [],
      createdAt: now(),
      changedAt: now(),
    }
  }

  #newBackend(wish: NewServer, address: BackendAddress): Backend {
    const { ids, now } = this.#parts
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
    { values = {}, afterId }: { values?: JsonRecord; afterId?: Id | undefined } = {},
  ): Task {
    unit.put(object.kind, object)
    return unit.addTaskOf({
      object,
      type,
      values,
      origin,
      ...(afterId === undefined ? {} : { afterId }),
    })
  }
}

/** Whether a new site may come onto a platform as it stands. */
function findPlatformProblems({ status, title }: Platform): FormProblems {
  switch (status) {
    case 'enabled':
      return {}
    case 'locked':
      return { platformId: `${title} is locked: it takes no new sites.` }
    default:
      return {
        platformId: `${title} has not been verified yet: wait for its verify, or look at why it failed.`,
      }
  }
}
