import { computed, ref, shallowRef, type ComputedRef, type Ref } from 'vue'

export interface Selection {
  ids: ComputedRef<ReadonlySet<string>>
  /** Takes one in or out. */
  toggle: (id: string) => void
  /** Takes in all of these, as one does with Shift. */
  add: (ids: readonly string[]) => void
  clear: () => void
  /** Whether the menu of what can be done with them is asked for. */
  isMenuOpen: Ref<boolean>
  /** Asks for that menu; for this one where nothing is selected yet. */
  openMenu: (id: string) => void
}

/** Which rows of a list are selected, by their ids: they stay so while the list is filtered and sorted anew. */
export function useSelection(): Selection {
  const chosen = shallowRef<ReadonlySet<string>>(new Set())
  const isMenuOpen = ref(false)
  return {
    ids: computed(() => chosen.value),
    toggle: (id) => {
      const next = new Set(chosen.value)
      if (!next.delete(id)) next.add(id)
      chosen.value = next
    },
    add: (ids) => (chosen.value = new Set([...chosen.value, ...ids])),
    clear: () => (chosen.value = new Set()),
    isMenuOpen,
    openMenu: (id) => {
      if (chosen.value.size === 0) chosen.value = new Set([id])
      isMenuOpen.value = true
    },
  }
}
