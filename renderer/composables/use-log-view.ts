import { computed, nextTick, ref, watch, type Ref } from 'vue'
import type { LogEntry, LogLevel } from '#shared/domain/task.ts'
import { useLineWindow, type LineWindow } from './use-line-window.ts'
import { useLogLines } from './use-log-lines.ts'
import { useLogSearch, type LogSearch } from './use-log-search.ts'
import { useSetting } from './use-setting.ts'
import type { Log } from './use-log.ts'

export type LogFilter = 'all' | 'warning' | 'error'
const LEVELS: Readonly<Record<LogFilter, readonly LogLevel[] | undefined>> = {
  all: undefined,
  warning: ['warning', 'error'],
  error: ['error'],
}

export interface ShownLine {
  place: number
  entry: LogEntry | undefined
}

export interface LogViewModel {
  filter: Ref<LogFilter>
  isWrapped: Ref<boolean>
  isFollowing: Ref<boolean>
  count: Ref<number>
  lines: Ref<readonly ShownLine[]>
  /** The line that was led to, by its index; -1 for none. */
  current: Ref<number>
  search: LogSearch
  window: LineWindow
  goTo: (index: number) => Promise<void>
  nextProblem: (step?: 1 | -1) => Promise<void>
  nextHit: (step: 1 | -1) => Promise<void>
  noteWheel: (event: WheelEvent) => void
  noteScroll: () => void
  noteKey: (event: KeyboardEvent) => void
}

/** What a log shows: which lines pass, where one stands in them, and whether it keeps to the end. */
export function useLogView(
  log: Log,
  elements: {
    scroller: Readonly<Ref<HTMLElement | null>>
    lines: Readonly<Ref<HTMLElement | null>>
  },
): LogViewModel {
  const filter = ref<LogFilter>('all')
  const isWrapped = useSetting('log.isWrapped')
  const wish = useSetting('log.isFollowed')
  /** Scrolling up ends following for this log; the person's wish stands for the next one. */
  const isFollowing = ref(true)
  watch(wish, (isOn) => (isFollowing.value = isOn), { immediate: true })
  const current = ref(-1)

  const levels = computed(() => LEVELS[filter.value])
  const { count, entryAt, placeOf, findNext } = useLogLines(log, levels)
  const search = useLogSearch(log, levels)
  const window = useLineWindow({ ...elements, count, isWrapped })
  const lines = computed(() => {
    const { first, last } = window.range.value
    return Array.from({ length: last - first }, (_, at) => ({
      place: first + at,
      entry: entryAt(first + at),
    }))
  })

  async function toEnd(): Promise<void> {
    await nextTick()
    if (isFollowing.value) window.toEnd()
  }
  watch([count, filter], toEnd)

  /** Where one stands among all lines, by the first one on the screen; other levels do not change it, moving does. */
  let stand: number | undefined
  async function show(next: LogFilter): Promise<void> {
    stand ??= entryAt(window.firstLine())?.index
    filter.value = next
    window.forgetLines()
    if (stand === undefined || isFollowing.value) return
    const place = await placeOf(stand)
    if (filter.value === next) window.toTop(place)
  }
  watch(isFollowing, (isOn) => void (isOn && toEnd()))

  async function goTo(index: number): Promise<void> {
    isFollowing.value = false
    stand = undefined
    current.value = index
    window.toLine(await placeOf(index))
  }
  async function nextProblem(step: 1 | -1 = 1): Promise<void> {
    const wanted = log.counts.value.error > 0 ? (['error'] as const) : (['warning'] as const)
    const index = await findNext(wanted, current.value, step)
    if (index !== null) await goTo(index)
  }
  async function nextHit(step: 1 | -1): Promise<void> {
    const index = search.next(current.value, step)
    if (index !== undefined) await goTo(index)
  }

  /** Whoever leaves the end no longer follows; whoever reaches the end of a log that grows does again. */
  function noteMove(): void {
    stand = undefined
    isFollowing.value = log.isLive.value && wish.value && window.isAtEnd()
  }

  return {
    filter: computed({ get: () => filter.value, set: (next) => void show(next) }),
    isWrapped,
    isFollowing: computed({
      get: () => isFollowing.value,
      set(isOn) {
        isFollowing.value = isOn
        wish.value = isOn
      },
    }),
    count,
    lines,
    current,
    search,
    window,
    goTo,
    nextProblem,
    nextHit,
    noteWheel(event) {
      if (event.deltaY < 0) isFollowing.value = false
      stand = undefined
      window.onWheel(event)
    },
    noteScroll() {
      if (window.onScroll()) noteMove()
    },
    noteKey(event) {
      if (window.onKey(event)) noteMove()
    },
  }
}
