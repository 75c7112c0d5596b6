import type { JsonRecord } from '../domain/json.ts'
import { isRecord } from './wire.ts'

// As wire.ts: read by the program on the server, so without the schema library.

/** One queue as the server is to run it; the arithmetic over it is queue-plan.ts. */
export interface ServerQueue {
  name: string
  type: 'serial' | 'batch' | 'spread'
  isEnabled: boolean
  isPaused: boolean
  frequencySeconds: number
  /** Of a serial queue. */
  items: number
  /** Of a batch queue. */
  minThreads: number
  maxThreads: number
  threshold: number
  /** Of a queue that thins out backups: as retention.ts reads them. */
  rules?: string
}

/** What a server does by itself, the context option `dispatch_plan` of its own context. */
export interface DispatchPlan {
  queues: readonly ServerQueue[]
}

const MAX_QUEUES = 50
const MAX_RULES = 4096

/** A plan, or why it is none. */
export function parseDispatchPlan(value: unknown): DispatchPlan | string {
  const queues = isRecord(value) ? value['queues'] : undefined
  if (!Array.isArray(queues) || queues.length > MAX_QUEUES)
    return `is not a plan of at most ${MAX_QUEUES} queues`
  const names = new Set<unknown>()
  for (const queue of queues) {
    const problem = isRecord(queue) ? problemOf(queue) : 'has a queue that is no object'
    if (problem !== undefined) return problem
    names.add(isRecord(queue) ? queue['name'] : undefined)
  }
  if (names.size < queues.length) return 'names a queue twice'
  return { queues: queues as unknown as ServerQueue[] }
}

function problemOf(queue: JsonRecord): string | undefined {
  const { name, type, isEnabled, isPaused, rules = '', ...numbers } = queue
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_-]{0,63}$/.test(name))
    return 'has a queue without a name'
  if (type !== 'serial' && type !== 'batch' && type !== 'spread') return `does not know “${name}”`
  if (typeof isEnabled !== 'boolean' || typeof isPaused !== 'boolean')
    return `does not say whether “${name}” runs`
  if (typeof rules !== 'string' || rules.length > MAX_RULES)
    return `has rules for “${name}” that are no text`
  const bad = Object.entries(LIMITS).find(([key, max]) => !isCount(numbers[key], max))
  if (bad !== undefined) return `has no ${bad[0]} from 1 to ${bad[1]} for “${name}”`
  const unknown = Object.keys(numbers).find((key) => !Object.hasOwn(LIMITS, key))
  return unknown === undefined ? undefined : `has “${unknown.slice(0, 64)}” for “${name}”`
}

const LIMITS: Readonly<Record<string, number>> = {
  frequencySeconds: 315_360_000,
  items: 1000,
  minThreads: 1_000_000,
  maxThreads: 1_000_000,
  threshold: 1_000_000,
}

const isCount = (value: unknown, max: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max
