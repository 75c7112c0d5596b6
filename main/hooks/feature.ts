import type { Form, FormProblems } from '#shared/domain/form.ts'
import type { Id, JsonRecord } from '#shared/domain/json.ts'
import type { HostingObject, ObjectKind, Server, ServiceSettings } from '#shared/domain/objects.ts'
import type { PlannedQueue } from '#shared/domain/queue.ts'
import type { Task, TaskStatus } from '#shared/domain/task.ts'
import type { ProvisionContext } from '#shared/protocol/provision.ts'
import type { Host, ReadingHost } from './host.ts'
import type { NextTasks } from './next-tasks.ts'
import type { QueueDeclaration } from './queue.ts'

/** What a task's run came to, as hooks see it. */
export interface TaskResult {
  data: JsonRecord
  contexts: readonly ProvisionContext[]
  removedContexts: readonly string[]
}

export interface TaskFailure {
  status: 'error' | 'cancelled'
  code: string
  message: string
}

/** Objects that a task needs: `exclusive` ones alone, `shared` ones together with other sharers. */
export interface Uses {
  exclusive: readonly Id[]
  shared: readonly Id[]
}

/**
 * A task type on one kind of object (Aegir's hook_hosting_tasks). What is a function decides and changes nothing.
 */
export interface TaskTypeDefinition<Kind extends ObjectKind = ObjectKind> {
  type: string
  objectKind: Kind
  title: string
  description: string
  /** Lower comes first on the object's page. */
  weight: number
  /** The command's name on the backend without its prefix; the type itself where absent. */
  command?: string
  /** Whether lasting facts are saved before the command (Aegir's provision_save). */
  savesContext: boolean
  /** Whether the context goes after the command has succeeded. */
  forgetsContext?: boolean
  hasDialog?: boolean
  isDangerous?: boolean
  /** Queued by the application alone, never offered. */
  isHidden?: boolean
  /**
   * What is typed into a `password` field is stored nowhere: `options` gets a text that stands for it, and it is put in where the options go to the backend. It is forgotten once the task has ended.
   */
  form?: Form
  validate?(values: JsonRecord, object: ObjectOf<Kind>, host: ReadingHost): FormProblems
  /** Why it is not allowed for this object as it is now; null where it is. */
  refusal(object: ObjectOf<Kind>, host: ReadingHost): string | null
  /** Beside the object itself, which is always used exclusively, and its parents, which are shared. */
  uses?(object: ObjectOf<Kind>, values: JsonRecord, host: ReadingHost): Uses
  args?(object: ObjectOf<Kind>, values: JsonRecord, host: ReadingHost): string[]
  options?(object: ObjectOf<Kind>, values: JsonRecord, host: ReadingHost): JsonRecord
  /**
   * Of a task that a server ran by itself: the values with which a person would have asked for it; its options where absent.
   */
  valuesOf?(
    ran: { args: readonly string[]; options: JsonRecord },
    object: ObjectOf<Kind>,
    host: ReadingHost,
  ): JsonRecord
  /**
   * Adds other tasks in the same transaction, before this one. A type that `isBatch` does nothing but that: its task
   * never runs and is a success at once (Aegir's platform migrate).
   */
  addTasks?(object: ObjectOf<Kind>, values: JsonRecord, host: Host): void
  isBatch?: boolean
}

export type ObjectOf<Kind extends ObjectKind> = Extract<HostingObject, { kind: Kind }>

/** One line about a service on its server's page. */
export interface ServiceFact {
  label: string
  value: string
}

