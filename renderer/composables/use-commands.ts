import { computed, onMounted, onUnmounted, shallowReactive, type ComputedRef } from 'vue'

/** Something the palette can do or lead to. */
export interface Command {
  label: string
  icon: string
  /** What it is about, behind the label. */
  suffix?: string
  /** Why it cannot be done now: it is shown greyed, with this. */
  refusal?: string
  to?: string
  run?: () => void
  keys?: readonly string[]
}

const sources = shallowReactive(new Set<() => readonly Command[]>())

/** Adds commands to the palette for as long as the component is shown. */
export function useCommands(source: () => readonly Command[]): void {
  onMounted(() => sources.add(source))
  onUnmounted(() => sources.delete(source))
}

/** What the shown page has added, the newest component's first. */
export const useShownCommands = (): ComputedRef<readonly Command[]> =>
  computed(() => [...sources].toReversed().flatMap((source) => source()))
