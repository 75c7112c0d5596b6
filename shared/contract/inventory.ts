import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { Form } from '../domain/form.ts'
import { Id, Instant } from '../domain/json.ts'
import { PendingChanges } from '../domain/pending.ts'
import { Title, ServerPath, SiteAlias, SiteName } from '../domain/names.ts'
import {
  Backend,
  BackendAddress,
  Backup,
  Client,
  ObjectKind,
  Platform,
  PlatformStatus,
  Server,
  ServerStatus,
  Site,
  SiteCertificate,
  SiteHttps,
  SiteStatus,
  Tag,
} from '../domain/objects.ts'
import { PlatformSource } from '../domain/platform-source.ts'
import { SiteLogName, SiteLogPage } from '../domain/site-log.ts'
import { Task } from '../domain/task.ts'
import { Secrets } from './backend.ts'
import { desk, Page, pageOf } from './base.ts'

/** What lists and pages show beside the object itself. */
const shown = { lastTask: Task.nullable() }

/** An order of a list, other than the usual one. */
const sortBy = <const By extends readonly string[]>(by: By) =>
  z.object({ by: z.enum(by), isDescending: z.boolean().default(false) }).optional()

export const ServerRow = Server.extend({
  ...shown,
  backend: Backend,
  platforms: z.number().int(),
  sites: z.number().int(),
})
export type ServerRow = z.infer<typeof ServerRow>

/** In lists, and beside a site, without its packages. */
export const PlatformRow = Platform.extend({ ...shown, server: Server, sites: z.number().int() })
export type PlatformRow = z.infer<typeof PlatformRow>

/** In lists without its report. */
export const SiteRow = Site.extend({
  ...shown,
  platform: Platform,
  server: Server,
  client: Client.nullable(),
  lastBackup: Backup.nullable(),
})
export type SiteRow = z.infer<typeof SiteRow>

/** A service type as the form offers it. */
export const ServiceType = z.object({
  service: z.string(),
  type: z.string(),
  title: z.string(),
  description: z.string(),
  defaultPort: z.number().nullable(),
  defaultRestartCommand: z.string().nullable(),
  /** Whether it can be told to read its configuration anew in another way than its own. */
  hasRestartCommand: z.boolean(),
  /** Settings of its own. */
  form: Form,
  /** It has a title to be shown by, and is not to be chosen. */
  isHidden: z.boolean(),
})
export type ServiceType = z.infer<typeof ServiceType>

export const ServiceView = z.object({
  service: z.string(),
  type: z.string(),
  /** The type’s title. */
  title: z.string(),
  facts: z.array(z.object({ label: z.string(), value: z.string() })),
})
export type ServiceView = z.infer<typeof ServiceView>

export const server = {
  list: desk
    .input(
      Page.extend({
        status: ServerStatus.optional(),
        tag: z.string().optional(),
        sort: sortBy(['name', 'verifiedAt', 'sites']),
      }),
    )
    .output(pageOf(ServerRow)),
  get: desk.input(z.object({ id: Id })).output(ServerRow),
  serviceTypes: desk.output(z.array(ServiceType)),
  /** The services of a server as its page shows them. */
  services: desk.input(z.object({ id: Id })).output(z.array(ServiceView)),
  /** Stores the server (and its backend where it is new) and queues a verify. */
  add: desk
    .input(
      z.object({
        title: Title,
        backend: z.union([
          z.object({ id: Id }),
          z.object({ address: BackendAddress, secrets: Secrets.optional() }),
        ]),
        services: Server.shape.services,
      }),
    )
    .output(z.object({ server: Server, task: Task })),
  /** With `account` also how its backend is reached, and how many tasks may run there at once. */
  edit: desk
    .input(
      z.object({
        id: Id,
        title: Title,
        services: Server.shape.services,
        account: z
          .object({
            address: BackendAddress,
            limit: Backend.shape.limit,
            secrets: Secrets.optional(),
          })
          .optional(),
      }),
    )
    .output(z.object({ server: Server, task: Task })),
  /** Removes it here, with its backend if that carries nothing else; touches nothing on the machine. */
  forget: desk.input(z.object({ id: Id })).output(z.object({})),
}

export const platform = {
  list: desk
    .input(
      Page.extend({
        status: PlatformStatus.optional(),
        serverId: Id.optional(),
        tag: z.string().optional(),
        sort: sortBy(['name', 'verifiedAt', 'server', 'sites']),
      }),
    )
    .output(pageOf(PlatformRow)),
  get: desk.input(z.object({ id: Id })).output(PlatformRow),
  add: desk
    .input(
      z.object({
        title: Title,
        serverId: Id,
        root: ServerPath,
        source: PlatformSource.default({ type: 'folder' }),
      }),
    )
    .output(z.object({ platform: Platform, task: Task })),
  edit: desk
    .input(z.object({ id: Id, title: Title, root: ServerPath }))
    .output(z.object({ platform: Platform, task: Task })),
  forget: desk.input(z.object({ id: Id })).output(z.object({})),
}

