import { implement } from '@orpc/server'
import type { Change, DispatchState } from '#shared/contract/app.ts'
import type { CheckEvent, HostKey } from '#shared/contract/backend.ts'
import type { BootstrapEvent } from '#shared/contract/bootstrap.ts'
import type { CrontabView } from '#shared/contract/crontab.ts'
import type { OtherDesk } from '#shared/contract/desks.ts'
import { contract } from '#shared/contract/index.ts'
import type {
  BackupRow,
  ClientRow,
  PlatformRow,
  ServerRow,
  SiteRow,
} from '#shared/contract/inventory.ts'
import type { DayCount, Needs } from '#shared/contract/overview.ts'
import type { OfferedTask, TaskDetails, TaskPreview } from '#shared/contract/task.ts'
import type { Backend, BackendState } from '#shared/domain/objects.ts'
import type { PendingChanges } from '#shared/domain/pending.ts'
import type { Queue } from '#shared/domain/queue.ts'
import type { SettingValues } from '#shared/domain/settings.ts'
import { LogLevel, TaskStatus, type LogEntry } from '#shared/domain/task.ts'
import { anId, MINUTE, NOW } from './fake-tasks.ts'

/** As many last lines as main tells of with a log's state, and where it stops looking for steps. */
const TAIL = 100
const MAX_LANDMARKS = 1000

export interface FakeLog {
  total: number
  at: (index: number) => LogEntry
}
const NO_LOG: FakeLog = {
  total: 0,
  at: () => {
    throw new Error('An empty log has no line.')
  },
}

/** What a fake main holds: plain arrays that a test fills and changes. Nothing is computed from them. */
export interface FakeDesk {
  notices: string[]
  dispatch: DispatchState
  backends: (Backend & { state: BackendState })[]
  servers: ServerRow[]
  platforms: PlatformRow[]
  sites: SiteRow[]
  clients: ClientRow[]
  /** By object; what is not here is on its server. */
  pending: Map<string, PendingChanges>
  backups: BackupRow[]
  tasks: TaskDetails[]
  queues: Queue[]
  /** By attempt. Its length, and each line as it is asked for, so that a log may be as long as one likes. */
  logs: Map<string, FakeLog>
  offered: OfferedTask[]
  preview: TaskPreview
  check: CheckEvent[]
  /** What a run of the bootstrap script says. */
  bootstrap: BootstrapEvent[]
  /** Keys that the page said to trust. */
  trusted: HostKey[]
  /** Keys that only known_hosts has. */
  seen: HostKey[]
  demo: { isSupported: boolean; backendId: string | null; problem: string | null }
  crontabs: { install: CrontabView; remove: CrontabView }
  /** The crontabs that the page had seen when it said to install. */
  installedOver: string[]
  otherDesks: OtherDesk[]
  /** The sites that the page said to install. */
  wished: object[]
  settings: SettingValues
  needs: Needs
  days: DayCount[]
  /** No list of sites is answered before. */
  untilAnswered?: Promise<void>
}

