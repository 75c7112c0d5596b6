import { z } from 'zod'
import {
  AbsolutePath,
  ContextName,
  HostAddress,
  PortNumber,
  ServerPath,
  SiteAlias,
  SiteName,
  Title,
  UserName,
} from './names.ts'
import { Finding } from './finding.ts'
import { Id, Instant, JsonRecord } from './json.ts'
import { MAX_PACKAGES, PlatformPackage, PlatformSource } from './platform-source.ts'
import { SiteReport } from './site-report.ts'

/** What a task can be about. */
export const ObjectKind = z.enum(['server', 'platform', 'site'])
export type ObjectKind = z.infer<typeof ObjectKind>

/** How one logs in. Secrets themselves (password, passphrase) are never part of it. */
export const Login = z.discriminatedUnion('method', [
  z.object({ method: z.literal('agent') }),
  z.object({
    method: z.literal('key'),
    keyFile: z.string().trim().min(1, 'Name the private key file.').max(1024),
  }),
  z.object({ method: z.literal('password') }),
  z.object({ method: z.literal('keyboard-interactive') }),
])
export type Login = z.infer<typeof Login>

export const Dialect = z.enum(['native', 'aegir'])
export type Dialect = z.infer<typeof Dialect>

/** How to reach one account on one machine. `host` may be a Host of ~/.ssh/config. */
export const BackendAddress = z.object({
  host: HostAddress,
  port: PortNumber,
  user: UserName,
  login: Login,
})
export type BackendAddress = z.infer<typeof BackendAddress>

/** One account on one machine: it holds contexts and runs commands. */
export const Backend = BackendAddress.extend({
  id: Id,
  title: Title,
  dialect: Dialect,
  /** How many tasks may run on it at once. */
  limit: z
    .number('The limit is a number.')
    .int('The limit is a whole number.')
    .min(1, 'The limit is a number from 1 to 64.')
    .max(64, 'The limit is a number from 1 to 64.'),
  recurringOwner: z.enum(['desk', 'server']),
  /** True for the embedded demo server, so that it can be removed in one click. Nothing else looks at it. */
  isDemo: z.boolean(),
  createdAt: Instant,
  changedAt: Instant,
})
export type Backend = z.infer<typeof Backend>

/** What is known of a backend's reachability; kept in memory, never stored. */
export const BackendState = z.object({
  backendId: Id,
  connection: z.enum(['closed', 'connecting', 'open', 'failed']),
  /** When the far side was last heard of. */
  seenAt: Instant.nullable(),
  latencyMs: z.number().nullable(),
  clockOffsetMs: z.number().nullable(),
  problem: z
    .object({ code: z.string(), message: z.string(), since: Instant, retryAt: Instant.nullable() })
    .nullable(),
  /** The secrets without which no connection can be made, where they are not at hand. */
  needsSecret: z.enum(['password', 'passphrase']).nullable(),
})
export type BackendState = z.infer<typeof BackendState>

/** A service of a server: its type and what that type stores. */
export const ServiceSettings = z.object({
  type: z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/),
  port: PortNumber.nullable(),
  restartCommand: z.string().max(1024).nullable(),
  /** Of the type's own form. */
  values: JsonRecord.optional(),
})
export type ServiceSettings = z.infer<typeof ServiceSettings>

/** A word by which the person groups objects; it stays on this computer. */
export const Tag = z
  .string()
  .trim()
  .min(1, 'A tag is a word.')
  .max(40, 'A tag has at most 40 characters.')
  .regex(/^[^\s,][^,]*$/u, 'A tag has no comma.')
export const Tags = z.array(Tag).max(20, 'An object has at most 20 tags.')

const base = {
  id: Id,
  /** Context name without `@`; unique on its backend, chosen once. */
  name: ContextName,
  title: Title,
  backendId: Id,
  /** The last good verify; null before it. */
  verifiedAt: Instant.nullable(),
  createdAt: Instant,
  changedAt: Instant,
  /** What the backend was last told to keep; null before the first successful save. */
  savedOptions: JsonRecord.nullable(),
  tags: Tags.default([]),
}

/** Aegir's HOSTING_SERVER_*; nothing that ships locks a server, a backend may. */
export const ServerStatus = z.enum(['queued', 'enabled', 'locked', 'deleted'])
export type ServerStatus = z.infer<typeof ServerStatus>

/** What the last verify found out of the machine; what it did not say is absent. */
export const ServerFacts = z.object({
  system: z.string().max(200).optional(),
  cpus: z.number().int().min(1).optional(),
  /** Of the minute before the verify. */
  load: z.number().min(0).optional(),
  memoryBytes: z.number().min(0).optional(),
  diskFreeBytes: z.number().min(0).optional(),
  diskSizeBytes: z.number().min(1).optional(),
  /** For sites with code; absent where the machine has none. */
  slots: z.object({ total: z.number().int().min(0), free: z.number().int().min(0) }).optional(),
  /** What the server doctor found. */
  findings: z.array(Finding).max(200).optional(),
})
export type ServerFacts = z.infer<typeof ServerFacts>

