import type { CrontabView } from '#shared/contract/crontab.ts'
import type { CheckEvent } from '#shared/contract/backend.ts'
import { PlatformRow, SiteRow } from '#shared/contract/inventory.ts'
import type { OfferedTask } from '#shared/contract/task.ts'
import { INITIAL_SETTINGS } from '#shared/domain/settings.ts'
import { Queue } from '#shared/domain/queue.ts'
import type { FakeDesk } from './fake-router.ts'
import { aLine, anId, aTask, installLog, MINUTE, NOW } from './fake-tasks.ts'

const stamps = { createdAt: NOW - 3 * 24 * 60 * MINUTE, changedAt: NOW - 5 * MINUTE }

const FOREIGN_LINE = '0 5 * * *  tidy  up'
const OUR_LINE = '* * * * * provision dispatch'
const aCrontabView = (
  change: 'added' | 'removed',
  before: readonly string[],
  after: readonly string[],
): CrontabView => ({
  before: `${before.join('\n')}\n`,
  after: `${after.join('\n')}\n`,
  difference: [
    { change: 'same', line: FOREIGN_LINE },
    { change, line: OUR_LINE },
  ],
})

/** An empty desk: nothing added, nothing done. */
export const anEmptyDesk = (changed: Partial<FakeDesk> = {}): FakeDesk => ({
  notices: [],
  dispatch: { isPaused: false, running: 0, queued: 0, failedToday: 0 },
  backends: [],
  servers: [],
  platforms: [],
  sites: [],
  clients: [],
  pending: new Map(),
  backups: [],
  tasks: [],
  queues: [],
  logs: new Map(),
  offered: [],
  bootstrap: [],
  preview: { changes: [], warnings: [], refusal: null },
  check: [],
  trusted: [],
  seen: [],
  demo: { isSupported: true, backendId: null, problem: null },
  crontabs: {
    install: aCrontabView('added', [FOREIGN_LINE], [FOREIGN_LINE, OUR_LINE]),
    remove: aCrontabView('removed', [FOREIGN_LINE, OUR_LINE], [FOREIGN_LINE]),
  },
  installedOver: [],
  otherDesks: [],
  wished: [],
  settings: { ...INITIAL_SETTINGS },
  needs: {
    failed: { items: [], total: 0 },
    doubtful: [],
    unsaved: { items: [], total: 0 },
    expiring: { items: [], total: 0 },
  },
  days: [],
  ...changed,
})

const offered = (
  type: string,
  title: string,
  weight: number,
  changed: Partial<OfferedTask> = {},
): OfferedTask => ({
  type,
  title,
  description: `${title}, as it is done.`,
  weight,
  form: { fields: [] },
  isDangerous: false,
  hasDialog: false,
  refusal: null,
  canPreview: true,
  ...changed,
})

const hostKey = (key: string) => ({
  host: 'web1.example.com',
  port: 22,
  type: 'ssh-ed25519',
  fingerprint: `SHA256:${key.repeat(6).slice(0, 43)}`,
  key,
})

const stage = (
  name: CheckEvent['stage'],
  state: CheckEvent['state'],
  message: string,
  changed: Partial<CheckEvent> = {},
): CheckEvent => ({
  stage: name,
  state,
  message,
  remedy: null,
  code: null,
  durationMs: state === 'running' ? null : 12,
  dialect: null,
  hostKey: null,
  ...changed,
})

