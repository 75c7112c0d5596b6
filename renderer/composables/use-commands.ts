import { computed, onMounted, onUnmounted, shallowReactive, type ComputedRef } from 'vue'
import type { Command } from '../lib/palette.ts'

const sources = shallowReactive(new Set<() => readonly Command[]>())

/** Adds commands to the palette for as long as the component is shown. */
export function useCommands(source: () => readonly Command[]): void {
  onMounted(() => sources.add(source))
  onUnmounted(() => sources.delete(source))
}

/** What the shown page has added, the newest component's first. */
export const useShownCommands = (): ComputedRef<readonly Command[]> =>
  computed(() => [...sources].toReversed().flatMap((source) => source()))
