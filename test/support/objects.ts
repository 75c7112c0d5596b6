import type { Platform, Server, Site } from '#shared/domain/objects.ts'
import type { SiteReport } from '#shared/domain/site-report.ts'
import type { Task } from '#shared/domain/task.ts'

/** An id that sorts by its number. */
export const anId = (number: number): string =>
  `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`

const base = {
  backendId: anId(1),
  verifiedAt: null,
  createdAt: 0,
  changedAt: 0,
  savedOptions: null,
  tags: [],
}

export const aServer = (facts: Partial<Server> = {}): Server => ({
  ...base,
  id: anId(2),
  kind: 'server',
  name: 'server_web1',
  title: 'web1',
  status: 'enabled',
  remoteHost: '127.0.0.1',
  services: { http: { type: 'nginx', port: 8080, restartCommand: null } },
  facts: null,
  ...facts,
})

export const aPlatform = (facts: Partial<Platform> = {}): Platform => ({
  ...base,
  id: anId(3),
  kind: 'platform',
  name: 'platform_static',
  title: 'Static',
  status: 'enabled',
  serverId: anId(2),
  root: '/srv/static',
  application: null,
  version: null,
  abilities: [],
  source: { type: 'folder' },
  revision: null,
  packages: [],
  ...facts,
})

export const aSite = (facts: Partial<Site> = {}): Site => ({
  ...base,
  id: anId(4),
  kind: 'site',
  name: 'www.example.com',
  title: 'www.example.com',
  status: 'enabled',
  platformId: anId(3),
  clientId: null,
  aliases: [],
  redirection: null,
  lastCronAt: null,
  backupEverySeconds: null,
  url: 'http://www.example.com',
  siteTitle: null,
  https: 'off',
  certificate: null,
  certificateExpiresAt: null,
  certificateIssuer: null,
  databaseName: null,
  slot: null,
  sizeBytes: null,
  report: null,
  ...facts,
})

export const aTask = (facts: Partial<Task> = {}): Task => ({
  id: anId(5),
  number: 1,
  type: 'verify',
  objectKind: 'site',
  objectId: anId(4),
  backendId: anId(1),
  objectName: 'www.example.com',
  status: 'queued',
  values: {},
  origin: 'user',
  afterId: null,
  batchId: null,
  attemptId: null,
  attempts: 0,
  createdAt: 0,
  startedAt: null,
  endedAt: null,
  cancelRequestedAt: null,
  errorCode: null,
  errorMessage: null,
  warnings: 0,
  ...facts,
})

/** What a WordPress with nothing amiss says of itself. */
export const aSiteReport = (facts: Partial<SiteReport> = {}): SiteReport => ({
  version: '6.1.9',
  php: { version: '8.2.36', memoryLimit: '256M', uploadLimit: '64M', maxSeconds: 60 },
  database: { isAnswering: true, version: '10.11.19-MariaDB-0+deb12u1' },
  isInMaintenance: false,
  pendingUpdates: 0,
  packages: [],
  ...facts,
})
