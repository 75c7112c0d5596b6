import { onScopeDispose, ref, shallowRef, watch, type Ref, type WatchSource } from 'vue'
import { isConnectionLoss } from '../lib/error-text.ts'
import { throttle } from '../lib/throttle.ts'
import { useLive } from '../stores/live.ts'

const REFETCH_MS = 150

export interface Query<Data> {
  data: Ref<Data | undefined>
  /** The last call's error; what was shown before stays. */
  error: Ref<unknown>
  isLoading: Ref<boolean>
  refresh: () => void
}

/**
 * Asks main, and again whenever `sources` change or anything stored does. An answer that was overtaken by a later
 * question is dropped; a new source clears what was shown, a change only replaces it, at most once in `everyMs`.
 */
export function useQuery<Data>(
  ask: (signal: AbortSignal) => Promise<Data>,
  sources: WatchSource[] = [],
  { everyMs = REFETCH_MS }: { everyMs?: number } = {},
): Query<Data> {
  const data = shallowRef<Data>()
  const error = shallowRef<unknown>()
  const isLoading = ref(true)
  let current = new AbortController()
  let isUnderWay = false
  let isStale = false

  async function load(): Promise<void> {
    const { signal } = current
    isUnderWay = true
    isStale = false
    try {
      const answer = await ask(signal)
      if (signal.aborted) return
      data.value = answer
      error.value = undefined
    } catch (problem) {
      // A lost connection is told by the status bar; everything is asked again when it is back.
      if (!signal.aborted && !isConnectionLoss(problem)) error.value = problem
    } finally {
      if (!signal.aborted) {
        isUnderWay = false
        isLoading.value = false
        if (isStale) refetch.call()
      }
    }
  }

  const refetch = throttle(() => {
    if (isUnderWay) isStale = true
    else void load()
  }, everyMs)

  function restart(): void {
    current.abort()
    current = new AbortController()
    isLoading.value = true
    void load()
  }

  const stopListening = useLive().onStored(refetch.call)
  watch(sources, () => {
    data.value = undefined
    error.value = undefined
    restart()
  })
  onScopeDispose(() => {
    stopListening()
    refetch.stop()
    current.abort()
  })
  restart()
  return { data, error, isLoading, refresh: refetch.call }
}