/** A service type that a server can carry (Aegir's hostingService). */
export interface ServiceTypeDefinition {
  /** `http`, `db` … */
  service: string
  type: string
  title: string
  description: string
  /** Null where the type has no port. */
  defaultPort: number | null
  /**
   * How it is told to read its configuration anew, unless the operator says otherwise; null where the server half knows
   * its own way. Absent: the type has no restart command.
   */
  defaultRestartCommand?: string | null
  /** It comes with the application and is not to be chosen for a server of one's own. */
  isHidden?: boolean
  /**
   * Settings of its own. Each value is stored with the server, sent as the lasting key of its field's name and read back
   * from there by an import, so a password has no place among them.
   */
  form?: Form
  /** More problems, once the form is fine: at `port`, `restartCommand` or a field of the form. */
  validate?(settings: ServiceSettings, server: Server, host: ReadingHost): FormProblems
  /** What the server's page says of it beside its port, its restart command and the values of its form. */
  view?(settings: ServiceSettings, server: Server, host: ReadingHost): ServiceFact[]
  /**
   * Lasting facts of a server that carries a service of this type (hostingService::context_options): gets what features
   * gave, the base's `<service>_service_type`, `_port`, `_restart_cmd` and the form's values among it, and returns the
   * whole.
   */
  contextOptions?(options: JsonRecord, server: Server, host: ReadingHost): JsonRecord
}

/**
 * Something that joins in: shipped or written by a user. A plain object; everything beside the name and the title is
 * optional. Hooks of one kind are called in the order of {@link orderFeatures}.
 */
export interface Feature {
  name: string
  title: string
  description?: string
  /** Under which heading it stands among the features; “Other” where absent. */
  group?: string
  /** It cannot be switched off. */
  isRequired?: boolean
  /** Off until the operator switches it on; what a user wrote always is. */
  isOffByDefault?: boolean
  /** Names of features that come before this one and without which it is not loaded. */
  requires?: readonly string[]
  taskTypes?: readonly TaskTypeDefinition[]
  /** All task types as declared, in turn (hook_hosting_tasks_alter): returns the whole. */
  changeTaskTypes?(types: readonly TaskTypeDefinition[]): readonly TaskTypeDefinition[]
  /** Objects on which dangerous tasks are refused (hook_hosting_task_guarded_nodes). */
  guardedObjects?(host: ReadingHost): readonly Id[]
  /** Task types that count as dangerous (hook_hosting_task_dangerous_tasks). */
  dangerousTasks?(): readonly string[]
  services?: readonly ServiceTypeDefinition[]
  queues?: readonly QueueDeclaration[]
  /** All queues as declared, in turn, before settings (hook_hosting_queues_alter): returns the whole. */
  changeQueues?(queues: readonly QueueDeclaration[]): readonly QueueDeclaration[]
  /** All queues after settings and arithmetic, in turn (hook_hosting_processed_queues_alter): the last word. */
  changePlannedQueues?(queues: readonly PlannedQueue[]): readonly PlannedQueue[]
  /** Which waiting tasks may start and in which order, in turn (hook_query_hosting_get_new_tasks_alter). */
  changeNextTasks?(next: NextTasks, host: ReadingHost): NextTasks
  /**
   * Lasting facts of an object for its backend (hook_hosting_OBJECT_context_options), in turn: gets what those before
   * gave, returns the whole. A null value unsets the key.
   */
  contextOptions?(options: JsonRecord, object: HostingObject, host: ReadingHost): JsonRecord
  /**
   * An object as an import makes it of its context (hook_drush_context_import), in turn: gets what those before gave,
   * returns the whole. Its kind, id and place stay as they are.
   */
  importContext?(object: HostingObject, context: ProvisionContext, host: ReadingHost): HostingObject
  /** A task has succeeded (hook_post_hosting_TYPE_task); changes made through `host` are stored with its status. */
  afterTask?(task: Task, result: TaskResult, host: Host): void | Promise<void>
  /** A task has failed or was cancelled (hook_hosting_TYPE_task_rollback). */
  afterRollback?(task: Task, failure: TaskFailure, host: Host): void | Promise<void>
  /** A task's status has changed and is stored (hook_hosting_task_update_status). */
  taskStatusChanged?(task: Task, status: TaskStatus): void | Promise<void>
  /** Whether a host name may be used by the site `for` on a backend (hook_allow_domain); a reason where not. */
  allowDomain?(
    name: string,
    options: { for: Id | null; backendId: Id; host: ReadingHost },
  ): true | string
}

/** Lets the compiler check a definition against its own kind of object, and widens it for the registry. */
export const defineTaskType = <Kind extends ObjectKind>(
  definition: TaskTypeDefinition<Kind>,
): TaskTypeDefinition => definition as unknown as TaskTypeDefinition
