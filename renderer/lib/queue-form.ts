import type { Form, FormProblems } from '#shared/domain/form.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { Queue } from '#shared/domain/queue.ts'

/** What of a queue can be set, as its call takes it. */
export interface QueueEdit {
  frequencySeconds: number
  items?: number
  isEnabled: boolean
  values?: JsonRecord
}

const UNITS = [
  { value: 'w', label: 'weeks', seconds: 604_800 },
  { value: 'd', label: 'days', seconds: 86_400 },
  { value: 'h', label: 'hours', seconds: 3600 },
  { value: 'min', label: 'minutes', seconds: 60 },
  { value: 's', label: 'seconds', seconds: 1 },
] as const

/** The queue's switch, period and items, then what the queue itself has to be set. */
export function toQueueForm(queue: Queue): Form {
  return {
    fields: [
      {
        name: 'queueIsEnabled',
        type: 'checkbox',
        label: 'On',
        help: `Off, it takes on no ${queue.plural} by itself.`,
      },
      {
        name: 'queueEvery',
        type: 'number',
        label: 'Period',
        isRequired: true,
        min: 1,
        help: 'Below a minute it counts only while the application runs.',
      },
      {
        name: 'queueUnit',
        type: 'select',
        label: 'Unit of the period',
        isRequired: true,
        choices: UNITS.map(({ value, label }) => ({ value, label })),
      },
      ...(queue.type === 'serial'
        ? [
            {
              name: 'queueItems',
              type: 'number' as const,
              label: `${queue.plural.charAt(0).toUpperCase()}${queue.plural.slice(1)} at a time`,
              isRequired: true,
              min: 1,
              max: 1000,
            },
          ]
        : []),
      ...queue.form.fields,
    ],
  }
}

/** The form filled in: the period in the largest unit that divides it. */
export function toQueueValues(queue: Queue): JsonRecord {
  const unit = UNITS.find(({ seconds }) => queue.frequencySeconds % seconds === 0) ?? UNITS[4]
  return {
    ...queue.values,
    queueIsEnabled: queue.isEnabled,
    queueEvery: queue.frequencySeconds / unit.seconds,
    queueUnit: unit.value,
    queueItems: queue.items,
  }
}

/** What to send of a form that was found right. */
export function toQueueEdit(queue: Queue, values: JsonRecord): QueueEdit {
  const { queueIsEnabled, queueEvery, queueUnit, queueItems, ...own } = values
  const seconds = UNITS.find(({ value }) => value === queueUnit)?.seconds ?? 1
  return {
    isEnabled: queueIsEnabled === true,
    frequencySeconds: Math.round(Number(queueEvery) * seconds),
    ...(queue.type === 'serial' ? { items: Number(queueItems) } : {}),
    ...(queue.form.fields.length > 0 ? { values: own } : {}),
  }
}

/** Problems that main found, at the fields of this form. */
export function toQueueProblems(problems: FormProblems): FormProblems {
  const { frequencySeconds, items, ...own } = problems
  return {
    ...own,
    ...(frequencySeconds === undefined ? {} : { queueEvery: frequencySeconds }),
    ...(items === undefined ? {} : { queueItems: items }),
  }
}
