import type { JsonRecord } from '#shared/domain/json.ts'
import { planQueue, turnOf } from '#shared/domain/queue-plan.ts'
import { parseDispatchPlan, type ServerQueue } from '#shared/protocol/dispatch-plan.ts'
import type { Context } from '../context/context.ts'
import { hasOrphans, tidy } from '../steps/recover.ts'
import { takeLock } from '../system/lock.ts'
import { toProvisionError } from '../system/provision-error.ts'
import { fillReserve, giveUpReserve, isReserveNeeded } from '../system/reserve.ts'
import { DispatchMemory } from './dispatch-memory.ts'
import { runServerTask } from './dispatch-run.ts'
import { SERVER_WORK, toMinute, type WorkItem } from './dispatch-work.ts'
import { refuseOverload } from './load.ts'
import { rotateLogsOf } from './log-rotation.ts'
import type { CommandResult, Session } from './session.ts'

/** How many runs one queue has going at once. */
const MAX_AT_ONCE = 4

/** The queue that deletes backups. */
const MAKES_ROOM = 'backup-retention'

type Outcome =
  | { state: 'disabled' | 'paused' | 'idle' | 'too-early' | 'full' | 'locked' }
  | { state: 'ran'; runs: string[] }
  | { state: 'failed' | 'overload'; message: string }

/**
 * `provision dispatch`, started by this account's crontab: does the recurring work that the servers' plans give to this
 * side. A server without a plan has none to do. Each piece of work leaves a run folder behind, which the frontend reads
 * back. Queues do not wait for each other; the same queue twice at once does not happen.
 */
export async function dispatch(session: Session): Promise<CommandResult> {
  const { journals, reserve } = session.folders
  try {
    if (await hasOrphans(journals)) await giveUpReserve(reserve)
    await session.recover()
    return await dispatchAll(session)
  } finally {
    await fillReserve(reserve)
  }
}

async function dispatchAll(session: Session): Promise<CommandResult> {
  const unreadable = (error: unknown): void =>
    session.log('warning', toProvisionError(error).message)
  await tidy(session.folders)
  const servers = await session.store.list('server', unreadable)
  for (const server of servers) await rotateLogsOf(session, server)
  const data: JsonRecord = {}
  const work = servers.flatMap((server) =>
    queuesOf(session, server).map(async (queue) => {
      data[`${queue.name}@${server.name}`] = { ...(await dispatchQueue(session, server, queue)) }
    }),
  )
  await Promise.all(work)
  return { data, contexts: [], removedContexts: [] }
}

function queuesOf(session: Session, server: Context): readonly ServerQueue[] {
  const saved = server.options['dispatch_plan']
  if (saved === undefined) return []
  const plan = parseDispatchPlan(saved)
  if (typeof plan !== 'string') return plan.queues
  session.log('warning', `The plan of @${server.name} ${plan}.`)
  return []
}

async function dispatchQueue(
  session: Session,
  server: Context,
  queue: ServerQueue,
): Promise<Outcome> {
  const name = `${queue.name}@${server.name}`
  const { folders, parts } = session
  const options = { signal: parts.signal, patienceMs: 0 }
  let release: (() => Promise<void>) | undefined
  try {
    if (queue.name === MAKES_ROOM) await giveRoomTo(session, server, queue)
    release = await takeLock(folders.locks, `dispatch-${name}`, options)
    return await runQueue(session, server, queue)
  } catch (error) {
    const { code, message } = toProvisionError(error)
    if (code === 'PROVISION_LOCKED') return { state: 'locked' }
    session.log('warning', `The queue ${name} did not run: ${message}`)
    return { state: code === 'PROVISION_OVERLOAD' ? 'overload' : 'failed', message }
  } finally {
    await release?.()
  }
}

/** On a full disk not even a lock could be written. What is kept for that is given up only where room will be made. */
async function giveRoomTo(session: Session, server: Context, queue: ServerQueue): Promise<void> {
  const { reserve } = session.folders
  if (!(await isReserveNeeded(reserve))) return
  const { turn, items } = await findTurn(session, server, queue)
  if (turn.state === 'due' && items.length > 0) await giveUpReserve(reserve)
}

async function runQueue(session: Session, server: Context, queue: ServerQueue): Promise<Outcome> {
  const { turn, items, memory, now } = await findTurn(session, server, queue)
  if (turn.state !== 'due') return { state: turn.state }
  refuseOverload(server)
  await memory.begin(now)
  const runs = await runAll(session, memory, queue.name, items.slice(0, turn.items))
  return { state: 'ran', runs }
}

/** What a queue has to do, and whether it is its turn. */
async function findTurn(session: Session, server: Context, queue: ServerQueue) {
  const now = toMinute(session.parts.now())
  const memory = await DispatchMemory.open(session.folders, `${queue.name}@${server.name}`)
  const looking = { session, server, queue, memory, now }
  // What another queue would do stays undone here.
  const { total, items } = (await SERVER_WORK[queue.name]?.(looking)) ?? { total: 0, items: [] }
  return { turn: turnOf(toPlanned(queue, total, memory.lastRunAt), now), items, memory, now }
}

const toPlanned = (queue: ServerQueue, totalItems: number | null, lastRunAt: number | null) =>
  planQueue(
    {
      ...queue,
      title: queue.name,
      description: '',
      timeoutSeconds: 1,
      singular: 'item',
      plural: 'items',
    },
    { totalItems, runningItems: 0, isPaused: queue.isPaused, lastRunAt },
  )

/** A few at a time, in their order; returns the ids of the runs that were begun. */
async function runAll(
  session: Session,
  memory: DispatchMemory,
  queue: string,
  items: readonly WorkItem[],
): Promise<string[]> {
  const waiting = [...items]
  const runs: string[] = []
  const goOn = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      session.parts.signal.throwIfAborted()
      await memory.try(item.context, session.parts.now())
      const id = await runServerTask(session, { ...item, queue })
      if (id !== undefined) runs.push(id)
    }
  }
  await Promise.all(Array.from({ length: MAX_AT_ONCE }, goOn))
  return runs
}
