import { useRouter } from 'vue-router'
import { isTyping } from '../lib/keys.ts'
import { useKeys } from './use-keys.ts'

/** Escape leads back, or to `path` where there is nothing to go back to. Out of a field it only leaves the field. */
export function useLeave(path: string): void {
  const router = useRouter()
  useKeys({
    Escape: ({ target }) => {
      if (isTyping(target) && target instanceof HTMLElement) return target.blur()
      const state: unknown = history.state
      const hasBack =
        typeof state === 'object' && state !== null && 'back' in state && state.back !== null
      if (hasBack) router.back()
      else void router.push(path)
    },
  })
}
