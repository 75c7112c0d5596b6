import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { LogLevel, type LogEntry, type LogState, type Progress } from '#shared/domain/task.ts'
import { isConnectionLoss } from '../lib/error-text.ts'
import { addToStages, type Stage } from '../lib/steps.ts'
import { rpc } from '../rpc/client.ts'
import { connection, type Connection } from '../rpc/connection.ts'

const SCAN = 5_000
const RETRY_MS = 1_000

/** A log as its page sees it: how long it is and what stands at its end. Its lines are asked for when they are shown. */
export interface Log {
  attemptId: Ref<string | null>
  total: Ref<number>
  counts: Ref<Readonly<Record<LogLevel, number>>>
  /** The last lines, as they were told of with {@link counts}. */
  tail: Ref<readonly LogEntry[]>
  stages: Ref<readonly Stage[]>
  /** The progress that was said last: where an attempt that failed came to. */
  lastProgress: Ref<Progress | null>
  /** The time of its first line; null while there is none. */
  beganAt: Ref<number | null>
  isLive: Ref<boolean>
  /** How it stands has been heard of. */
  isKnown: Ref<boolean>
  error: Ref<unknown>
  /** All lines, in batches. */
  readAll: () => AsyncGenerator<LogEntry[]>
}

const NONE = Object.fromEntries(LogLevel.options.map((level) => [level, 0])) as Record<
  LogLevel,
  number
>

/** The log of an attempt, watched to its end. */
export function useLog(attemptId: Ref<string | null>): Log {
  const counts = shallowRef<Readonly<Record<LogLevel, number>>>(NONE)
  const tail = shallowRef<readonly LogEntry[]>([])
  const stages = shallowRef<readonly Stage[]>([])
  const lastProgress = shallowRef<Progress | null>(null)
  const beganAt = ref<number | null>(null)
  const isLive = ref(false)
  const isKnown = ref(false)
  const error = shallowRef<unknown>()
  let current = new AbortController()

  const total = computed(() => Object.values(counts.value).reduce((sum, count) => sum + count, 0))

  function begin(): AbortSignal {
    current.abort()
    current = new AbortController()
    stages.value = []
    lastProgress.value = null
    return current.signal
  }

  function reset(): void {
    counts.value = NONE
    tail.value = []
    beganAt.value = null
    isKnown.value = false
    error.value = undefined
  }

  async function follow(id: string, mine: Connection): Promise<void> {
    const signal = begin()
    isLive.value = true
    try {
      for await (const state of await rpc.task.watchLog({ attemptId: id }, { signal }))
        if (!signal.aborted) take(state)
      if (!signal.aborted) isLive.value = false
    } catch (problem) {
      if (signal.aborted) return
      if (!isConnectionLoss(problem)) error.value = problem
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      // A lost connection is followed by the next one; anything else is tried again here.
      if (!isStopped(signal) && connection.value === mine) await follow(id, mine)
    }
  }

  function take(state: LogState): void {
    error.value = undefined
    isKnown.value = true
    for (const entry of state.landmarks) {
      stages.value = addToStages(stages.value, entry)
      lastProgress.value = entry.progress ?? lastProgress.value
      if (entry.index === 0) beganAt.value = entry.serverAt ?? entry.arrivedAt
    }
    tail.value = state.tail
    counts.value = { ...NONE, ...state.counts }
  }

  async function* readAll(): AsyncGenerator<LogEntry[]> {
    const id = attemptId.value
    if (id === null) return
    for (let from = 0; from < total.value;) {
      const { entries } = await rpc.task.log({ attemptId: id, from, limit: SCAN })
      if (entries.length === 0) return
      yield entries
      from += entries.length
    }
  }

  watch(
    [attemptId, connection],
    ([id, now], before) => {
      if (before[0] !== id) reset()
      if (id !== null && now.state === 'open') void follow(id, now)
      else current.abort()
    },
    { immediate: true },
  )

  onScopeDispose(() => current.abort())
  return {
    attemptId,
    total,
    counts,
    tail,
    stages,
    lastProgress,
    beganAt,
    isLive,
    isKnown,
    error,
    readAll,
  }
}

const isStopped = (signal: AbortSignal): boolean => signal.aborted
