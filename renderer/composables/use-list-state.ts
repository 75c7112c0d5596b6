import { computed, onScopeDispose, reactive, watch, type ComputedRef, type Ref } from 'vue'
import { onBeforeRouteLeave, useRoute, useRouter } from 'vue-router'
import { useFilter } from './use-filter.ts'

/** Another address makes all of a browser work, its bar as well: that is left until the keys have come to rest. */
const ADDRESS_MS = 400

export interface ChosenSort<By extends string> {
  by: By
  isDescending: boolean
}

export interface ListState<Facet extends string, By extends string> {
  search: Ref<string>
  settled: Ref<string | undefined>
  /** What is chosen of each facet; absent where all are shown. */
  facets: Record<Facet, string | undefined>
  sort: ComputedRef<ChosenSort<By> | undefined>
  /** Sorts by a column; again by the same turns the order about, a third time leads back to the usual one. */
  sortBy: (by: By) => void
  isFiltered: ComputedRef<boolean>
  clear: () => void
}

/**
 * What narrows and orders a list. It stands in the page's address, so that going back leads to the list as it was, and
 * so that a link can lead to a part of it.
 */
export function useListState<const Facet extends string, const By extends string>({
  facets: names = [],
  sorts = [],
}: {
  facets?: readonly Facet[]
  sorts?: readonly By[]
} = {}): ListState<Facet, By> {
  const route = useRoute()
  const router = useRouter()
  const fromQuery = (name: string): string | undefined => {
    const value = route.query[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const { search, settled } = useFilter({ initial: fromQuery('q') })
  const chosen = reactive<Record<string, string | undefined>>(
    Object.fromEntries(names.map((name) => [name, fromQuery(name)])),
  )
  const order = reactive({ sort: fromQuery('sort') })

  const sort = computed(() => {
    const isDescending = order.sort?.startsWith('-') === true
    const by = sorts.find((one) => one === (isDescending ? order.sort?.slice(1) : order.sort))
    return by === undefined ? undefined : { by, isDescending }
  })

  function sortBy(by: By): void {
    const now = sort.value
    if (now?.by !== by) order.sort = by
    else order.sort = now.isDescending ? undefined : `-${by}`
  }

  /** It is no navigation: with each key in the filter, all that looks at the route would be drawn anew. */
  function writeAddress(): void {
    const query = { q: settled.value, ...chosen, sort: order.sort }
    const kept = Object.entries(query).filter(([, value]) => value !== undefined)
    const { fullPath } = router.resolve({ query: Object.fromEntries(kept) })
    router.options.history.replace(fullPath)
  }
  let writing: ReturnType<typeof setTimeout> | undefined
  watch([settled, () => ({ ...chosen }), () => order.sort], () => {
    clearTimeout(writing)
    writing = setTimeout(writeAddress, ADDRESS_MS)
  })
  onScopeDispose(() => clearTimeout(writing))
  onBeforeRouteLeave(() => {
    // Back and forward have led the browser to another address by now, which is not this list's.
    const isStillHere = router.options.history.location.split('?')[0] === route.path
    if (isStillHere) writeAddress()
  })

  const isFiltered = computed(
    () => search.value !== '' || Object.values(chosen).some((value) => value !== undefined),
  )
  function clear(): void {
    search.value = ''
    for (const name of names) chosen[name] = undefined
  }
  const facets = chosen as Record<Facet, string | undefined>
  return { search, settled, facets, sort, sortBy, isFiltered, clear }
}
