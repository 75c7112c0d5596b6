import { watchEffect } from 'vue'
import { useSetting } from './use-setting.ts'

/** Keeps the size of all text as it was set; lengths of the whole interface follow it. */
export function useTextSize(): void {
  const textSize = useSetting('appearance.textSize')
  watchEffect(() => (document.documentElement.dataset['textSize'] = textSize.value))
}
