import type { Queue, QueueOutcome } from '#shared/domain/queue.ts'
import { AppError } from '#shared/errors.ts'
import type { CommandCall } from '../command-line.ts'
import { openDesk, type OpenDesk } from '../desk.ts'
import { print, toTable } from '../print.ts'

/** `queue list | run NAME | pause NAME | resume NAME`. */
export async function queueCommand(call: CommandCall): Promise<number> {
  const [, action, name = ''] = call.words
  await using desk = await openDesk(call.folder)
  if (action === 'list') return await listQueues(call, desk)
  if (action === 'run') return await runQueue(call, desk, name)
  const queue = await desk.calls.queue[action === 'pause' ? 'pause' : 'resume']({ name })
  print(call, queue, () => `${queue.title}: ${stateOf(queue)}.\n`)
  return 0
}

async function listQueues(call: CommandCall, desk: OpenDesk): Promise<number> {
  const queues = await desk.calls.queue.list()
  const head = ['name', 'state', 'type', 'every', 'items', 'running', 'waiting', 'last', 'next']
  print(call, queues, () => toTable(head, queues.map(toCells)))
  await warnOfProblems(call, desk)
  return 0
}

/** Exit 4 where it is paused, 1 where it failed; anything else it came to is an answer. */
async function runQueue(call: CommandCall, desk: OpenDesk, name: string): Promise<number> {
  const outcome = await desk.calls.queue.run({
    name,
    force: call.isForced,
    ...(call.items === undefined ? {} : { items: itemsOf(call.items) }),
  })
  if (desk.app !== undefined)
    await desk.app.untilIdle({ forMs: call.forMs, signal: call.terminal.signal })
  print(call, outcome, () => `${toOutcomeText(outcome)}\n`)
  if (outcome.state === 'paused') return 4
  return outcome.state === 'failed' ? 1 : 0
}

/** What a dispatch or a run of one queue came to, as a line. */
export function toOutcomeText(outcome: QueueOutcome): string {
  return `${outcome.queue}: ${toWords(outcome)}`
}

function toWords(outcome: QueueOutcome): string {
  switch (outcome.state) {
    case 'ran': {
      const { added, started } = outcome
      const tasks = added.length === 0 ? '' : ` (${added.map((number) => `#${number}`).join(', ')})`
      return `ran; added ${added.length}${tasks}, started ${started}.`
    }
    case 'too-early':
      return `too early; due at ${new Date(outcome.dueAt).toISOString()}.`
    case 'disabled':
      return 'disabled.'
    case 'paused':
      return 'paused.'
    case 'idle':
      return 'nothing to do.'
    case 'full':
      return `maximum already running (${outcome.runningItems}).`
    case 'locked':
      return `another run of it has been going on since ${new Date(outcome.since).toISOString()}.`
    case 'failed':
      return `failed. ${outcome.message}`
  }
}

/** Features that broke something are named, but do not make a command fail. */
export async function warnOfProblems(call: CommandCall, desk: OpenDesk): Promise<void> {
  for (const { feature, hook, message } of await desk.calls.queue.problems())
    call.terminal.warn(`Feature ${feature} was left out of ${hook}: ${message}\n`)
}

function toCells(queue: Queue): string[] {
  const { name, type, intervalSeconds, plannedItems, runningItems, waitingItems } = queue
  const every = `${Math.round(intervalSeconds * 10) / 10} s`
  return [
    name,
    stateOf(queue),
    type,
    every,
    ...[plannedItems, runningItems, waitingItems].map(String),
    toInstant(queue.lastRunAt),
    toInstant(queue.nextRunAt),
  ]
}

const stateOf = ({ isEnabled, isPaused }: Queue): string =>
  isPaused ? 'paused' : isEnabled ? 'on' : 'off'

const toInstant = (at: number | null): string => (at === null ? '-' : new Date(at).toISOString())

function itemsOf(typed: string): number {
  const items = Number(typed)
  if (/^\d{1,4}$/.test(typed) && items >= 1 && items <= 1000) return items
  throw new AppError('input.invalid', `--items ${typed}: write a number from 1 to 1000.`)
}
