import { computed, type WritableComputedRef } from 'vue'
import type { SettingName, SettingValue } from '#shared/domain/settings.ts'
import { useSettings } from '../stores/settings.ts'
import { toErrorText } from '../lib/error-text.ts'
import { useToast } from '@nuxt/ui/composables'

/** One setting, read and set like any other value. */
export function useSetting<Name extends SettingName>(
  name: Name,
): WritableComputedRef<SettingValue<Name>> {
  const settings = useSettings()
  const toast = useToast()
  return computed({
    get: () => settings.values[name],
    set(value) {
      settings.set(name, value).catch((error: unknown) => {
        const { happened, meaning } = toErrorText(error)
        toast.add({ title: happened, description: meaning, color: 'error' })
      })
    },
  })
}
