import { onBeforeUnmount, onMounted, type Ref } from 'vue'

const MAX_KEPT = 100
/** How far each visited page was scrolled, by its place in the history. */
const kept = new Map<string, number>()

const placeNow = (): string => {
  const state: unknown = history.state
  const position =
    typeof state === 'object' && state !== null && 'position' in state ? state.position : 0
  return `${String(position)} ${location.hash.split('?')[0] ?? ''}`
}

/** Going back leads to where one was: the scroller is put there again once it is mounted. */
export function useKeptScroll(
  scroller: Readonly<Ref<HTMLElement | null>>,
  scrollTo: (offset: number) => void,
): void {
  const place = placeNow()
  onMounted(() => {
    const offset = kept.get(place) ?? 0
    if (offset > 0) scrollTo(offset)
  })
  onBeforeUnmount(() => {
    kept.delete(place)
    kept.set(place, scroller.value?.scrollTop ?? 0)
    const oldest = kept.size > MAX_KEPT ? kept.keys().next().value : undefined
    if (oldest !== undefined) kept.delete(oldest)
  })
}
