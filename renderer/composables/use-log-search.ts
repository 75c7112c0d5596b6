import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { includesText } from '../lib/log-search.ts'
import type { Log } from './use-log.ts'

/** More hits than this help nobody; the search stops there. */
const MAX_HITS = 100_000

export interface LogSearch {
  text: Ref<string>
  /** Indexes of the lines that hold the text, in order. */
  hits: Ref<readonly number[]>
  isHit: (index: number) => boolean
  /** The hit after or before a line, round the end; -1 where there is none. */
  next: (from: number, step: 1 | -1) => number
}

/** A search through all lines of a log, going on while the log grows. */
export function useLogSearch(log: Log): LogSearch {
  const text = ref('')
  const hits = shallowRef<readonly number[]>([])
  const hitSet = computed(() => new Set(hits.value))
  let searched = 0
  let isUnderWay = false
  let current = new AbortController()

  function restart(): void {
    current.abort()
    current = new AbortController()
    searched = 0
    isUnderWay = false
    hits.value = []
    void goOn()
  }

  async function goOn(): Promise<void> {
    if (text.value === '' || isUnderWay || hits.value.length >= MAX_HITS) return
    isUnderWay = true
    const { signal } = current
    try {
      for await (const entries of log.readAll(searched, signal)) {
        if (signal.aborted) return
        const found = entries.filter((entry) => includesText(entry.text, text.value))
        hits.value = [...hits.value, ...found.map(({ index }) => index)]
        searched += entries.length
        if (hits.value.length >= MAX_HITS) return
      }
    } catch {
      // The next lines, or the next letter, try again from where this one came to.
    } finally {
      if (!signal.aborted) isUnderWay = false
    }
  }

  watch(text, restart)
  watch(log.digested, () => void goOn())
  onScopeDispose(() => current.abort())

  function next(from: number, step: 1 | -1): number {
    const found = hits.value
    const isBeyond = (one: number): boolean => (one - from) * step > 0
    const near = step === 1 ? found.find(isBeyond) : found.findLast(isBeyond)
    return near ?? found.at(step === 1 ? 0 : -1) ?? -1
  }
  return { text, hits, isHit: (index) => hitSet.value.has(index), next }
}
