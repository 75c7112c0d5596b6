import type { Queue, QueueOutcome } from '#shared/domain/queue.ts'
import { toEveryText } from './duration.ts'
import { toExactText } from './instant.ts'
import { toThreadsText } from './queue-arithmetic.ts'

/** How much a queue takes on and how often, in words: “Every minute, up to 5 tasks at a time”. */
export function toPaceText(queue: Queue): string {
  const { type, items, frequencySeconds, intervalSeconds, plannedItems, plural, threads } = queue
  const every = toEveryText(frequencySeconds * 1000).replace('every', 'Every')
  if (type === 'serial') return `${every}, up to ${count(items, queue)} at a time`
  const all = `${every}, all ${plural}`
  if (plannedItems === 0) return `${all}: there are none now`
  const run = `${count(plannedItems, queue)} ${toEveryText(intervalSeconds * 1000)}`
  return type === 'batch' ? `${all}, in ${toThreadsText(threads)}: ${run}` : `${all}: ${run}`
}

/** What a run by hand came to. */
export function toOutcomeText(outcome: QueueOutcome): string {
  switch (outcome.state) {
    case 'ran': {
      const { added, started } = outcome
      if (added.length > 0) return `Added ${added.length} task${added.length === 1 ? '' : 's'}.`
      return started > 0 ? `Started ${started}.` : 'There was nothing to do.'
    }
    case 'too-early':
      return `Too early: it is due at ${toExactText(outcome.dueAt)}.`
    case 'disabled':
      return 'It is off.'
    case 'paused':
      return 'It is paused.'
    case 'idle':
      return 'There was nothing to do.'
    case 'full':
      return `As many as may run already: ${outcome.runningItems}.`
    case 'locked':
      return 'Another run of it has not ended.'
    case 'failed':
      return outcome.message
  }
}

const count = (number: number, { singular, plural }: Queue): string =>
  `${number} ${number === 1 ? singular : plural}`
