import { onScopeDispose, ref, watch, type Ref } from 'vue'

/**
 * A filter as it is typed, and as it is asked for: at once, or `delayMs` after the last key where an answer costs more
 * than it is worth by then. '' is asked for as undefined.
 */
export function useFilter({ initial = '', delayMs = 0 } = {}): {
  search: Ref<string>
  settled: Ref<string | undefined>
} {
  const search = ref(initial)
  const settled = ref<string | undefined>(initial || undefined)
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(search, (typed) => {
    clearTimeout(timer)
    const settle = (): void => void (settled.value = typed.trim() || undefined)
    if (delayMs === 0) settle()
    else timer = setTimeout(settle, delayMs)
  })
  onScopeDispose(() => clearTimeout(timer))
  return { search, settled }
}
