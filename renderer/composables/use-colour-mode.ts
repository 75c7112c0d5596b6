import { useColorMode } from '@vueuse/core'
import { computed, type ComputedRef } from 'vue'

interface Choice {
  label: string
  icon: string
  title: string
}

const CHOICES = {
  auto: { label: 'Like the system', icon: 'i-lucide-monitor' },
  light: { label: 'Light', icon: 'i-lucide-sun' },
  dark: { label: 'Dark', icon: 'i-lucide-moon' },
} as const
const AFTER = { auto: 'light', light: 'dark', dark: 'auto' } as const

/** Light, dark or like the system: what is chosen now, and a step to the next. */
export function useColourMode(): {
  next: ComputedRef<Choice>
  cycle: () => void
  isDark: ComputedRef<boolean>
} {
  const { store, system } = useColorMode()
  const chosen = computed(() => (store.value in CHOICES ? store.value : 'auto'))
  const next = computed(() => ({
    ...CHOICES[chosen.value],
    title: `Colours: ${CHOICES[chosen.value].label.toLowerCase()}; switch to ${CHOICES[AFTER[chosen.value]].label.toLowerCase()}`,
  }))
  const isDark = computed(() => (chosen.value === 'auto' ? system.value : chosen.value) === 'dark')
  return { next, cycle: () => (store.value = AFTER[chosen.value]), isDark }
}
