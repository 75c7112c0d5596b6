import type { Queue } from '#shared/domain/queue.ts'
import { toDurationText } from './duration.ts'

/** How a queue of this type works, in a sentence. */
export const TYPE_TEXTS: Readonly<Record<Queue['type'], string>> = {
  serial: 'Serial: as many as may run at a time, each as soon as there is room.',
  batch: 'Batch: everything once a period, in a few evenly spaced chunks.',
  spread: 'Spread: everything once a period, one after the other.',
}

/** The sums behind a queue's pace, a line each, with the numbers of now. */
export function toArithmetic(queue: Queue): string[] {
  const { frequencySeconds, intervalSeconds, plannedItems, plural, singular } = queue
  const total = queue.totalItems ?? 0
  const period = toDurationText(frequencySeconds * 1000)
  const interval = toDurationText(intervalSeconds * 1000)
  const counted = (count: number): string => `${count} ${count === 1 ? singular : plural}`
  switch (queue.type) {
    case 'serial':
      return [`Every ${period} it is looked at; up to ${counted(plannedItems)} run at a time.`]
    case 'batch': {
      const { threshold, minThreads, maxThreads } = queue
      const threads = round(queue.threads ?? 1)
      return [
        `${counted(total)} ÷ ${threshold} a chunk = ${round(total / threshold)}; with at least ${minThreads} and at most ${maxThreads} that makes ${threads} ${threads === '1' ? 'chunk' : 'chunks'} a period.`,
        `${period} ÷ ${threads} = a run every ${interval}.`,
        `${counted(total)} ÷ ${threads} = ${counted(plannedItems)} a run.`,
      ]
    }
    case 'spread':
      if (total === 0) return [`There is nothing to do; it is looked at every ${interval}.`]
      return [
        `${period} ÷ ${counted(total)} = one every ${toDurationText((frequencySeconds * 1000) / total)}; no two runs are closer than a minute.`,
        `So ${counted(plannedItems)} every ${interval}.`,
      ]
  }
}

const round = (value: number): string => String(Math.round(value * 10) / 10)
