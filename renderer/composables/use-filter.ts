import { onScopeDispose, ref, watch, type Ref } from 'vue'

const TYPING_MS = 150

/** A filter as it is typed, and as it is asked for a moment after the last key; '' is asked for as undefined. */
export function useFilter(initial = ''): {
  search: Ref<string>
  settled: Ref<string | undefined>
} {
  const search = ref(initial)
  const settled = ref<string | undefined>(initial || undefined)
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(search, (typed) => {
    clearTimeout(timer)
    timer = setTimeout(() => (settled.value = typed.trim() || undefined), TYPING_MS)
  })
  onScopeDispose(() => clearTimeout(timer))
  return { search, settled }
}
