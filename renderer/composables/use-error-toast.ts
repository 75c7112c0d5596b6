import { useToast } from '@nuxt/ui/composables'
import { watch } from 'vue'
import type { ErrorText } from '../lib/error-text.ts'

/** Says an error that no page has a place for. It stays until it is closed. */
export function useErrorToast(error: () => ErrorText | undefined): void {
  const toast = useToast()
  watch(error, (text) => {
    if (text === undefined) return
    toast.add({
      title: text.happened,
      description: [text.meaning, text.remedy].filter((part) => part !== '').join(' '),
      color: 'error',
      icon: 'i-lucide-circle-x',
      duration: 0,
    })
  })
}
