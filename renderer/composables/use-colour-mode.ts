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
  system: { label: 'Like the system', icon: 'i-lucide-monitor' },
  light: { label: 'Light', icon: 'i-lucide-sun' },
  dark: { label: 'Dark', icon: 'i-lucide-moon' },
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
    ...CHOICES[chosen.value],
    title: `Colours: ${CHOICES[chosen.value].label.toLowerCase()}; switch to ${CHOICES[AFTER[chosen.value]].label.toLowerCase()}`,
  }))
  const isDark = computed(
    () => (chosen.value === 'system' ? system.value : chosen.value) === 'dark',
  )
  return { next, cycle: () => (chosen.value = AFTER[chosen.value]), isDark }
}
