import { computed, onMounted, onUnmounted, onUpdated, ref, watch, type Ref } from 'vue'
import { LineHeights } from '../lib/line-heights.ts'
import { scrollScale } from '../lib/scroll-scale.ts'

/** Lines beside those on the screen, so that a slow frame shows no hole. */
const OVERSCAN = 12
const FALLBACK_ROW = 20

export interface LineWindow {
  /** The lines that exist on the page, `last` not included. */
  range: Ref<{ first: number; last: number }>
  /** Where they stand, and how high the whole is made, in pixels. */
  offset: Ref<number>
  height: Ref<number>
  isAtEnd: () => boolean
  toEnd: () => void
  /** Brings a line to the middle of the screen. */
  toLine: (line: number) => void
  /** The first line on the screen. */
  firstLine: () => number
  /** Brings a line to the top of the screen. */
  toTop: (line: number) => void
  /** Says that the lines are others altogether. */
  forgetLines: () => void
  /** True where the person scrolled. */
  onScroll: () => boolean
  onWheel: (event: WheelEvent) => void
  /** True where the key moved the lines. */
  onKey: (event: KeyboardEvent) => boolean
}

/**
 * Scrolling through any number of lines of which only those on the screen exist. A line that is wrapped is measured once
 * it is there; what is looked at stays where it is while lines above it turn out higher, or the window gets narrower.
 * `lines` is the element whose children are the lines of `range`.
 */
export function useLineWindow({
  scroller,
  lines,
  count,
  isWrapped,
}: {
  scroller: Readonly<Ref<HTMLElement | null>>
  lines: Readonly<Ref<HTMLElement | null>>
  count: Ref<number>
  isWrapped: Ref<boolean>
}): LineWindow {
  const heights = new LineHeights()
  const measured = ref(0)
  const row = ref(FALLBACK_ROW)
  const viewport = ref(0)
  /** The first pixel on the screen, among those of all lines. */
  const top = ref(0)
  /** The scroll bar's own place. */
  const scrolled = ref(0)
  let width = 0

  const whole = computed(() => {
    void measured.value
    return heights.totalOf(count.value) * row.value
  })
  const scale = computed(() => scrollScale(whole.value, viewport.value))
  const range = computed(() => {
    void measured.value
    if (count.value === 0) return { first: 0, last: 0 }
    const first = heights.lineAt(top.value / row.value, count.value)
    const last = heights.lineAt((top.value + viewport.value) / row.value, count.value)
    return {
      first: Math.max(0, first - OVERSCAN),
      last: Math.min(count.value, last + 1 + OVERSCAN),
    }
  })
  const offset = computed(() => {
    void measured.value
    return scrolled.value + heights.rowsBefore(range.value.first) * row.value - top.value
  })
  const lowest = (): number => Math.max(0, whole.value - viewport.value)

  function moveTo(pixel: number): void {
    top.value = Math.max(0, Math.min(pixel, lowest()))
    scrolled.value = top.value / scale.value.factor
    const element = scroller.value
    if (element === null) return
    // The element can be scrolled there only once it is high enough.
    if (element.firstElementChild instanceof HTMLElement)
      element.firstElementChild.style.height = `${scale.value.height}px`
    element.scrollTop = scrolled.value
    scrolled.value = element.scrollTop
  }

  function onScroll(): boolean {
    const element = scroller.value
    if (element === null || Math.abs(element.scrollTop - scrolled.value) < 1) return false
    scrolled.value = element.scrollTop
    top.value = Math.min(element.scrollTop * scale.value.factor, lowest())
    return true
  }

  /** Where the scroll bar is coarser than the lines are, the wheel moves the lines. */
  function onWheel(event: WheelEvent): void {
    if (scale.value.factor === 1 || event.ctrlKey || event.deltaY === 0) return
    event.preventDefault()
    moveTo(
      top.value + event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? row.value : 1),
    )
  }

  function onKey(event: KeyboardEvent): boolean {
    const step = stepOf(event, row.value, viewport.value)
    if (step === undefined) return false
    event.preventDefault()
    moveTo(top.value + step)
    return true
  }

  const isAtEnd = (): boolean => top.value >= lowest() - 1

  /** Does something to the heights, and leaves what is on the screen where it is. */
  function keepingPlace(work: () => boolean): void {
    const wasAtEnd = isAtEnd()
    const line = heights.lineAt(top.value / row.value, count.value)
    const within = top.value - heights.rowsBefore(line) * row.value
    if (!work()) return
    measured.value++
    moveTo(wasAtEnd ? Infinity : heights.rowsBefore(line) * row.value + within)
  }

  function measure(): void {
    const element = lines.value
    if (element === null || !isWrapped.value) return
    const { first, last } = range.value
    const found = [...element.children].slice(0, last - first)
    const rows = found.map((child) => Math.round((child as HTMLElement).offsetHeight / row.value))
    keepingPlace(() => {
      const news = rows.map((one, at) => heights.set(first + at, one))
      return news.includes(true)
    })
  }

  function forget(): void {
    keepingPlace(() => {
      heights.clear()
      return true
    })
  }

  function look(element: HTMLElement): void {
    row.value = Number.parseFloat(getComputedStyle(element).lineHeight) || FALLBACK_ROW
    viewport.value = element.clientHeight
    const isOther = width !== 0 && width !== element.clientWidth
    width = element.clientWidth
    if (isOther && isWrapped.value) forget()
  }

  const observer = new ResizeObserver(() => {
    const wasAtEnd = isAtEnd()
    if (scroller.value !== null) look(scroller.value)
    if (wasAtEnd) moveTo(Infinity)
  })
  onMounted(() => {
    if (scroller.value === null) return
    look(scroller.value)
    observer.observe(scroller.value)
    moveTo(top.value)
  })
  onUnmounted(() => observer.disconnect())
  onUpdated(measure)
  watch(isWrapped, forget, { flush: 'post' })

  return {
    range,
    offset,
    height: computed(() => scale.value.height),
    isAtEnd,
    toEnd: () => moveTo(Infinity),
    toLine: (line) =>
      moveTo(heights.rowsBefore(line) * row.value - (viewport.value - row.value) / 2),
    firstLine: () => heights.lineAt(top.value / row.value, count.value),
    toTop: (line) => moveTo(heights.rowsBefore(line) * row.value),
    forgetLines() {
      heights.clear()
      measured.value++
      moveTo(top.value)
    },
    onScroll,
    onWheel,
    onKey,
  }
}

function stepOf({ key, target }: KeyboardEvent, row: number, viewport: number): number | undefined {
  if (target instanceof HTMLInputElement) return undefined
  switch (key) {
    case 'ArrowDown':
      return row
    case 'ArrowUp':
      return -row
    case 'PageDown':
      return viewport - row
    case 'PageUp':
      return row - viewport
    case 'Home':
      return -Infinity
    case 'End':
      return Infinity
    default:
      return undefined
  }
}
