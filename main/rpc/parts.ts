import type { Change, DispatchState } from '#shared/contract/app.ts'
import type { CheckEvent, HostKey, SshHost } from '#shared/contract/backend.ts'
import type { Id } from '#shared/domain/json.ts'
import type { BackendAddress, BackendState } from '#shared/domain/objects.ts'
import type { Bootstrap } from '../bootstrap/bootstrap.ts'
import type { AegirAccounts } from '../backend/aegir/accounts.ts'
import type { Crontabs } from '../crontab/crontabs.ts'
import type { BackupDownloads } from '../download/backup-downloads.ts'
import type { Transfer } from '../export/transfer.ts'
import type { Features } from '../extensions/features.ts'
import type { HookProblem } from '../hooks/problem.ts'
import type { HookRegistry } from '../hooks/registry.ts'
import type { Editing } from '../inventory/editing.ts'
import type { Imports } from '../inventory/import.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { SiteLogs } from '../inventory/site-logs.ts'
import type { SiteMoves } from '../inventory/site-move.ts'
import type { Visits } from '../inventory/visits.ts'
import type { Listeners } from '../lib/listeners.ts'
import type { Secret } from '../lib/secret.ts'
import type { TaskLogs } from '../log/task-log.ts'
import type { Dispatcher } from '../queue/dispatcher.ts'
import type { QueueSwitches } from '../queue/queue-switches.ts'
import type { Queues } from '../queue/queues.ts'
import type { ShellAbilities } from './shell-abilities.ts'
import type { Settings } from '../settings/settings.ts'
import type { HostAndPort } from '../ssh/known-hosts.ts'
import type { TrustedKeys } from '../store/trusted-keys.ts'
import type { Store } from '../store/store.ts'
import type { Activities } from '../task/activities.ts'
import type { Previews } from '../task/previews.ts'
import type { LoginLinks } from '../task/login-links.ts'
import type { Tasks } from '../task/tasks.ts'
import type { UnitParts } from '../task/unit-of-work.ts'

export interface TypedSecrets {
  password?: Secret
  passphrase?: Secret
}

/** What the contract's implementation asks of the application. */
export interface RpcParts {
  info: {
    version: string
    shell: 'desktop' | 'headless' | 'command-line'
    dataFolder: string
    startedAt: number
    platform: string
    notices: readonly string[]
  }
  store: Store
  logs: TaskLogs
  registry: HookRegistry
  unit: UnitParts
  tasks: Tasks
  previews: Previews
  siteLogs: SiteLogs
  inventory: Inventory
  editing: Editing
  dispatcher: Dispatcher
  activities: Activities
  loginLinks: LoginLinks
  changes: Listeners<Change>
  dispatchState: () => DispatchState
  setPaused: (isPaused: boolean) => Promise<void>
  queues: Queues
  switches: QueueSwitches
  /** What went wrong in hooks that had no task to tell, newest first. */
  hookProblems: () => (HookProblem & { at: number; times: number })[]
  features: Features
  settings: Settings
  transfer: Transfer
  downloads: BackupDownloads
  trusted: TrustedKeys
  /** What the shell can do on this computer; null where it is a browser's page or a command line. */
  abilities: ShellAbilities | null
  /** A feature was switched, or extensions were found: what they declare may be different now. */
  onFeatureSet: () => void
  /** Something was set of a queue: whoever waits for its time looks again. */
  onQueueSet: () => void
  bootstrap: Bootstrap
  crontabs: Crontabs
  imports: Imports
  aegirAccounts: AegirAccounts
  siteMoves: SiteMoves
  visits: Visits
  backendState: (id: Id) => BackendState
  check: (
    target: { backendId: Id } | { address: BackendAddress },
    secrets: TypedSecrets,
    signal: AbortSignal | undefined,
  ) => AsyncIterable<CheckEvent>
  trustHostKey: (key: HostKey) => Promise<void>
  giveSecrets: (backendId: Id, secrets: TypedSecrets) => Promise<void>
  disconnect: (backendId: Id) => Promise<void>
  sshHosts: () => Promise<SshHost[]>
  /** What known_hosts says of these. */
  knownHostKeys: (hosts: readonly HostAndPort[]) => Promise<HostKey[]>
  demo: {
    state: () => { isSupported: boolean; backendId: Id | null; problem: string | null }
    add: () => Promise<Id>
    remove: () => Promise<void>
  }
  /** What nobody expected, for the process's own log. */
  onBug: (error: unknown) => void
}
