import { computed, onScopeDispose, ref, shallowRef, watch, type Ref, type WatchSource } from 'vue'
import { isConnectionLoss } from '../lib/error-text.ts'
import { mergeHeld } from '../lib/held-rows.ts'
import { throttle } from '../lib/throttle.ts'
import { useLive } from '../stores/live.ts'

/** Some screens: a key in the filter waits for one of these. */
const PAGE = 80
/** As many as main gives at once, and takes of one order. */
const MAX_IDS = 1000
const REFETCH_MS = 200

export interface PageQuestion {
  offset: number
  limit: number
  signal: AbortSignal
}

export interface List<Row extends { id: string }> {
  /** The rows by their place; places that were not fetched yet are undefined. */
  rows: Ref<readonly (Row | undefined)[]>
  isLoading: Ref<boolean>
  error: Ref<unknown>
  /** Fetches what is missing or stale between two places. */
  show: (first: number, last: number) => void
  /** While held (the pointer is over the rows) no row moves; what came meanwhile is counted. */
  hold: (isHeld: boolean) => void
  newRows: Ref<number>
  /** Shows what waited behind {@link newRows}. */
  takeNew: () => void
  /** The ids of all rows that there are, the first thousand at most. */
  allIds: () => Promise<string[]>
}

/** A list of any length, fetched in pages as it is scrolled, and fetched again when something stored changes. */
export function useList<Row extends { id: string }>(
  ask: (question: PageQuestion) => Promise<{ items: Row[]; total: number }>,
  sources: WatchSource[],
): List<Row> {
  const rows = shallowRef<readonly (Row | undefined)[]>([])
  const isLoading = ref(true)
  const error = shallowRef<unknown>()
  const isHeld = ref(false)
  const total = ref(0)
  let range = { first: 0, last: PAGE - 1 }
  let fresh = new Set<number>()
  /** The rows that are shown are those of the question before; they stay until this one is answered. */
  let isOther = false
  let current = new AbortController()

  async function load(page: number): Promise<void> {
    const { signal } = current
    fresh.add(page)
    try {
      const answer = await ask({ offset: page * PAGE, limit: PAGE, signal })
      if (signal.aborted) return
      take(page, answer)
      error.value = undefined
    } catch (problem) {
      if (signal.aborted) return
      fresh.delete(page)
      if (isConnectionLoss(problem)) return
      error.value = problem
    }
    isLoading.value = false
  }

  function take(page: number, answer: { items: Row[]; total: number }): void {
    total.value = answer.total
    if (isOther) {
      isOther = false
      rows.value = []
    }
    if (isHeld.value && rows.value.length > 0) {
      rows.value = mergeHeld(rows.value, answer.items, page * PAGE)
      return
    }
    const next = rows.value.slice(0, answer.total)
    next.length = answer.total
    answer.items.forEach((item, index) => (next[page * PAGE + index] = item))
    rows.value = next
  }

  function show(first: number, last: number): void {
    range = { first, last }
    const lastPage = Math.floor(Math.max(first, last) / PAGE)
    for (let page = Math.floor(first / PAGE); page <= lastPage; page++)
      if (!fresh.has(page)) void load(page)
  }

  /** Everything fetched is stale; what is on the screen is asked for again. */
  function refresh(): void {
    current.abort()
    current = new AbortController()
    fresh = new Set()
    show(range.first, range.last)
  }
  const refetch = throttle(refresh, REFETCH_MS)

  function restart(): void {
    isOther = true
    isLoading.value = true
    range = { first: 0, last: PAGE - 1 }
    refresh()
  }

  const newRows = computed(() => Math.max(0, total.value - rows.value.length))
  const takeNew = (): void => {
    isHeld.value = false
    refresh()
  }

  async function allIds(): Promise<string[]> {
    const { signal } = current
    const { items } = await ask({ offset: 0, limit: MAX_IDS, signal })
    return items.map(({ id }) => id)
  }

  const stopListening = useLive().onStored(refetch.call)
  watch(sources, restart)
  watch(isHeld, (held) => {
    if (!held && newRows.value > 0) refetch.call()
  })
  onScopeDispose(() => {
    stopListening()
    refetch.stop()
    current.abort()
  })
  restart()
  const hold = (held: boolean): void => void (isHeld.value = held)
  return { rows, isLoading, error, show, hold, newRows, takeNew, allIds }
}
