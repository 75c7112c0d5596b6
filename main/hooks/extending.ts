// The types that an extension is written against: `hosting-desk/extending`.

export type {
  Feature,
  ServiceFact,
  ServiceTypeDefinition,
  TaskFailure,
  TaskResult,
  TaskTypeDefinition,
  Uses,
} from './feature.ts'
export type { Host, HostRows, ReadingHost } from './host.ts'
export type { NextTasks } from './next-tasks.ts'
export type {
  OldHistory,
  QueueDeclaration,
  QueueHost,
  QueueReadingHost,
  RecurringSites,
} from './queue.ts'
export type { Form, FormField, FormProblems } from '#shared/domain/form.ts'
export type { Id, Json, JsonRecord } from '#shared/domain/json.ts'
export type {
  Backend,
  Backup,
  Client,
  HostingObject,
  Platform,
  Server,
  ServiceSettings,
  Site,
} from '#shared/domain/objects.ts'
export type { PlannedQueue, QueueDefinition } from '#shared/domain/queue.ts'
export type { Task, TaskStatus } from '#shared/domain/task.ts'