/** A desk as it looks after a few days: three servers, some sites, tasks in every state. */
export function aBusyDesk(changed: Partial<FakeDesk> = {}): FakeDesk {
  const backends = ['web1', 'web2.a-rather-long-name.example.net', 'Demo'].map((title, index) => ({
    id: anId(1 + index),
    title,
    host: index === 2 ? '127.0.0.1' : `web${index + 1}.example.com`,
    port: index === 2 ? 40022 : 22,
    user: 'hosting',
    login: { method: 'agent' as const },
    dialect: 'native' as const,
    limit: 4,
    recurringOwner: 'desk' as const,
    isDemo: index === 2,
    ...stamps,
    state: {
      backendId: anId(1 + index),
      connection: index === 1 ? ('failed' as const) : ('open' as const),
      seenAt: NOW,
      latencyMs: 4,
      clockOffsetMs: 0,
      problem:
        index === 1
          ? {
              code: 'ssh.host-key-changed',
              message: 'web2 shows a different host key.',
              since: NOW - 90_000,
              retryAt: null,
            }
          : null,
      needsSecret: null,
    },
  }))
  const base = (id: number, name: string, title: string, backend: number) => ({
    id: anId(id),
    name,
    title,
    backendId: anId(backend),
    verifiedAt: NOW - 42 * MINUTE,
    savedOptions: null,
    tags: id === 301 ? ['shop'] : [],
    ...stamps,
  })
  const servers = backends.map(({ state: _, ...backend }, index) => ({
    ...base(101 + index, `server_${index + 1}`, backend.title, index + 1),
    kind: 'server' as const,
    status: 'enabled' as const,
    remoteHost: backend.host,
    services: { http: { type: 'nginx', port: 8080, restartCommand: null } },
    facts: {
      system: 'Linux 6.1.0',
      cpus: 4,
      load: 0.42 + index * 3,
      memoryBytes: 8_000_000_000,
      diskFreeBytes: index === 1 ? 3_000_000_000 : 61_000_000_000,
      diskSizeBytes: 80_000_000_000,
    },
    lastTask: null,
    backend,
    platforms: 1,
    sites: index === 0 ? 3 : 0,
  }))
  const [server] = servers
  if (!server) throw new Error('A busy desk has a server.')
  const platform = PlatformRow.parse({
    ...base(201, 'platform_static', 'Static template', 1),
    kind: 'platform' as const,
    status: 'enabled' as const,
    serverId: anId(101),
    root: '/home/hosting/platforms/static',
    application: 'static',
    version: null,
    abilities: [],
    lastTask: null,
    server,
    sites: 3,
  })
  const names = [
    'www.example.com',
    'xn--bcher-kva.example',
    'a-very-long-customer-project-name-for-the-spring-campaign.staging.customers.example.org',
  ]
  const sites = names.map((name, index) =>
    SiteRow.parse({
      ...base(301 + index, name, name, 1),
      kind: 'site' as const,
      status: index === 2 ? ('queued' as const) : ('enabled' as const),
      platformId: anId(201),
      clientId: null,
      aliases: [],
      redirection: null,
      lastCronAt: null,
      url: index === 2 ? null : `http://${name}:8080/`,
      lastTask: null,
      platform,
      server,
      client: null,
      lastBackup: null,
    }),
  )
  const backups = [1, 2].map((number) => ({
    id: anId(400 + number),
    siteId: anId(301),
    backendId: anId(1),
    file: `/home/hosting/backups/www.example.com-${number}.tar.gz`,
    sizeBytes: 1_400_000 * number,
    description: number === 1 ? 'Before the update' : '',
    createdAt: NOW - (number === 1 ? 60 : 3 * 24 * 60) * MINUTE,
    taskId: null,
    siteName: 'www.example.com',
    serverTitle: 'web1',
    keptUntil: number === 1 ? null : NOW + 5 * 24 * 60 * MINUTE,
  }))
  const activity = (number: number) => ({
    taskId: anId(1000 + number),
    progress: null,
    lastSeenAt: NOW,
    doubtSince: null,
    doubtReason: null,
    waiting: null,
    position: null,
  })
  const running = { startedAt: NOW - 12_000, endedAt: null, status: 'processing' as const }
  const tasks = [
    aTask(1, {
      ...running,
      activity: { ...activity(1), progress: { step: 4, of: 9, title: 'Write the vhost' } },
    }),
    aTask(2, {
      ...running,
      title: 'Backup',
      type: 'backup',
      cancelRequestedAt: NOW - 3_000,
      activity: activity(2),
    }),
    aTask(3, {
      ...running,
      title: 'Verify',
      type: 'verify',
      backendTitle: 'web2',
      activity: {
        ...activity(3),
        doubtSince: NOW - 9 * MINUTE,
        doubtReason: 'web2 is not reachable',
      },
    }),
    aTask(4, {
      status: 'queued',
      startedAt: null,
      endedAt: null,
      attemptId: null,
      history: [],
      attempts: 0,
      activity: {
        ...activity(4),
        position: 3,
        waiting: { reason: 'task', taskId: anId(1001), title: 'Verify web1' },
      },
    }),
    aTask(5),
    aTask(6, { status: 'warning', warnings: 2 }),
    aTask(7, {
      status: 'error',
      errorCode: 'PROVISION_NGINX_TEST_FAILED',
      errorMessage: 'The vhost of www.example.com does not pass nginx -t.',
    }),
    aTask(8, {
      status: 'error',
      errorCode: 'run.lost',
      errorMessage: 'The run of Install is gone from web1 without a result.',
    }),
    aTask(9, { status: 'cancelled' }),
    aTask(10, { objectTitle: names[2] ?? '', objectName: names[2] ?? '' }),
  ]
  const lines = installLog()
  const logs = new Map(
    tasks.map(({ number }) => [
      anId(5000 + number),
      { total: lines.length, at: (index: number) => lines[index] ?? aLine(index, '') },
    ]),
  )
  return anEmptyDesk({
    dispatch: { isPaused: false, running: 3, queued: 1, failedToday: 2 },
    backends,
    servers,
    platforms: [platform],
    sites,
    backups,
    clients: [
      {
        ...stamps,
        id: anId(601),
        title: 'Acme',
        email: 'web@acme.example',
        siteQuota: 3,
        diskQuotaBytes: 2_000_000_000,
        sites: 3,
        sizeBytes: 840_000_000,
      },
      {
        ...stamps,
        id: anId(602),
        title: 'Bäckerei Öhler',
        email: null,
        siteQuota: null,
        diskQuotaBytes: null,
        sites: 0,
        sizeBytes: 0,
      },
    ],
    pending: new Map([
      [
        anId(301),
        {
          changes: [
            { key: 'aliases', saved: ['old.example.com'], wanted: ['shop.example.com'] },
            { key: 'redirection', saved: 'www.example.com', wanted: null },
          ],
          task: tasks[3] ?? null,
          canTakeBack: true,
        },
      ],
      [
        anId(101),
        {
          changes: [{ key: 'http_port', saved: 8080, wanted: 8081 }],
          task: null,
          canTakeBack: true,
        },
      ],
    ]),
    tasks,
    logs,
    queues: [
      Queue.parse({
        name: 'tasks',
        title: 'Tasks',
        description: 'Everything that a person asked for.',
        type: 'serial',
        frequencySeconds: 60,
        items: 8,
        isEnabled: true,
        singular: 'task',
        plural: 'tasks',
        isPaused: false,
        lastRunAt: NOW - 4_000,
        runningItems: 3,
        waitingItems: 1,
        totalItems: 4,
        threads: null,
        intervalSeconds: 60,
        plannedItems: 8,
        nextRunAt: NOW + 56_000,
        settings: { frequencySeconds: null, items: null, isEnabled: null },
        form: { fields: [] },
        values: {},
      }),
    ],
    offered: [
      offered('verify', 'Verify', 0),
      offered('backup', 'Back up', 10, {
        hasDialog: true,
        form: {
          fields: [
            {
              name: 'description',
              type: 'text',
              label: 'Description',
              help: 'What it is for.',
              maxLength: 20,
            },
            {
              name: 'keep',
              type: 'number',
              label: 'Keep for days',
              min: 1,
              max: 90,
              default: 30,
              isRequired: true,
            },
            {
              name: 'kind',
              type: 'radios',
              label: 'What',
              default: 'all',
              choices: [
                { value: 'all', label: 'Files and database' },
                { value: 'files', label: 'Files', help: 'The database stays out.' },
              ],
            },
            {
              name: 'format',
              type: 'select',
              label: 'Format',
              default: 'tar',
              choices: [
                { value: 'tar', label: 'tar.gz' },
                { value: 'zst', label: 'tar.zst' },
              ],
            },
            {
              name: 'parts',
              type: 'checkboxes',
              label: 'Also',
              choices: [
                { value: 'logs', label: 'Logs' },
                { value: 'cron', label: 'Crontab' },
              ],
            },
            { name: 'copy', type: 'checkbox', label: 'Copy it to this computer' },
            {
              name: 'target',
              type: 'object',
              label: 'Where to',
              objectKind: 'server',
              visibleWhen: { field: 'copy', is: true },
            },
            { name: 'note', type: 'text', label: 'Note', isLong: true },
            { name: 'after', type: 'backups', label: 'Afterwards remove' },
          ],
        },
      }),
      offered('restore', 'Restore', 20, { refusal: 'There is no backup of this site yet.' }),
      offered('delete', 'Delete', 100, {
        isDangerous: true,
        hasDialog: true,
        description: 'Removes its files, its vhost and its database. Backups stay.',
      }),
    ],
    check: [
      stage('resolve', 'ok', 'web1.example.com is 192.0.2.10.'),
      stage('connect', 'ok', 'Port 22 answers with OpenSSH 9.2.'),
      stage('host-key', 'failed', 'The host key of web1.example.com is not known.', {
        code: 'ssh.host-key-unknown',
        hostKey: { shown: hostKey('AbCdEfGh'), known: [] },
      }),
      stage('host-key', 'ok', 'The host key is the one that you trust.'),
      stage('authentication', 'ok', 'Logged in as hosting with a key of the agent.'),
      stage('user', 'ok', 'hosting, uid 1001, home /home/hosting.'),
      stage('shell-speed', 'warning', 'A command takes 156 ms.', {
        remedy: 'Look into .bashrc and .profile of the account.',
      }),
      stage('account-locked', 'ok', 'The account is not locked.'),
      stage('channels', 'ok', '8 commands at once.'),
      stage('clock', 'skipped', ''),
    ],
    demo: { isSupported: true, backendId: anId(3), problem: null },
    needs: {
      failed: { items: tasks.filter(({ status }) => status === 'error'), total: 9 },
      doubtful: tasks.filter(({ activity: one }) => typeof one?.doubtSince === 'number'),
      expiring: {
        items: [
          {
            id: anId(301),
            name: 'www.example.com',
            serverTitle: 'web1',
            expiresAt: NOW + 5.5 * 24 * 60 * MINUTE,
          },
        ],
        total: 1,
      },
      unsaved: {
        items: [
          { id: anId(302), name: 'xn--bcher-kva.example', serverTitle: 'web1', lastBackupAt: null },
          {
            id: anId(301),
            name: 'www.example.com',
            serverTitle: 'web1',
            lastBackupAt: NOW - 12 * 24 * 60 * MINUTE,
          },
        ],
        total: 2,
      },
    },
    days: Array.from({ length: 14 }, (_, day) => ({
      startAt: NOW - (13 - day) * 24 * 60 * MINUTE,
      success: (day * 7) % 23,
      warning: day % 4,
      error: day % 5 === 0 ? 3 : 0,
      cancelled: day % 6 === 0 ? 1 : 0,
      medianMs: day === 3 ? null : 9_000 + ((day * 13) % 7) * 1_000,
    })),
    ...changed,
  })
}
