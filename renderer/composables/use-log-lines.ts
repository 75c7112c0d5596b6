import { computed, onScopeDispose, ref, watch, type Ref } from 'vue'
import type { LogEntry, LogLevel } from '#shared/domain/task.ts'
import { isConnectionLoss } from '../lib/error-text.ts'
import { PageCache } from '../lib/page-cache.ts'
import { rpc } from '../rpc/client.ts'
import type { Log } from './use-log.ts'

const PAGE = 250
/** Lines kept in memory are at most PAGE × PAGES however long the log is. */
const PAGES = 20

export interface LogLines {
  /** How many lines pass the filter. */
  count: Ref<number>
  /** The line at a place among those that pass, or undefined while it is fetched. Reading it tracks what comes in. */
  entryAt: (place: number) => LogEntry | undefined
  /** The place of a line, or of the next one that passes. */
  placeOf: (index: number) => Promise<number>
  /** The next line of these levels, round the end, by its index. */
  findNext: (levels: readonly LogLevel[], from: number, step?: 1 | -1) => Promise<number | null>
}

/** The lines of a log that are of some levels (all of them where `levels` is undefined), fetched as they are shown. */
export function useLogLines(log: Log, levels: Ref<readonly LogLevel[] | undefined>): LogLines {
  const version = ref(0)
  let pages = new PageCache<LogEntry>(PAGES)
  let asked = new Set<number>()
  let current = new AbortController()

  function reset(): void {
    current.abort()
    current = new AbortController()
    pages = new PageCache(PAGES)
    asked = new Set()
    version.value++
  }
  watch([log.attemptId, levels], reset)
  onScopeDispose(() => current.abort())

  const count = computed(() =>
    (levels.value ?? Object.keys(log.counts.value)).reduce(
      (sum, level) => sum + log.counts.value[level as LogLevel],
      0,
    ),
  )
  const tail = computed(() => {
    const wanted = levels.value
    return wanted ? log.tail.value.filter(({ level }) => wanted.includes(level)) : log.tail.value
  })

  function entryAt(place: number): LogEntry | undefined {
    void version.value
    const fromEnd = place - (count.value - tail.value.length)
    if (fromEnd >= 0) return tail.value[fromEnd]
    const page = Math.floor(place / PAGE)
    const entry = pages.get(page)?.[place % PAGE]
    if (entry === undefined && place >= 0) void fetchPage(page)
    return entry
  }

  async function fetchPage(page: number): Promise<void> {
    const id = log.attemptId.value
    if (id === null || asked.has(page)) return
    const mine = asked
    const { signal } = current
    mine.add(page)
    try {
      const input = { attemptId: id, from: page * PAGE, limit: PAGE, ...wanted() }
      const { entries } = await rpc.task.log(input, { signal })
      if (signal.aborted) return
      if (entries.length > (pages.get(page)?.length ?? 0)) pages.set(page, entries)
      version.value++
    } catch (problem) {
      if (!signal.aborted && !isConnectionLoss(problem)) log.error.value = problem
    } finally {
      mine.delete(page)
    }
  }

  const wanted = (): { levels?: LogLevel[] } =>
    levels.value === undefined ? {} : { levels: [...levels.value] }

  async function placeOf(index: number): Promise<number> {
    const id = log.attemptId.value
    if (levels.value === undefined || id === null) return index
    return (await rpc.task.placeInLog({ attemptId: id, index, levels: [...levels.value] })).place
  }

  async function findNext(
    of: readonly LogLevel[],
    from: number,
    step: 1 | -1 = 1,
  ): Promise<number | null> {
    const id = log.attemptId.value
    if (id === null) return null
    return (await rpc.task.findInLog({ attemptId: id, levels: [...of], from, step })).index
  }

  return { count, entryAt, placeOf, findNext }
}
