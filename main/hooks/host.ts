import type { Id, JsonRecord } from '#shared/domain/json.ts'
import type { ServiceTypeDefinition } from './feature.ts'
import type { QueueDefinition } from '#shared/domain/queue.ts'
import type {
  Backend,
  Backup,
  Client,
  HostingObject,
  ObjectKind,
  Platform,
  Server,
  Site,
} from '#shared/domain/objects.ts'

/** The rows that a feature may read and, through {@link Host}, change. */
export interface HostRows {
  server: Server
  platform: Platform
  site: Site
  client: Client
  backup: Backup
}

/** A queue with the operator's settings over its definition. */
export interface QueueAsSet extends QueueDefinition {
  /** By itself; whether everything is paused on this desk does not matter to a server. */
  isPaused: boolean
  /** Of the queue's own form. */
  values: JsonRecord
}

/** What a feature may look at. Rows are as they will be once the changes made so far are stored. */
export interface ReadingHost {
  readonly now: number
  /** The operator's own address, as set; null where none is. */
  readonly operatorEmail: string | null
  find<Kind extends keyof HostRows>(kind: Kind, id: Id): HostRows[Kind] | undefined
  /** Throws `object.not-found`. */
  get<Kind extends keyof HostRows>(kind: Kind, id: Id): HostRows[Kind]
  object(kind: ObjectKind, id: Id): HostingObject
  backend(id: Id): Backend
  queues(): QueueAsSet[]
  /** Servers of a backend that are not deleted. */
  serversOn(backendId: Id): Server[]
  /** Every type of service that a feature in force offers. */
  serviceTypes(): readonly ServiceTypeDefinition[]
  platformsOf(serverId: Id): Platform[]
  /** Platforms of a backend that are not deleted. */
  platformsOn(backendId: Id): Platform[]
  sitesOf(platformId: Id): Site[]
  /** A site's backups, newest first. */
  backupsOf(siteId: Id): Backup[]
  /** Sites that are not deleted and have this name or alias. */
  sitesNamed(name: string): Site[]
  /** Sites of a client that are not deleted. */
  sitesOfClient(clientId: Id): Site[]
  /** Whether a task of this type is queued or runs for an object, those added so far included. */
  hasUnfinishedTask(objectId: Id, type: string): boolean
  /** Why a host name may not be used on a backend by the site `for`, asked of every feature; undefined where it may. */
  refusalOfDomain(name: string, options: { for: Id | null; backendId: Id }): string | undefined
}

/**
 * A unit of work: reads the store and buffers changes. They are stored as one transaction with the task's status,
 * after a check that the rows read are unchanged.
 */
export interface Host extends ReadingHost {
  newId(): Id
  put<Kind extends keyof HostRows>(kind: Kind, row: HostRows[Kind]): void
  remove(kind: keyof HostRows, id: Id): void
  /** Queues a task with the same transaction and returns its id at once. */
  addTask(object: HostingObject, type: string, values?: JsonRecord): Id
}
