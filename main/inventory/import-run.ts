import { isDeepStrictEqual } from 'node:util'
import type { ImportResult } from '#shared/contract/import.ts'
import type { Id, Json } from '#shared/domain/json.ts'
import type { Backend, HostingObject, Site } from '#shared/domain/objects.ts'
import { Title } from '#shared/domain/names.ts'
import type { ListedItem } from '#shared/protocol/listing.ts'
import type { ProvisionContext } from '#shared/protocol/provision.ts'
import { cleanText, shorten } from '#shared/text.ts'
import type { KeptItem } from '../backend/backend.ts'
import { listClientsTitled } from '../store/queries/clients.ts'
import { findByContextName } from '../store/queries/objects.ts'
import type { ChangeSet } from '../store/store.ts'
import { UnitOfWork, type UnitParts } from '../task/unit-of-work.ts'
import { toImported, type ImportBase, type ImportParents } from './import-objects.ts'

const ORDER: readonly ProvisionContext['type'][] = ['server', 'platform', 'site']

/**
 * One import: parents come before what stands on them, and each row is checked before it is taken. What is here as it is there
 * is not touched.
 */
export class ImportRun {
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
      changed: [],
      unknownKeys: [],
      backups: 0,
      foreignBackups: 0,
      problems: [],
    }
  }

  take(items: readonly KeptItem[]): void {
    const contexts = items.filter((one) => one.item === 'context')
    for (const type of ORDER)
      for (const { context, unknownKeys = [] } of contexts)
        if (context.type === type) this.#takeContext(context, unknownKeys)
    for (const one of items) {
      if (one.item === 'unreadable') this.#refuse(one.name, one.message)
      if (one.item === 'backup') this.#takeBackup(one)
    }
  }

  /** A backend that is new here is called as its server is. */
  toChange({ isNew, isShared }: { isNew: boolean; isShared: boolean }): ChangeSet {
    // As it is by now: to list what is there takes a while.
    const backend = this.#parts.store.get('backend', this.#backend.id)
    const { title, recurringOwner } = backend
    const server = [...this.#objects.values()].find(({ kind }) => kind === 'server')
    return this.#unit.toChange().put('backend', {
      ...backend,
      title: isNew ? (server?.title ?? title) : title,
      // A server that has a plan goes on planning; to take that back is the operator's to say.
      recurringOwner: this.#plansByItself || isShared ? 'server' : recurringOwner,
    })
  }

  #takeContext(context: ProvisionContext, unknownKeys: readonly string[]): void {
    const { store, registry } = this.#parts
    const before = findByContextName(store, this.#backend.id, context.name)
    if (before !== undefined && before.kind !== context.type)
      return this.#refuse(context.name, `It is a ${before.kind} here and a ${context.type} there.`)
    const base = this.#baseOf(before)
    const mapped = toImported(context, base, this.#parentsOf(context), before, registry.services())
    if (typeof mapped === 'string') return this.#refuse(context.name, mapped)
    const { object, problems } = registry.importedObject(mapped, context, this.#unit)
    for (const { feature, message } of problems)
      this.#refuse(context.name, `Feature ${feature} was left out: ${message}`)
    this.#objects.set(object.name, object)
    if (unknownKeys.length > 0)
      this.result.unknownKeys.push({ name: object.name, keys: [...unknownKeys].map(toShown) })
    if (context.options['dispatch_plan'] !== undefined) this.#plansByItself = true
    if (before === undefined) return this.#add(object)
    this.result.known += 1
    const keys = differingKeys(before, object)
    if (keys.length === 0) return
    this.#unit.put(object.kind, object)
    this.result.changed.push({ kind: object.kind, name: object.name, keys: keys.map(toShown) })
  }

  /**
   * What a context does not say, a verify of its server brings; it verifies the platforms as well. One of Aegir's is looked at
   * and left as it is: to change something there is the operator's to say.
   */
  #add(object: HostingObject): void {
    this.#unit.put(object.kind, object)
    this.result.added.push({ kind: object.kind, id: object.id, name: object.name })
    if (object.kind === 'server' && this.#backend.dialect === 'native')
      this.#unit.addTaskOf({ object, type: 'verify', values: {}, origin: 'user' })
  }

  #baseOf(before: HostingObject | undefined): ImportBase {
    const { now } = this.#unit
    return {
      id: before?.id ?? this.#unit.newId(),
      backendId: this.#backend.id,
      dialect: this.#backend.dialect,
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
      name: toShown(name),
      message: shorten(cleanText(message), 1000),
    })
  }
}

const toShown = (name: string): string => shorten(cleanText(name), 300)

/** Facts and lasting keys that are not the same; when it was changed is none of them. */
function differingKeys(before: HostingObject, after: HostingObject): string[] {
  const facts = differing(before, after).filter((key) => key !== 'changedAt')
  if (!facts.includes('savedOptions')) return facts
  const options = differing(before.savedOptions ?? {}, after.savedOptions ?? {})
  return [...new Set([...facts.filter((key) => key !== 'savedOptions'), ...options])]
}

function differing(one: object, other: object): string[] {
  const [a, b] = [new Map(Object.entries(one)), new Map(Object.entries(other))]
  const keys = [...new Set([...a.keys(), ...b.keys()])]
  return keys.filter((key) => !isDeepStrictEqual(a.get(key), b.get(key)))
}