/** The contract, answered from the arrays of a desk; `listeners` are told of changes. */
export function routerOf(desk: FakeDesk, listeners: Set<(change: Change) => void>) {
  const os = implement(contract)
  const page = <Item>(
    items: readonly Item[],
    { search = '', offset, limit }: { search?: string | undefined; offset: number; limit: number },
  ) => {
    const found = items.filter((item) => search === '' || JSON.stringify(item).includes(search))
    return { items: found.slice(offset, offset + limit), total: found.length }
  }
  const missing = { message: 'It is not here.', data: { code: 'object.not-found', facts: {} } }
  const invalid = {
    message: 'www.taken.example stands on web1 already.',
    data: {
      code: 'object.name-taken',
      facts: {},
      problems: { name: 'This name is taken on web1.' },
    },
  }
  const linesOf = (attemptId: string): FakeLog => desk.logs.get(attemptId) ?? NO_LOG
  const slice = (attemptId: string, from: number, limit: number): LogEntry[] => {
    const { total, at } = linesOf(attemptId)
    const count = Math.max(0, Math.min(limit, total - from))
    return Array.from({ length: count }, (_, index) => at(from + index))
  }
  const linesOfLevels = (attemptId: string, levels: readonly LogLevel[] = LogLevel.options) => {
    const { total, at } = linesOf(attemptId)
    return Array.from({ length: total }, (_, index) => index).filter((index) =>
      levels.includes(at(index).level),
    )
  }
  const find = <Item extends { id: string }>(items: Item[], id: string): Item | undefined =>
    items.find((item) => item.id === id)

  // Only what the pages call; whatever else the contract has is not answered.
  return {
    bootstrap: {
      script: os.bootstrap.script.handler(({ input }) => ({
        text: `account='${input.account}'`,
        sha256: input.account,
      })),
      publicKeys: os.bootstrap.publicKeys.handler(() => ({ keys: ['ssh-ed25519 AAAAfake me'] })),
      run: os.bootstrap.run.handler(async function* () {
        yield* await Promise.resolve(desk.bootstrap)
      }),
    },
    app: {
      info: os.app.info.handler(() => ({
        version: '0.0.0',
        shell: 'headless',
        dataFolder: '/data',
        startedAt: 0,
        platform: 'linux',
        notices: desk.notices,
      })),
      changes: os.app.changes.handler(async function* ({ signal }) {
        yield { event: 'dispatch', state: desk.dispatch } as const
        const waiting: Change[] = []
        let wake = (): void => undefined
        const listener = (change: Change): void => {
          waiting.push(change)
          wake()
        }
        listeners.add(listener)
        signal?.addEventListener('abort', () => wake())
        try {
          while (signal?.aborted !== true) {
            yield* waiting.splice(0)
            await new Promise<void>((resolve) => {
              wake = resolve
              if (waiting.length > 0) resolve()
            })
          }
        } finally {
          listeners.delete(listener)
        }
      }),
      dispatchState: os.app.dispatchState.handler(() => desk.dispatch),
      pauseDispatch: os.app.pauseDispatch.handler(
        () => (desk.dispatch = { ...desk.dispatch, isPaused: true }),
      ),
      resumeDispatch: os.app.resumeDispatch.handler(
        () => (desk.dispatch = { ...desk.dispatch, isPaused: false }),
      ),
      dispatch: os.app.dispatch.handler(() => ({ started: [], queues: [] })),
    },
    demo: {
      state: os.demo.state.handler(() => desk.demo),
      add: os.demo.add.handler(({ errors }) => {
        throw errors.DESK({
          message: 'There is no demo here.',
          data: { code: 'demo.unsupported', facts: {} },
        })
      }),
      remove: os.demo.remove.handler(() => ({})),
    },
    backend: {
      list: os.backend.list.handler(() => desk.backends),
      get: os.backend.get.handler(({ input, errors }) => {
        const found = find(desk.backends, input.id)
        if (!found) throw errors.DESK(missing)
        return found
      }),
      check: os.backend.check.handler(async function* () {
        for (const event of desk.check) {
          yield await Promise.resolve(event)
          const isTrusted = desk.trusted.some(({ key }) => key === event.hostKey?.shown.key)
          if (event.state === 'failed' && !isTrusted) return
        }
      }),
      trustHostKey: os.backend.trustHostKey.handler(({ input }) => {
        desk.trusted.push(input)
        return {}
      }),
      giveSecrets: os.backend.giveSecrets.handler(() => ({})),
      disconnect: os.backend.disconnect.handler(() => ({})),
      hostKeys: os.backend.hostKeys.handler(() => [
        ...desk.trusted.map((key, at) => ({
          ...key,
          id: anId(800 + at),
          trustedAt: NOW - 3 * MINUTE,
          usedBy: at === 0 ? ['web1'] : [],
        })),
        ...desk.seen.map((key) => ({ ...key, id: null, trustedAt: null, usedBy: ['web2'] })),
      ]),
      forgetHostKey: os.backend.forgetHostKey.handler(({ input }) => {
        desk.trusted = desk.trusted.filter((_, at) => anId(800 + at) !== input.id)
        return {}
      }),
      terminalCommand: os.backend.terminalCommand.handler(() => ({
        line: 'ssh -- hosting@web1.example.com',
      })),
      sshHosts: os.backend.sshHosts.handler(() => [
        {
          alias: 'web1',
          host: 'web1.example.com',
          port: 2222,
          user: 'hosting',
          keyFile: '~/.ssh/web1',
        },
      ]),
    },
    server: {
      list: os.server.list.handler(({ input }) => page(desk.servers, input)),
      get: os.server.get.handler(({ input, errors }) => {
        const found = find(desk.servers, input.id)
        if (!found) throw errors.DESK(missing)
        return found
      }),
      serviceTypes: os.server.serviceTypes.handler(() => [
        {
          service: 'http',
          type: 'nginx',
          title: 'nginx',
          description: 'Its master runs as the account itself.',
          defaultPort: 8080,
          defaultRestartCommand: null,
          hasRestartCommand: true,
          form: { fields: [] },
          isHidden: false,
        },
        {
          service: 'http',
          type: 'embedded',
          title: 'Embedded',
          description: 'Served by the demo server.',
          defaultPort: null,
          defaultRestartCommand: null,
          hasRestartCommand: false,
          form: { fields: [] },
          isHidden: false,
        },
      ]),
      services: os.server.services.handler(({ input }) =>
        Object.entries(find(desk.servers, input.id)?.services ?? {}).map(([service, one]) => ({
          service,
          type: one.type,
          title: one.type,
          facts: one.port === null ? [] : [{ label: 'Port', value: String(one.port) }],
        })),
      ),
      add: os.server.add.handler(({ errors }) => {
        const [server] = desk.servers
        const [task] = desk.tasks
        if (!server || !task) throw errors.DESK(missing)
        return { server, task }
      }),
      edit: os.server.edit.handler(({ input, errors }) => {
        const server = find(desk.servers, input.id) ?? raise(errors.DESK(missing))
        const [task = raise(errors.DESK(missing))] = desk.tasks
        return { server: Object.assign(server, { title: input.title }), task }
      }),
      forget: os.server.forget.handler(() => ({})),
    },
    platform: {
      list: os.platform.list.handler(({ input }) =>
        page(
          desk.platforms.filter(
            ({ serverId }) => input.serverId === undefined || serverId === input.serverId,
          ),
          input,
        ),
      ),
      get: os.platform.get.handler(({ input, errors }) => {
        const found = find(desk.platforms, input.id)
        if (!found) throw errors.DESK(missing)
        return found
      }),
      add: os.platform.add.handler(({ errors }) => {
        throw errors.DESK(invalid)
      }),
      edit: os.platform.edit.handler(({ errors }) => {
        throw errors.DESK({
          ...invalid,
          data: {
            ...invalid.data,
            problems: { root: 'The platform Shop has this folder already.' },
          },
        })
      }),
      forget: os.platform.forget.handler(() => ({})),
    },
    site: {
      list: os.site.list.handler(async ({ input }) => {
        await desk.untilAnswered
        return page(
          desk.sites.filter(
            ({ platformId, status, tags }) =>
              (input.platformId === undefined || platformId === input.platformId) &&
              (input.status === undefined || status === input.status) &&
              (input.tag === undefined || tags.includes(input.tag)),
          ),
          input,
        )
      }),
      get: os.site.get.handler(({ input, errors }) => {
        const found = find(desk.sites, input.id)
        if (!found) throw errors.DESK(missing)
        return found
      }),
      add: os.site.add.handler(({ input, errors }) => {
        desk.wished.push(input)
        throw errors.DESK(invalid)
      }),
      edit: os.site.edit.handler(({ input, errors }) => {
        const site = find(desk.sites, input.id) ?? raise(errors.DESK(missing))
        const [task = raise(errors.DESK(missing))] = desk.tasks
        return { site: Object.assign(site, input), task }
      }),
      forget: os.site.forget.handler(() => ({})),
      log: os.site.log.handler(({ errors }) => {
        throw errors.DESK({
          message: 'The web service of @www.example.com keeps no logs of its sites.',
          data: { code: 'backend.no-logs', facts: {} },
        })
      }),
    },
    client: {
      list: os.client.list.handler(({ input }) => page(desk.clients, input)),
      get: os.client.get.handler(
        ({ input, errors }) => find(desk.clients, input.id) ?? raise(errors.DESK(missing)),
      ),
      add: os.client.add.handler(({ errors }) => {
        throw errors.DESK({
          message: 'There is a client Acme already.',
          data: {
            code: 'input.invalid',
            facts: {},
            problems: { title: 'There is a client Acme already.' },
          },
        })
      }),
      remove: os.client.remove.handler(({ input }) => {
        desk.clients = desk.clients.filter(({ id }) => id !== input.id)
        return {}
      }),
      edit: os.client.edit.handler(({ input, errors }) => {
        const client = find(desk.clients, input.id) ?? raise(errors.DESK(missing))
        Object.assign(client, input)
        return { client, tasks: 0 }
      }),
    },
    object: {
      tag: os.object.tag.handler(({ input: { ids, add, remove } }) => {
        for (const object of [...desk.sites, ...desk.platforms, ...desk.servers])
          if (ids.includes(object.id))
            object.tags = [...object.tags.filter((tag) => !remove.includes(tag)), ...add]
        for (const listener of listeners) listener({ event: 'stored', table: 'site', ids })
        return {}
      }),
      tags: os.object.tags.handler(() => [{ tag: 'shop', objects: 1 }]),
      pendingChanges: os.object.pendingChanges.handler(
        ({ input }) =>
          desk.pending.get(input.id) ?? { changes: [], task: null, canTakeBack: false },
      ),
      takeBack: os.object.takeBack.handler(({ input }) => {
        desk.pending.delete(input.id)
        return { task: null }
      }),
    },
    backup: {
      download: os.backup.download.handler(async function* ({ input: { id } }) {
        const bytes = find(desk.backups, id)?.sizeBytes ?? 0
        const file = '/home/me/Downloads/backup.tar.gz'
        yield await Promise.resolve({
          state: 'done' as const,
          bytes,
          totalBytes: bytes,
          file,
          key: null,
        })
      }),
      get: os.backup.get.handler(
        ({ input, errors }) => find(desk.backups, input.id) ?? raise(errors.DESK(missing)),
      ),
      list: os.backup.list.handler(({ input }) =>
        page(
          desk.backups.filter(
            ({ siteId }) => input.siteId === undefined || siteId === input.siteId,
          ),
          input,
        ),
      ),
    },
    data: {
      size: os.data.size.handler(() => ({
        folder: '/home/me/.local/share/hosting-desk',
        storeBytes: 12_000_000,
        logBytes: 340_000_000,
        otherBytes: 80_000,
        canOpen: false,
      })),
      export: os.data.export.handler(async function* () {
        yield await Promise.resolve({ base64: btoa('sealed'), secretsLeft: 1 })
      }),
      upload: os.data.upload.handler(() => ({ id: anId(900) })),
      import: os.data.import.handler(({ input, errors }) => {
        if (!input.isReplacing)
          throw errors.DESK({
            message: 'There are servers here already.',
            data: { code: 'export.not-empty', facts: {} },
          })
        const counts = { servers: 2, platforms: 3, sites: 40, tasks: 1200 }
        return { ...counts, secretsLeft: 1, keptAs: '/data/store/aside/1-before-import.sqlite' }
      }),
    },
    settings: {
      all: os.settings.all.handler(() => desk.settings),
      set: os.settings.set.handler(({ input }) => {
        desk.settings = { ...desk.settings, ...(input as Partial<SettingValues>) }
        for (const listener of listeners) listener({ event: 'stored', table: 'setting', ids: [] })
        return desk.settings
      }),
    },
    crontab: {
      show: os.crontab.show.handler(({ input: { wish } }) => desk.crontabs[wish]),
      install: os.crontab.install.handler(({ input }) => {
        desk.installedOver.push(input.expected)
        desk.servers = desk.servers.map((server) => ({
          ...server,
          backend: { ...server.backend, recurringOwner: 'server' },
        }))
        for (const listener of listeners) listener({ event: 'stored', table: 'backend', ids: [] })
        return desk.crontabs.install
      }),
    },
    inventory: {
      otherDesks: os.inventory.otherDesks.handler(() => desk.otherDesks),
    },
    task: {
      list: os.task.list.handler(({ input }) =>
        page(
          desk.tasks.filter(
            ({ status, objectId, batchId }) =>
              (input.statuses === undefined || input.statuses.includes(status)) &&
              (input.objectId === undefined || objectId === input.objectId) &&
              (input.batchId === undefined || batchId === input.batchId),
          ),
          input,
        ),
      ),
      get: os.task.get.handler(({ input, errors }) => {
        const found = find(desk.tasks, input.id)
        if (!found) throw errors.DESK(missing)
        return found
      }),
      offered: os.task.offered.handler(() => desk.offered),
      add: os.task.add.handler(({ errors }) => {
        throw errors.DESK({
          message: 'web1 is locked.',
          data: { code: 'task.not-allowed', facts: {} },
        })
      }),
      preview: os.task.preview.handler(() => desk.preview),
      loginLink: os.task.loginLink.handler(() => null),
      forgetLoginLink: os.task.forgetLoginLink.handler(() => ({})),
      cancel: os.task.cancel.handler(({ input, errors }) => {
        const found = find(desk.tasks, input.id)
        if (!found) throw errors.DESK(missing)
        return found
      }),
      retry: os.task.retry.handler(({ input, errors }) => {
        const found = find(desk.tasks, input.id)
        if (!found) throw errors.DESK(missing)
        return found
      }),
      log: os.task.log.handler(({ input: { attemptId, from, limit, levels } }) => {
        if (levels === undefined)
          return { entries: slice(attemptId, from, limit), total: linesOf(attemptId).total }
        const passing = linesOfLevels(attemptId, levels)
        const { at } = linesOf(attemptId)
        return { entries: passing.slice(from, from + limit).map(at), total: passing.length }
      }),
      watchLog: os.task.watchLog.handler(async function* ({ input }) {
        const { total } = linesOf(input.attemptId)
        yield await Promise.resolve({
          counts: countsOf(desk, input.attemptId),
          landmarks: slice(input.attemptId, 0, MAX_LANDMARKS).filter(isLandmark),
          tail: slice(input.attemptId, Math.max(0, total - TAIL), TAIL),
          isEnded: true,
        })
      }),
      findInLog: os.task.findInLog.handler(({ input: { attemptId, levels, from, step } }) => {
        const passing = linesOfLevels(attemptId, levels)
        const after =
          step === 1 ? passing.find((one) => one > from) : passing.findLast((one) => one < from)
        return { index: after ?? passing.at(step === 1 ? 0 : -1) ?? null }
      }),
      placeInLog: os.task.placeInLog.handler(({ input: { attemptId, levels, index } }) => ({
        place: linesOfLevels(attemptId, levels).filter((one) => one < index).length,
      })),
      searchLog: os.task.searchLog.handler(async function* ({
        input: { attemptId, levels, text },
      }) {
        const { total, at } = linesOf(attemptId)
        const holds = (index: number) => at(index).text.toLowerCase().includes(text.toLowerCase())
        const hits = linesOfLevels(attemptId, levels).filter(holds)
        yield await Promise.resolve({ hits, searched: total })
      }),
    },
    bulk: {
      offered: os.bulk.offered.handler(({ input }) =>
        desk.offered.map(({ refusal, ...type }) => ({
          ...type,
          allowed: refusal === null ? input.objectIds.length : 0,
          refused:
            refusal === null
              ? []
              : input.objectIds.map((objectId) => ({
                  objectId,
                  name: find(desk.sites, objectId)?.name ?? 'web1',
                  reason: refusal,
                })),
        })),
      ),
      add: os.bulk.add.handler(({ input: { objectIds } }) => {
        const batchId = anId(900)
        desk.tasks = desk.tasks.map((task, index) =>
          index < objectIds.length ? { ...task, batchId } : task,
        )
        return { batchId, added: objectIds.length, refused: [] }
      }),
      progress: os.bulk.progress.handler(({ input }) => {
        const tasks = desk.tasks.filter(({ batchId }) => batchId === input.batchId)
        const count = (wanted: TaskStatus): number =>
          tasks.filter(({ status }) => status === wanted).length
        const counts = TaskStatus.options.map((status) => [status, count(status)] as const)
        return {
          title: 'Back up',
          total: tasks.length,
          ...(Object.fromEntries(counts) as Record<TaskStatus, number>),
        }
      }),
      cancel: os.bulk.cancel.handler(() => ({ cancelled: 1 })),
    },
    feature: {
      list: os.feature.list.handler(() => []),
    },
    overview: {
      needs: os.overview.needs.handler(() => desk.needs),
      days: os.overview.days.handler(() => desk.days),
    },
    queue: {
      list: os.queue.list.handler(() => desk.queues),
      problems: os.queue.problems.handler(() => []),
      pause: os.queue.pause.handler(
        ({ input, errors }) => setPaused(desk, input.name, true) ?? raise(errors.DESK(missing)),
      ),
      resume: os.queue.resume.handler(
        ({ input, errors }) => setPaused(desk, input.name, false) ?? raise(errors.DESK(missing)),
      ),
    },
  }
}

/** Counted once a log: a page that is loaded again asks again. */
const counted = new WeakMap<FakeLog, Record<LogLevel, number>>()
function countsOf({ logs }: FakeDesk, attemptId: string): Record<LogLevel, number> {
  const log = logs.get(attemptId) ?? NO_LOG
  const known = counted.get(log)
  if (known !== undefined) return known
  const counts = { debug: 0, info: 0, success: 0, warning: 0, error: 0 }
  for (let index = 0; index < log.total; index++) counts[log.at(index).level] += 1
  counted.set(log, counts)
  return counts
}

const isLandmark = ({ index, kind }: LogEntry): boolean => index === 0 || kind === 'progress'

const raise = (error: Error): never => {
  throw error
}

function setPaused(desk: FakeDesk, name: string, isPaused: boolean): Queue | undefined {
  desk.queues = desk.queues.map((queue) => (queue.name === name ? { ...queue, isPaused } : queue))
  return desk.queues.find((queue) => queue.name === name)
}
