import type { HostingObject } from '#shared/domain/objects.ts'
import type { Task } from '#shared/domain/task.ts'
import type { Host } from '../hooks/host.ts'
import type { TaskResult } from '../hooks/feature.ts'

/** Takes over what the backend now keeps of a task's object, and when it was last found in order. */
export function takeOver<Row extends HostingObject>(
  row: Row,
  task: Task,
  result: TaskResult,
  host: Host,
): Row {
  const context = result.contexts.find(({ name }) => name === row.name)
  return {
    ...row,
    savedOptions: context?.options ?? row.savedOptions,
    verifiedAt: task.type === 'verify' || task.type === 'install' ? host.now : row.verifiedAt,
    changedAt: host.now,
  }
}

/**
 * The address of a site that a backend sent, or null where it sent none. Throws for what is no web address: people will
 * click on it.
 */
export function webAddressOrNull(value: unknown): string | null {
  const text = textOrNull(value)
  if (text === null) return null
  const protocol = URL.canParse(text) ? new URL(text).protocol : ''
  if (protocol === 'http:' || protocol === 'https:') return text
  throw new Error(`the server said that the site is at ${text.slice(0, 100)}`)
}

/** A text that a backend sent, or null where it sent something else. */
export const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' ? value : null
