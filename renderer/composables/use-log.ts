import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import type { LogEntry } from '#shared/domain/task.ts'
import { isConnectionLoss } from '../lib/error-text.ts'
import { LogDigest } from '../lib/log-digest.ts'
import { PageCache } from '../lib/page-cache.ts'
import { rpc } from '../rpc/client.ts'
import { connection, type Connection } from '../rpc/connection.ts'

const PAGE = 250
/** Lines kept in memory are at most PAGE × PAGES however long the log is. */
const PAGES = 40
const SCAN = 5_000
const NEAR_END = 2_000
const RETRY_MS = 1_000

export interface Log {
  total: Ref<number>
  /** Grows with every batch that was digested, so that what reads {@link digest} is computed again. */
  digested: Ref<number>
  digest: Ref<LogDigest>
  isLive: Ref<boolean>
  error: Ref<unknown>
  /** Counts up when pages have come in. */
  version: Ref<number>
  /** The line, or undefined while it is fetched. */
  entryAt: (index: number) => LogEntry | undefined
  /** All lines from `from` on, in batches. */
  readAll: (from?: number, signal?: AbortSignal) => AsyncGenerator<LogEntry[]>
}

/** The log of an attempt: followed to its end, whatever its length, with few lines in memory. */
export function useLog(attemptId: Ref<string | null>): Log {
  const total = ref(0)
  const digested = ref(0)
  const digest = shallowRef(new LogDigest())
  const isLive = ref(false)
  const error = shallowRef<unknown>()
  const version = ref(0)
  let pages = new PageCache<LogEntry>(PAGES)
  let asked = new Set<number>()
  let current = new AbortController()

  function reset(): AbortSignal {
    current.abort()
    current = new AbortController()
    pages = new PageCache(PAGES)
    asked = new Set()
    digest.value = new LogDigest()
    total.value = 0
    digested.value = 0
    error.value = undefined
    return current.signal
  }

  async function follow(id: string, signal: AbortSignal, mine: Connection): Promise<void> {
    isLive.value = true
    try {
      total.value = (await rpc.task.log({ attemptId: id, from: 0, limit: 1 }, { signal })).total
      const from = digest.value.length
      for await (const entries of await rpc.task.followLog({ attemptId: id, from }, { signal }))
        if (!signal.aborted) take(entries)
      if (!signal.aborted) isLive.value = false
    } catch (problem) {
      if (signal.aborted) return
      if (!isConnectionLoss(problem)) error.value = problem
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      // A lost connection is followed by the next one; anything else is tried again here.
      if (!isStopped(signal) && connection.value === mine) await follow(id, signal, mine)
    }
  }

  function take(entries: LogEntry[]): void {
    digest.value.add(entries)
    digested.value = digest.value.length
    total.value = Math.max(total.value, digested.value)
    error.value = undefined
    extendLastPages(entries)
    version.value++
  }

  /**
   * Lines at the end are put where they are looked for, so that a growing log is not fetched again. While a long log
   * is read from its start they are not: they would push out what is on the screen.
   */
  function extendLastPages(entries: LogEntry[]): void {
    if (digested.value < total.value - NEAR_END) return
    for (const entry of entries) {
      const page = Math.floor(entry.index / PAGE)
      const held = pages.get(page) ?? []
      if (held.length === entry.index % PAGE) pages.set(page, [...held, entry])
    }
  }

  function entryAt(index: number): LogEntry | undefined {
    const page = Math.floor(index / PAGE)
    const entry = pages.get(page)?.[index % PAGE]
    if (entry === undefined && index < total.value) void fetchPage(page)
    return entry
  }

  async function fetchPage(page: number): Promise<void> {
    const id = attemptId.value
    if (id === null || asked.has(page)) return
    const { signal } = current
    asked.add(page)
    try {
      const input = { attemptId: id, from: page * PAGE, limit: PAGE }
      const { entries } = await rpc.task.log(input, { signal })
      if (signal.aborted) return
      if (entries.length > (pages.get(page)?.length ?? 0)) pages.set(page, entries)
      version.value++
    } catch (problem) {
      if (!signal.aborted && !isConnectionLoss(problem)) error.value = problem
    } finally {
      asked.delete(page)
    }
  }

  async function* readAll(begin = 0, signal?: AbortSignal): AsyncGenerator<LogEntry[]> {
    const id = attemptId.value
    if (id === null) return
    for (let from = begin; from < total.value;) {
      const input = { attemptId: id, from, limit: SCAN }
      const { entries } = await rpc.task.log(input, { ...(signal === undefined ? {} : { signal }) })
      if (entries.length === 0) return
      yield entries
      from += entries.length
    }
  }

  watch(
    [attemptId, connection],
    ([id, now], before) => {
      const signal = before[0] === id ? current.signal : reset()
      // What was under way over a lost connection has ended with it; the next one goes on from the last line.
      if (id !== null && now.state === 'open') void follow(id, signal, now)
    },
    { immediate: true },
  )

  onScopeDispose(() => current.abort())
  return { total, digested, digest, isLive, error, version, entryAt, readAll }
}

const isStopped = (signal: AbortSignal): boolean => signal.aborted
