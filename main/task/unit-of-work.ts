import type { Id, JsonRecord } from '#shared/domain/json.ts'
import type {
  Backend,
  Backup,
  HostingObject,
  ObjectKind,
  Platform,
  Server,
  Site,
} from '#shared/domain/objects.ts'
import { isEnded, type Task } from '#shared/domain/task.ts'
import { SETTINGS, type SettingName } from '#shared/domain/settings.ts'
import { withSettings } from '#shared/domain/queue-plan.ts'
import { AppError } from '#shared/errors.ts'
import type { ServiceTypeDefinition } from '../hooks/feature.ts'
import type { Host, HostRows, QueueAsSet } from '../hooks/host.ts'
import type { HookRegistry } from '../hooks/registry.ts'
import { ChangeSet, type Store } from '../store/store.ts'
import { listUnfinishedTasksOf, nextTaskNumber } from '../store/queries/tasks.ts'
import { listBackupsOf } from '../store/queries/backups.ts'
import {
  listPlatformsOf,
  listServersOn,
  listSitesNamed,
  listSitesOf,
  listSitesOfClient,
} from '../store/queries/objects.ts'
import { checkRow } from '../store/tables.ts'
import type { IdMaker } from '../lib/ids.ts'
import type { Secrets } from '../settings/secrets.ts'
import { newTask } from './new-task.ts'
import { hideSecrets, type TaskSecret } from './task-secrets.ts'

export interface UnitParts {
  store: Store
  registry: HookRegistry
  ids: IdMaker
  now: () => number
  /** Where passwords of task forms are kept; without it such a task cannot be added. */
  secrets?: Secrets
}

type Kind = keyof HostRows

/**
 * Reads the store and buffers changes, which {@link toChange} turns into one transaction that holds only if the rows
 * read are unchanged. `fork` gives a hook a buffer of its own; `merge` takes it over once the hook has succeeded.
 */
export class UnitOfWork implements Host {
  readonly now: number
  readonly #parts: UnitParts
  readonly #above: UnitOfWork | undefined
  readonly #read = new Map<string, { kind: Kind; id: Id; revision: number | null }>()
  readonly #rows = new Map<string, { kind: Kind; id: Id; row: HostRows[Kind] | undefined }>()
  #tasks: Task[] = []
  readonly #secrets: TaskSecret[] = []

  constructor(parts: UnitParts, above?: UnitOfWork) {
    this.#parts = parts
    this.#above = above
    this.now = above?.now ?? parts.now()
  }

