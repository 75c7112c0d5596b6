import { onScopeDispose, ref, watch, type Ref } from 'vue'

const SLOW_MS = 200

/** True once `isBusy` has been true for a moment, so that what is quick does not flash. */
export function useSettled(isBusy: () => boolean): Ref<boolean> {
  const isSlow = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    isBusy,
    (busy) => {
      clearTimeout(timer)
      isSlow.value = false
      if (busy) timer = setTimeout(() => (isSlow.value = true), SLOW_MS)
    },
    { immediate: true },
  )
  onScopeDispose(() => clearTimeout(timer))
  return isSlow
}
