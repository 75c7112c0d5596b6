import type { FormProblems } from '#shared/domain/form.ts'
import { checkForm } from '#shared/domain/form-check.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { PlannedQueue, Queue, QueueSettings } from '#shared/domain/queue.ts'
import { queueNextRun } from '#shared/domain/queue-plan.ts'
import { AppError } from '#shared/errors.ts'
import { tellQueues } from '../inventory/recurring-owner.ts'
import type { RpcParts } from './parts.ts'
import type { Desk } from './router.ts'

export function queueCalls(desk: Desk, parts: RpcParts) {
  const { queue } = desk
  const { queues } = parts
  return {
    queue: queue.router({
      list: queue.list.handler(() => queues.getQueues().map((one) => toQueue(parts, one))),
      run: queue.run.handler(({ input: { name, items, force }, signal }) =>
        queues.runQueue(name, {
          force,
          ...(items === undefined ? {} : { items }),
          ...(signal === undefined ? {} : { signal }),
        }),
      ),
      pause: queue.pause.handler(({ input }) => setQueue(parts, input.name, { isPaused: true })),
      resume: queue.resume.handler(({ input }) => setQueue(parts, input.name, { isPaused: false })),
      edit: queue.edit.handler(({ input: { name, ...wish } }) =>
        setQueue(parts, name, checkedEdit(parts, queues.getQueue(name), wish)),
      ),
      problems: queue.problems.handler(() => parts.hookProblems()),
    }),
  }
}

type QueueEdit = Partial<Omit<QueueSettings, 'name'>>

async function setQueue(parts: RpcParts, name: string, facts: QueueEdit): Promise<Queue> {
  const { queues, switches, onQueueSet } = parts
  queues.getQueue(name)
  await switches.edit(name, facts)
  await tellQueues(parts.unit)
  onQueueSet()
  return toQueue(parts, queues.getQueue(name))
}

function checkedEdit(
  { queues }: RpcParts,
  queue: PlannedQueue,
  { values, ...wish }: { [Key in keyof QueueEdit]: QueueEdit[Key] | undefined },
): QueueEdit {
  if (typeof wish.items === 'number' && queue.type !== 'serial') {
    const problem = `${queue.title} takes as many ${queue.plural} as there are: only its period can be set.`
    throw new AppError('input.invalid', problem, { data: { problems: { items: problem } } })
  }
  const facts = Object.fromEntries(
    Object.entries(wish).filter(([, value]) => value !== undefined),
  ) as QueueEdit
  return values === undefined ? facts : { ...facts, values: checkedValues(queues, queue, values) }
}

function checkedValues(
  queues: RpcParts['queues'],
  queue: PlannedQueue,
  typed: JsonRecord,
): JsonRecord {
  const { form, validate } = queues.settingsFormOf(queue.name)
  const { values, problems: found } = checkForm(form, typed)
  const problems: FormProblems = Object.keys(found).length === 0 ? validate(values) : found
  if (Object.keys(problems).length === 0) return values
  throw new AppError('input.invalid', `Some settings of ${queue.title} need to be put right.`, {
    data: { problems },
  })
}

function toQueue({ queues, switches, unit }: RpcParts, planned: PlannedQueue): Queue {
  const { frequencySeconds, items, isEnabled, values } = switches.settingsOf(planned.name)
  const isWaiting = planned.isEnabled && !planned.isPaused
  return {
    ...planned,
    lastRunAt: queues.lastRunOf(planned),
    waitingItems: planned.totalItems ?? 0,
    nextRunAt: isWaiting ? queueNextRun(planned, unit.now()) : null,
    settings: { frequencySeconds, items, isEnabled },
    form: queues.settingsFormOf(planned.name).form,
    values,
  }
}
