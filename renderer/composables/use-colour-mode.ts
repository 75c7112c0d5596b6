import { useColorMode } from '@vueuse/core'
import { computed, watch, type ComputedRef } from 'vue'
import { useSettings } from '../stores/settings.ts'
import { useSetting } from './use-setting.ts'

interface Choice {
  label: string
  icon: string
  title: string
}

const CHOICES = {
  system: { words: 'like the system', icon: 'i-lucide-monitor' },
  light: { words: 'light', icon: 'i-lucide-sun' },
  dark: { words: 'dark', icon: 'i-lucide-moon' },
} as const
const AFTER = { system: 'light', light: 'dark', dark: 'system' } as const

/** Light, dark or like the system: what is chosen now, and a step to the next. */
export function useColourMode(): {
  next: ComputedRef<Choice>
  cycle: () => void
  isDark: ComputedRef<boolean>
} {
  const chosen = useSetting('appearance.colours')
  const settings = useSettings()
  // The browser remembers it too, so that a page begins in its colours before main has said which.
  const { store, system } = useColorMode()
  watch(
    [chosen, () => settings.isKnown],
    () => {
      if (settings.isKnown) store.value = chosen.value === 'system' ? 'auto' : chosen.value
    },
    { immediate: true },
  )
  const next = computed(() => ({
    icon: CHOICES[chosen.value].icon,
    // Short, as the side of the window is narrow; what is meant in full is on hover.
    label: `Colours: ${chosen.value}`,
    title: `Colours: ${CHOICES[chosen.value].words}; switch to ${CHOICES[AFTER[chosen.value]].words}`,
  }))
  const isDark = computed(
    () => (chosen.value === 'system' ? system.value : chosen.value) === 'dark',
  )
  return { next, cycle: () => (chosen.value = AFTER[chosen.value]), isDark }
}