  fork(): UnitOfWork {
    return new UnitOfWork(this.#parts, this)
  }

  merge(fork: UnitOfWork): void {
    for (const [key, read] of fork.#read) if (!this.#read.has(key)) this.#read.set(key, read)
    for (const [key, row] of fork.#rows) this.#rows.set(key, row)
    this.#tasks.push(...fork.#tasks)
    this.#secrets.push(...fork.#secrets)
  }

  /** Adds what was buffered to a change, with the expectation that what was read is still so. */
  toChange(change = new ChangeSet()): ChangeSet {
    for (const { kind, id, revision } of this.#read.values()) change.expect(kind, id, revision)
    for (const { kind, id, row } of this.#rows.values()) {
      if (row === undefined) change.remove(kind, id)
      else change.put(kind, row)
    }
    let number = nextTaskNumber(this.#parts.store)
    for (const task of this.#tasks) change.put('task', { ...task, number: number++ })
    for (const { name, secret } of this.#secrets) {
      const sealed = this.#vault().hold(name, secret)
      if (sealed !== null) change.put('secret', { name, sealed })
    }
    return change
  }

  #vault(): Secrets {
    if (this.#parts.secrets !== undefined) return this.#parts.secrets
    throw new Error('There is no place for a password.')
  }

  find<K extends Kind>(kind: K, id: Id): HostRows[K] | undefined {
    const key = `${kind} ${id}`
    const buffered = this.#buffered(key)
    if (buffered !== undefined) return buffered.row as HostRows[K] | undefined
    if (!this.#read.has(key)) {
      this.#read.set(key, { kind, id, revision: this.#parts.store.revisionOf(kind, id) ?? null })
    }
    return this.#parts.store.find(kind, id)
  }

  get<K extends Kind>(kind: K, id: Id): HostRows[K] {
    const row = this.find(kind, id)
    if (row !== undefined) return row
    throw new AppError('object.not-found', `This ${kind} is no longer here.`, {
      data: { kind, id },
    })
  }

  object(kind: ObjectKind, id: Id): HostingObject {
    return this.get(kind, id)
  }

  backend(id: Id): Backend {
    return this.#parts.store.get('backend', id)
  }

  get operatorEmail(): string | null {
    const name: SettingName = 'operator.email'
    const stored = SETTINGS[name].schema.safeParse(this.#parts.store.find('setting', name)?.value)
    return stored.success ? stored.data : SETTINGS[name].initial
  }

  queues(): QueueAsSet[] {
    const { registry, store } = this.#parts
    return registry.queues().map(({ definition }) => {
      const settings = store.find('queue', definition.name)
      return {
        ...withSettings(definition, settings),
        isPaused: settings?.isPaused ?? false,
        values: settings?.values ?? {},
      }
    })
  }

  serversOn(backendId: Id): Server[] {
    return this.#overlay('server', listServersOn(this.#parts.store, backendId))
  }

  serviceTypes(): readonly ServiceTypeDefinition[] {
    return this.#parts.registry.services()
  }

  platformsOf(serverId: Id): Platform[] {
    return this.#overlay('platform', listPlatformsOf(this.#parts.store, serverId))
  }

  platformsOn(backendId: Id): Platform[] {
    return this.#overlay(
      'platform',
      listServersOn(this.#parts.store, backendId).flatMap(({ id }) =>
        listPlatformsOf(this.#parts.store, id),
      ),
    )
  }

  backupsOf(siteId: Id): Backup[] {
    return listBackupsOf(this.#parts.store, siteId).flatMap(
      (row) => this.find('backup', row.id) ?? [],
    )
  }

  sitesOf(platformId: Id): Site[] {
    return this.#overlay('site', listSitesOf(this.#parts.store, platformId))
  }

  sitesNamed(name: string): Site[] {
    return this.#overlay('site', listSitesNamed(this.#parts.store, name))
  }

  sitesOfClient(clientId: Id): Site[] {
    return this.#overlay('site', listSitesOfClient(this.#parts.store, clientId)).filter(
      (site) => site.clientId === clientId,
    )
  }

  refusalOfDomain(name: string, options: { for: Id | null; backendId: Id }): string | undefined {
    return this.#parts.registry.refusalOfDomain(name, { ...options, host: this })
  }

  hasUnfinishedTask(objectId: Id, type: string): boolean {
    return (
      listUnfinishedTasksOf(this.#parts.store, objectId).some((task) => task.type === type) ||
      this.#hasAdded(objectId, type)
    )
  }

  newId(): Id {
    return this.#parts.ids.next()
  }

  /** Throws `input.invalid` for a row that could not be stored. */
  put<K extends Kind>(kind: K, row: HostRows[K]): void {
    checkRow<Kind>(kind, row)
    this.#rows.set(`${kind} ${row.id}`, { kind, id: row.id, row })
  }

  remove(kind: Kind, id: Id): void {
    this.#rows.set(`${kind} ${id}`, { kind, id, row: undefined })
  }

  addTask(object: HostingObject, type: string, values: JsonRecord = {}): Id {
    return this.addTaskOf({ object, type, values, origin: 'hook' }).id
  }

  addTaskOf(wish: {
    object: HostingObject
    type: string
    values: JsonRecord
    origin: Task['origin']
    afterId?: Id
    batchId?: Id
  }): Task {
    const { isBatch = false, form } = this.#parts.registry.getTaskType(wish.object.kind, wish.type)
    const id = this.newId()
    const { values, secrets } = hideSecrets(form, id, wish.values)
    this.#secrets.push(...secrets)
    const waiting = newTask({ ...wish, values, id, number: 1, now: this.now })
    // What a batch does is done: the tasks that it adds are in this same transaction.
    const task: Task = isBatch
      ? { ...waiting, status: 'success', startedAt: this.now, endedAt: this.now }
      : waiting
    this.#tasks.push(task)
    return task
  }

  /** A task that was run elsewhere: stored as it is, with the next number. */
  adopt(task: Task): void {
    this.#tasks.unshift(task)
  }

  #hasAdded(objectId: Id, type: string): boolean {
    const isAdded = this.#tasks.some(
      (task) => task.objectId === objectId && task.type === type && !isEnded(task.status),
    )
    const above = this.#above
    return isAdded || (above !== undefined && above.#hasAdded(objectId, type))
  }

  #buffered(key: string): { row: HostRows[Kind] | undefined } | undefined {
    const above = this.#above
    return this.#rows.get(key) ?? (above === undefined ? undefined : above.#buffered(key))
  }

  /** Stored rows of a list as they will be; rows that the buffer takes out of the list by deleting them are gone. */
  #overlay<K extends 'server' | 'platform' | 'site'>(kind: K, rows: HostRows[K][]): HostRows[K][] {
    return rows
      .map((row) => {
        const buffered = this.#buffered(`${kind} ${row.id}`)
        return buffered === undefined ? row : (buffered.row as HostRows[K] | undefined)
      })
      .filter((row) => row !== undefined)
      .filter((row) => row.status !== 'deleted')
  }
}
