import type { Queue } from '#shared/domain/queue.ts'
import { toDurationText, toEveryText } from './duration.ts'

/** How a queue of this type works, in a sentence. */
export const TYPE_TEXTS: Readonly<Record<Queue['type'], string>> = {
  serial:
    'Serial: a few items at a time; each time it runs, as many more begin as there is room for.',
  batch:
    'Batch: all items once in the time of its frequency, which is divided into evenly spaced runs, its threads.',
  spread: 'Spread: all items once in the time of its frequency, one after the other.',
}

/** The sums behind a queue's pace, a line each, with the numbers of now; their names are Aegir's. */
export function toArithmetic(queue: Queue): string[] {
  const { frequencySeconds, intervalSeconds, plannedItems, plural, singular } = queue
  const total = queue.totalItems ?? 0
  const period = toDurationText(frequencySeconds * 1000)
  const every = toEveryText(intervalSeconds * 1000)
  const counted = (count: number): string => `${count} ${count === 1 ? singular : plural}`
  switch (queue.type) {
    case 'serial': {
      const { runningItems } = queue
      const room = Math.max(0, plannedItems - runningItems)
      return [
        `Frequency: ${period}, so it runs ${every}.`,
        `Items: ${counted(plannedItems)} at a time − ${runningItems} running = room for ${room} more.`,
      ]
    }
    case 'batch': {
      const { threshold, minThreads, maxThreads } = queue
      const threads = toThreadsText(queue.threads)
      return [
        `Threads: ${counted(total)} ÷ ${threshold} = ${round(total / threshold)}; at least ${minThreads} and at most ${maxThreads}, so ${threads}.`,
        `Frequency: ${period} ÷ ${threads} = a run ${every}.`,
        total === 0
          ? `Items: there are no ${plural} now.`
          : `Items: ${counted(total)} ÷ ${threads} = ${counted(plannedItems)} a run.`,
      ]
    }
    case 'spread':
      if (total === 0) return [`Items: there are no ${plural} now; it is looked at ${every}.`]
      return [
        `Frequency: ${period} ÷ ${counted(total)} = one ${toEveryText((frequencySeconds * 1000) / total)}; no two runs are closer than a minute.`,
        `Items: ${counted(plannedItems)} ${every}.`,
      ]
  }
}

/** Into how many runs a period is divided, perhaps a fraction. */
export const toThreadsText = (threads: number | null): string => {
  const text = round(threads ?? 1)
  return `${text} ${text === '1' ? 'thread' : 'threads'}`
}

const round = (value: number): string => String(Math.round(value * 10) / 10)
