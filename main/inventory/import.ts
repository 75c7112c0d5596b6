import type { ImportResult } from '#shared/contract/import.ts'
import type { Id, Json } from '#shared/domain/json.ts'
import type { Backend, BackendAddress, HostingObject, Site } from '#shared/domain/objects.ts'
import { Title } from '#shared/domain/names.ts'
import type { ListedItem } from '#shared/protocol/listing.ts'
import type { ProvisionContext } from '#shared/protocol/provision.ts'
import { cleanText, shorten } from '#shared/text.ts'
import type { DialectDriver } from '../backend/backend.ts'
import type { Connection } from '../ssh/connection.ts'
import { findBackendAt } from '../store/queries/backends.ts'
import { listClientsTitled } from '../store/queries/clients.ts'
import { findByContextName } from '../store/queries/objects.ts'
import { ChangeSet } from '../store/store.ts'
import { UnitOfWork, type UnitParts } from '../task/unit-of-work.ts'
import { toImported, type ImportBase, type ImportParents } from './import-objects.ts'

export interface ImportsParts extends UnitParts {
  connect: (backendId: Id) => Promise<Connection>
  disconnect: (backendId: Id) => Promise<void>
  driverOf: (backendId: Id) => DialectDriver
  /** How many tasks run at once on a backend that is new here. */
  backendLimit: number
}

/** Starting from what is there: makes the objects here that a backend has contexts of. */
export class Imports {
  readonly #parts: ImportsParts

  constructor(parts: ImportsParts) {
    this.#parts = parts
  }

  /** An account by its address; where it is new here and cannot be read, nothing of it stays. */
  async importFrom(address: BackendAddress): Promise<ImportResult> {
    const { store } = this.#parts
    const known = findBackendAt(store, address)
    if (known !== undefined) return await this.importBackend(known.id)
    const backend = this.#toBackend(address)
    await store.commit(new ChangeSet().put('backend', backend))
    try {
      return await this.#import(backend, { isNew: true })
    } catch (error) {
      await this.#parts.disconnect(backend.id)
      await store.commit(new ChangeSet().remove('backend', backend.id))
      throw error
    }
  }

  /** Repeatable: what is known is brought up to date, what is new is added, in one transaction; nothing is removed. */
  async importBackend(backendId: Id): Promise<ImportResult> {
    return await this.#import(this.#parts.store.get('backend', backendId), { isNew: false })
  }

  async #import(backend: Backend, { isNew }: { isNew: boolean }): Promise<ImportResult> {
    const { store, connect, driverOf } = this.#parts
    const connection = await connect(backend.id)
    const items = await driverOf(backend.id).list(connection)
    const run = new ImportRun(this.#parts, backend, connection.far.clockOffsetMs)
    run.take(items)
    await store.commit(run.toChange({ isNew }))
    return run.result
  }

  #toBackend(address: BackendAddress): Backend {
    const { ids, now, backendLimit } = this.#parts
    return {
      ...address,
      id: ids.next(),
      title: Title.parse(shorten(address.host, 120)),
      dialect: 'native',
      limit: backendLimit,
      recurringOwner: 'desk',
      isDemo: false,
      createdAt: now(),
      changedAt: now(),
    }
  }
}

const ORDER: readonly ProvisionContext['type'][] = ['server', 'platform', 'site']

/** One import: parents come before what stands on them, and each row is checked before it is taken. */
class ImportRun {
  readonly result: ImportResult
  readonly #parts: UnitParts
  readonly #backend: Backend
  readonly #clockOffsetMs: number
  readonly #unit: UnitOfWork
  readonly #objects = new Map<string, HostingObject>()
  readonly #clients = new Map<string, Id>()
  #plansByItself = false

  constructor(parts: UnitParts, backend: Backend, clockOffsetMs: number) {
    this.#parts = parts
    this.#backend = backend
    this.#clockOffsetMs = clockOffsetMs
    this.#unit = new UnitOfWork(parts)
    this.result = {
      backendId: backend.id,
      added: [],
      known: 0,
      backups: 0,
      foreignBackups: 0,
      problems: [],
    }
  }

  take(items: readonly ListedItem[]): void {
    const contexts = items.flatMap((one) => (one.item === 'context' ? [one.context] : []))
    for (const type of ORDER)
      for (const context of contexts.filter((one) => one.type === type)) this.#takeContext(context)
    for (const one of items) {
      if (one.item === 'unreadable') this.#refuse(one.name, one.message)
      if (one.item === 'backup') this.#takeBackup(one)
    }
  }

