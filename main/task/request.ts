import { AppError } from '#shared/errors.ts'
import type { Attempt, Task } from '#shared/domain/task.ts'
import type { HostingObject } from '#shared/domain/objects.ts'
import type { BackendRequest } from '../backend/backend.ts'
import type { TaskTypeDefinition, Uses } from '../hooks/feature.ts'
import type { ReadingHost } from '../hooks/host.ts'
import type { HookProblem, HookRegistry } from '../hooks/registry.ts'
import { secretsIn } from './task-secrets.ts'

/** What an attempt of a task will ask of its backend: hooks are asked for the lasting facts where the type saves. */
export function collectRequest(
  task: Task,
  type: TaskTypeDefinition,
  registry: HookRegistry,
  host: ReadingHost,
): { sent: Attempt['sent']; problems: HookProblem[] } {
  const object = host.object(task.objectKind, task.objectId)
  const collected = type.savesContext ? registry.contextOptions(object, host) : undefined
  const args = type.args?.(object, task.values, host) ?? []
  refuseSecrets(args, type)
  return {
    sent: {
      command: type.command ?? type.type,
      args,
      options: type.options?.(object, task.values, host) ?? {},
      contexts: collected === undefined ? [] : [{ name: object.name, options: collected.options }],
    },
    problems: collected?.problems ?? [],
  }
}

/** Arguments are seen by everyone on a machine. */
function refuseSecrets(args: readonly string[], { title }: TaskTypeDefinition): void {
  if (secretsIn([...args]).length > 0)
    throw new AppError('hook.failed', `${title} makes an argument of a password.`)
}

/** The same wish in the backend's words; from what was stored, so that a restart asks exactly the same. */
export function toBackendRequest(
  task: Task,
  sent: Attempt['sent'],
  type: Pick<TaskTypeDefinition, 'forgetsContext'>,
): BackendRequest {
  return {
    contexts: sent.contexts,
    command: {
      name: sent.command,
      context: task.objectName,
      args: sent.args,
      options: sent.options,
    },
    forgets: type.forgetsContext === true ? task.objectName : null,
  }
}

/** A task uses its object alone and shares what that stands on, beside what its type names. */
export function usesOf(
  task: Task,
  type: TaskTypeDefinition | undefined,
  object: HostingObject,
  host: ReadingHost,
): Uses {
  const more = moreUses(task, type, object, host)
  return {
    exclusive: [object.id, ...more.exclusive],
    shared: [...parentsOf(object, host), ...more.shared],
  }
}

/** What the type names itself. One that throws says so when it is started; until then it counts as naming nothing. */
function moreUses(
  task: Task,
  type: TaskTypeDefinition | undefined,
  object: HostingObject,
  host: ReadingHost,
): Uses {
  try {
    return type?.uses?.(object, task.values, host) ?? { exclusive: [], shared: [] }
  } catch {
    return { exclusive: [], shared: [] }
  }
}

function parentsOf(object: HostingObject, host: ReadingHost): string[] {
  switch (object.kind) {
    case 'server':
      return []
    case 'platform':
      return [object.serverId]
    case 'site': {
      const platform = host.find('platform', object.platformId)
      return platform === undefined ? [object.platformId] : [platform.id, platform.serverId]
    }
  }
}
