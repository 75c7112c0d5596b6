import { computed, shallowRef, type ComputedRef } from 'vue'

export interface Selection {
  ids: ComputedRef<ReadonlySet<string>>
  /** Takes one in or out. */
  toggle: (id: string) => void
  /** Takes in all of these, as one does with Shift. */
  add: (ids: readonly string[]) => void
  clear: () => void
}

/** Which rows of a list are selected, by their ids: they stay so while the list is filtered and sorted anew. */
export function useSelection(): Selection {
  const chosen = shallowRef<ReadonlySet<string>>(new Set())
  return {
    ids: computed(() => chosen.value),
    toggle: (id) => {
      const next = new Set(chosen.value)
      if (!next.delete(id)) next.add(id)
      chosen.value = next
    },
    add: (ids) => (chosen.value = new Set([...chosen.value, ...ids])),
    clear: () => (chosen.value = new Set()),
  }
}
