import type { Waiting } from '#shared/domain/task.ts'
import { toClockText } from './instant.ts'

/** Why a queued task has not begun, as the end of “Queued · …”. `backendTitle` names the task's backend. */
export function toWaitingText(waiting: Waiting, backendTitle: string): string {
  switch (waiting.reason) {
    case 'task':
      return `waits for “${waiting.title}”`
    case 'queue-limit':
      return 'waits for a free place in the queue'
    case 'backend-limit':
      return `waits for a free place on ${backendTitle}`
    case 'paused':
      return 'the queue of tasks is paused'
    case 'held':
      return 'held back by a feature'
    case 'secret':
      return `waits for the password of ${backendTitle}`
    case 'host-key':
      return `waits for your decision on the host key of ${backendTitle}`
    case 'unreachable':
      return `${backendTitle} is not reachable${again(waiting.retryAt)}`
    case 'overload':
      return `${backendTitle} is overloaded${again(waiting.retryAt)}`
  }
}

const again = (retryAt: number | null): string =>
  retryAt === null ? '' : `, next try at ${toClockText(retryAt)}`

/** 1 → 1st, 2 → 2nd, 11 → 11th. */
export function toOrdinal(number: number): string {
  const isTeen = Math.floor((number % 100) / 10) === 1
  const ending = isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th')
  return `${number}${ending}`
}