  /** A backend that is new here is called as its server is. */
  toChange({ isNew }: { isNew: boolean }): ChangeSet {
    // As it is by now: to list what is there takes a while.
    const backend = this.#parts.store.get('backend', this.#backend.id)
    const { title, recurringOwner } = backend
    const server = [...this.#objects.values()].find(({ kind }) => kind === 'server')
    return this.#unit.toChange().put('backend', {
      ...backend,
      title: isNew ? (server?.title ?? title) : title,
      // A server that has a plan goes on planning; to take that back is the operator's to say.
      recurringOwner: this.#plansByItself ? 'server' : recurringOwner,
    })
  }

  #takeContext(context: ProvisionContext): void {
    const { store, registry } = this.#parts
    const before = findByContextName(store, this.#backend.id, context.name)
    if (before !== undefined && before.kind !== context.type)
      return this.#refuse(context.name, `It is a ${before.kind} here and a ${context.type} there.`)
    const base = this.#baseOf(before)
    const mapped = toImported(context, base, this.#parentsOf(context), before)
    if (typeof mapped === 'string') return this.#refuse(context.name, mapped)
    const { object, problems } = registry.importedObject(mapped, context, this.#unit)
    for (const { feature, message } of problems)
      this.#refuse(context.name, `Feature ${feature} was left out: ${message}`)
    this.#unit.put(object.kind, object)
    this.#objects.set(object.name, object)
    if (context.options['dispatch_plan'] !== undefined) this.#plansByItself = true
    if (before !== undefined) this.result.known += 1
    else this.#add(object)
  }

  /** What a context does not say, a verify of its server brings; it verifies the platforms as well. */
  #add(object: HostingObject): void {
    this.result.added.push({ kind: object.kind, id: object.id, name: object.name })
    if (object.kind === 'server')
      this.#unit.addTaskOf({ object, type: 'verify', values: {}, origin: 'user' })
  }

  #baseOf(before: HostingObject | undefined): ImportBase {
    const { now } = this.#unit
    return {
      id: before?.id ?? this.#unit.newId(),
      backendId: this.#backend.id,
      title: before?.title ?? null,
      verifiedAt: before?.verifiedAt ?? null,
      tags: before?.tags ?? [],
      facts: before?.kind === 'server' ? before.facts : null,
      createdAt: before?.createdAt ?? now,
      changedAt: now,
    }
  }

  #parentsOf({ type, options }: ProvisionContext): ImportParents {
    const server = this.#find(options['web_server'] ?? options['server'], 'server')
    const platform = this.#find(options['platform'], 'platform')
    const client = type === 'site' ? options['client_name'] : undefined
    return {
      serverId: server?.id ?? null,
      platformId: platform?.id ?? null,
      clientId: typeof client === 'string' ? this.#clientOf(client) : null,
    }
  }

  #find(reference: Json | undefined, kind: HostingObject['kind']): HostingObject | undefined {
    if (typeof reference !== 'string') return undefined
    const found = this.#objects.get(reference.replace(/^@/, ''))
    return found?.kind === kind ? found : undefined
  }

  /** The client of this name; made where there is none. */
  #clientOf(name: string): Id | null {
    const title = Title.safeParse(name)
    if (!title.success) return null
    const key = title.data.toLowerCase()
    const known = this.#clients.get(key) ?? listClientsTitled(this.#parts.store, title.data)[0]?.id
    const id = known ?? this.#unit.newId()
    if (known === undefined) {
      const { now } = this.#unit
      const quotas = { siteQuota: null, diskQuotaBytes: null }
      const facts = { email: null, ...quotas, createdAt: now, changedAt: now }
      this.#unit.put('client', { id, title: title.data, ...facts })
    }
    this.#clients.set(key, id)
    return id
  }

  #takeBackup(backup: Extract<ListedItem, { item: 'backup' }>): void {
    const site = this.#siteOf(backup.uri)
    if (site === undefined) {
      this.result.foreignBackups += 1
      return
    }
    if (this.#unit.backupsOf(site.id).some(({ file }) => file === backup.file)) return
    const { file, sizeBytes, description } = backup
    this.#unit.put('backup', {
      id: this.#unit.newId(),
      siteId: site.id,
      backendId: site.backendId,
      file,
      sizeBytes,
      description: shorten(cleanText(description), 500),
      createdAt: Math.round(backup.createdAt - this.#clockOffsetMs),
      taskId: null,
    })
    this.result.backups += 1
  }

  /** Names of backups hold the first 200 characters of a site's name. */
  #siteOf(uri: string): Site | undefined {
    const found = this.#objects.get(uri)
    if (found?.kind === 'site') return found
    return [...this.#objects.values()].find(
      (one): one is Site => one.kind === 'site' && one.name.slice(0, 200) === uri,
    )
  }

  #refuse(name: string, message: string): void {
    this.result.problems.push({
      name: shorten(cleanText(name), 300),
      message: shorten(cleanText(message), 1000),
    })
  }
}