export const Server = z.object({
  ...base,
  kind: z.literal('server'),
  status: ServerStatus,
  /** The machine's own address, for the contexts (`remote_host`). */
  remoteHost: HostAddress,
  /** By service name: `http`, later `db`, `certificate` … */
  services: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,31}$/), ServiceSettings),
  facts: ServerFacts.nullable().default(null),
})
export type Server = z.infer<typeof Server>

export const PlatformStatus = z.enum(['queued', 'enabled', 'locked', 'deleted'])
export type PlatformStatus = z.infer<typeof PlatformStatus>

/** Which application a platform carries; `null` until a verify has found out. */
export const ApplicationName = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/)

export const Platform = z.object({
  ...base,
  kind: z.literal('platform'),
  status: PlatformStatus,
  serverId: Id,
  root: ServerPath,
  application: ApplicationName.nullable(),
  version: z.string().max(64).nullable(),
  /** What its application can do beyond the common, as its verify said: `cron`, `login-reset`. */
  abilities: z.array(z.string().max(64)).max(50).default([]),
  source: PlatformSource.default({ type: 'folder' }),
  /** What exactly was fetched, where its source can say: a commit, a version. */
  revision: z.string().max(100).nullable().default(null),
  /** What its last verify found in its code. */
  packages: z.array(PlatformPackage).max(MAX_PACKAGES).default([]),
})
export type Platform = z.infer<typeof Platform>

/** Whether a site is served over HTTPS: not at all, as well as over HTTP, or only so. Aegir's HOSTING_SSL_*. */
export const SiteHttps = z.enum(['off', 'enabled', 'required'])
export type SiteHttps = z.infer<typeof SiteHttps>

/** Where a site's certificate comes from: an authority (ACME), its own server, or files that lie on that. */
export const SiteCertificate = z.discriminatedUnion('type', [
  z.object({ type: z.literal('acme') }),
  z.object({ type: z.literal('self-signed') }),
  z.object({ type: z.literal('own'), file: AbsolutePath, keyFile: AbsolutePath }),
])
export type SiteCertificate = z.infer<typeof SiteCertificate>

/** Sizes in bytes, as far as numbers are exact. */
const SizeBytes = z.number().int().min(0)

export const SiteStatus = z.enum(['queued', 'enabled', 'disabled', 'deleted'])
export type SiteStatus = z.infer<typeof SiteStatus>

export const Site = z.object({
  ...base,
  kind: z.literal('site'),
  status: SiteStatus,
  platformId: Id,
  clientId: Id.nullable(),
  aliases: z.array(SiteAlias).max(200),
  /** The name to which all others of the site lead; null where each answers by itself. */
  redirection: SiteName.nullable().default(null),
  lastCronAt: Instant.nullable().default(null),
  /** Its own schedule of backups, counted from the last one; null where it has none. */
  backupEverySeconds: z.number().int().min(60).max(315_360_000).nullable().default(null),
  /** Where the site answers, as its backend says; null until it was installed. */
  url: z.string().max(2048).nullable(),
  /** What the application calls the site; null where it is called by its host name. */
  siteTitle: Title.nullable().default(null),
  https: SiteHttps.default('off'),
  /** Null where HTTPS is off and was never on. */
  certificate: SiteCertificate.nullable().default(null),
  /** Of the certificate in use, as the backend read it; null where there is none or nobody has looked. */
  certificateExpiresAt: Instant.nullable().default(null),
  certificateIssuer: z.string().max(500).nullable().default(null),
  /** As the backend chose it; null where the application needs none. */
  databaseName: z.string().max(64).nullable().default(null),
  /** The account in which the site's code runs; null where it has no code. */
  slot: z.string().max(64).nullable().default(null),
  /** What the site takes up on its server, database and all, as of its last verify. */
  sizeBytes: SizeBytes.nullable().default(null),
  /** What its own code said of it at its last verify; null where nobody asked it, or it did not say. */
  report: SiteReport.nullable().default(null),
})
export type Site = z.infer<typeof Site>

/** Whom sites belong to. */
export const Client = z.object({
  id: Id,
  /** Unique: backends know the client by it (`client_name`). */
  title: Title,
  email: z.email('This is no mail address, for example name@example.com.').nullable(),
  /** How many sites it may have; null: as many as it likes. */
  siteQuota: z
    .number('The number of sites is a number.')
    .int('The number of sites is a whole number.')
    .min(0, 'The number of sites is 0 or more.')
    .max(1_000_000, 'The number of sites is at most 1000000.')
    .nullable()
    .default(null),
  /** How much its sites may take up together; null: as much as they like. */
  diskQuotaBytes: z
    .number('The disk space is a number.')
    .int('The disk space is a whole number of bytes.')
    .min(0, 'The disk space is 0 or more.')
    .nullable()
    .default(null),
  createdAt: Instant,
  changedAt: Instant,
})
export type Client = z.infer<typeof Client>

/** A backup lies on its backend; here is where. */
export const Backup = z.object({
  id: Id,
  siteId: Id,
  backendId: Id,
  file: ServerPath,
  sizeBytes: SizeBytes,
  description: z.string().max(500),
  createdAt: Instant,
  taskId: Id.nullable(),
})
export type Backup = z.infer<typeof Backup>

export type HostingObject = Server | Platform | Site

/** How an object's context is written in full. */
export const toContext = (object: { name: string }): string => `@${object.name}`
