import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import type { LogLevel } from '#shared/domain/task.ts'
import { RisingNumbers } from '../lib/rising-numbers.ts'
import { rpc } from '../rpc/client.ts'
import { connection } from '../rpc/connection.ts'
import type { Log } from './use-log.ts'

/** While one types, the search waits for the next letter. */
const TYPING_MS = 120

export interface LogSearch {
  text: Ref<string>
  /** What is searched for now; '' where nothing is. */
  searched: Ref<string>
  /** How many lines hold the text, so far. */
  count: Ref<number>
  /** The whole log has been searched, as far as it goes. */
  isDone: Ref<boolean>
  isHit: (index: number) => boolean
  /** 1 for the first hit; 0 where the line is none. */
  numberOf: (index: number) => number
  /** The hit after or before a line, round the end; undefined where there is none. */
  next: (from: number, step: 1 | -1) => number | undefined
}

/** A search through all lines of a log that pass a filter; main reads them, and goes on while the log grows. */
export function useLogSearch(log: Log, levels: Ref<readonly LogLevel[] | undefined>): LogSearch {
  const text = ref('')
  const searched = ref('')
  const count = ref(0)
  const seen = ref(0)
  const hits = shallowRef(new RisingNumbers())
  let current = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined

  function restart(): void {
    current.abort()
    current = new AbortController()
    hits.value = new RisingNumbers()
    count.value = 0
    seen.value = 0
    searched.value = text.value
    if (text.value !== '' && connection.value.state === 'open') void run(current.signal)
  }

  async function run(signal: AbortSignal): Promise<void> {
    const id = log.attemptId.value
    if (id === null) return
    const question = {
      attemptId: id,
      text: searched.value,
      ...(levels.value === undefined ? {} : { levels: [...levels.value] }),
    }
    try {
      for await (const found of await rpc.task.searchLog(question, { signal })) {
        if (signal.aborted) return
        hits.value.add(found.hits)
        count.value = hits.value.length
        seen.value = found.searched
      }
    } catch {
      // A connection that came back, or the next letter, begins anew; the log itself tells what is wrong with it.
    }
  }

  watch(text, () => {
    clearTimeout(timer)
    timer = setTimeout(restart, text.value === '' ? 0 : TYPING_MS)
  })
  watch([log.attemptId, levels, connection], restart)
  onScopeDispose(() => {
    clearTimeout(timer)
    current.abort()
  })

  const isDone = computed(() => searched.value === '' || seen.value >= log.total.value)

  /** Reading the count is what makes the asker hear of new hits. */
  const known = (): RisingNumbers => (count.value >= 0 ? hits.value : hits.value)
  return {
    text,
    searched,
    count,
    isDone,
    isHit: (index) => known().has(index),
    numberOf: (index) => (known().has(index) ? known().placeOf(index) + 1 : 0),
    next: (from, step) => known().next(from, step),
  }
}