export const site = {
  /** A piece of its log: the last lines, or those before a place of an earlier answer. Its server is asked. */
  log: desk
    .input(
      z.object({
        siteId: Id,
        log: SiteLogName,
        lines: z.number().int().min(1).max(1000).default(200),
        before: z.number().int().min(0).nullable().default(null),
      }),
    )
    .output(SiteLogPage),
  list: desk
    .input(
      Page.extend({
        status: SiteStatus.optional(),
        serverId: Id.optional(),
        platformId: Id.optional(),
        clientId: Id.optional(),
        tag: z.string().optional(),
        sort: sortBy(['name', 'verifiedAt', 'platform', 'server', 'lastBackupAt']),
      }),
    )
    .output(pageOf(SiteRow)),
  get: desk.input(z.object({ id: Id })).output(SiteRow),
  /** Stores the site and queues its install. */
  add: desk
    .input(
      z.object({
        name: SiteName,
        platformId: Id,
        clientId: Id.nullable().default(null),
        aliases: z.array(SiteAlias).max(200).default([]),
        siteTitle: Title.nullable().default(null),
        https: SiteHttps.default('off'),
        certificate: SiteCertificate.nullable().default(null),
      }),
    )
    .output(z.object({ site: Site, task: Task })),
  edit: desk
    .input(
      z.object({
        id: Id,
        clientId: Id.nullable(),
        aliases: z.array(SiteAlias).max(200),
        /** One of its names, to which the others lead. */
        redirection: SiteName.nullable(),
        /** What follows stays as it is where it is not mentioned. */
        siteTitle: Title.nullable().optional(),
        https: SiteHttps.optional(),
        certificate: SiteCertificate.nullable().optional(),
        /** Its own schedule of backups, counted from its last one; null ends it. */
        backupEverySeconds: Site.shape.backupEverySeconds.unwrap().optional(),
      }),
    )
    .output(z.object({ site: Site, task: Task })),
  forget: desk.input(z.object({ id: Id })).output(z.object({})),
}

export const ClientRow = Client.extend({
  sites: z.number().int(),
  /** What those of its sites take up that were measured. */
  sizeBytes: z.number().int(),
})
export type ClientRow = z.infer<typeof ClientRow>

const clientFacts = {
  title: Title,
  email: Client.shape.email.default(null),
  siteQuota: Client.shape.siteQuota,
  diskQuotaBytes: Client.shape.diskQuotaBytes,
}

export const client = {
  list: desk.input(Page).output(pageOf(ClientRow)),
  get: desk.input(z.object({ id: Id })).output(ClientRow),
  add: desk.input(z.object(clientFacts)).output(Client),
  /** Under another name its sites are verified, as their servers know them by it: `tasks` says how many. */
  edit: desk
    .input(z.object({ ...clientFacts, id: Id }))
    .output(z.object({ client: Client, tasks: z.number().int() })),
  /** Refused while it has sites. */
  remove: desk.input(z.object({ id: Id })).output(z.object({})),
}

const ObjectRef = z.object({ kind: ObjectKind, id: Id })

export const object = {
  /** Gives tags to objects and takes others away; they stay on this computer. */
  tag: desk
    .input(
      z.object({
        kind: ObjectKind,
        ids: z.array(Id).min(1).max(1000),
        add: z.array(Tag).max(20).default([]),
        remove: z.array(z.string()).max(20).default([]),
      }),
    )
    .output(z.object({})),
  /** Every tag that an object of this kind has, with how many have it. */
  tags: desk
    .input(z.object({ kind: ObjectKind }))
    .output(z.array(z.object({ tag: z.string(), objects: z.number().int() }))),
  /** What of a server, platform or site is not yet on its server. */
  pendingChanges: desk.input(ObjectRef).output(PendingChanges),
  /**
   * Makes it here again as its backend has it, and drops the verify that waited to carry the change. `task` is a verify
   * where one that failed may have left some of the change there.
   */
  takeBack: desk.input(ObjectRef).output(z.object({ task: Task.nullable() })),
}

export const BackupRow = Backup.extend({
  siteName: z.string(),
  serverTitle: z.string(),
  /** When retention is to delete it, as far as the present backups and rules decide it. */
  keptUntil: Instant.nullable(),
})
export type BackupRow = z.infer<typeof BackupRow>

export const backup = {
  list: desk
    .input(
      Page.extend({
        siteId: Id.optional(),
        backendId: Id.optional(),
        sort: sortBy(['createdAt', 'sizeBytes']),
      }),
    )
    .output(pageOf(BackupRow)),
  get: desk.input(z.object({ id: Id })).output(BackupRow),
  /** The site's own schedule, counted from its last backup; null ends it. */
  schedule: desk
    .input(z.object({ siteId: Id, everySeconds: Site.shape.backupEverySeconds.unwrap() }))
    .output(Site),
  /**
   * Fetches a backup to this computer, telling how far it is; who stops listening stops it. It ends with `done` (with the
   * file, or with the key of `/downloads/<key>` where the page is a browser's), or `dropped` where no place was chosen.
   */
  download: desk.input(z.object({ id: Id })).output(
    eventIterator(
      z.object({
        state: z.enum(['running', 'done', 'dropped']),
        bytes: z.number().int(),
        totalBytes: z.number().int(),
        file: z.string().nullable(),
        key: Id.nullable(),
      }),
    ),
  ),
}
