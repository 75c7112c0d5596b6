import type { Queue, QueueOutcome } from '#shared/domain/queue.ts'
import { toDurationText } from './duration.ts'
import { toExactText } from './instant.ts'

/** How much a queue takes on and how often, in words. */
export function toPaceText(queue: Queue): string {
  const { type, items, frequencySeconds, intervalSeconds, plannedItems, plural, threads } = queue
  const period = toDurationText(frequencySeconds * 1000)
  const interval = toDurationText(intervalSeconds * 1000)
  switch (type) {
    case 'serial':
      return `up to ${count(items, queue)} every ${interval}`
    case 'batch':
      return `all ${plural} within ${period}: ${count(plannedItems, queue)} every ${interval} (${roundThreads(threads)} threads)`
    case 'spread':
      return `all ${plural} within ${period}: ${count(plannedItems, queue)} every ${interval}`
  }
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

const roundThreads = (threads: number | null): string =>
  String(Math.round((threads ?? 1) * 10) / 10)
