import { useEventListener } from '@vueuse/core'
import { ref, type Ref } from 'vue'
import { onBeforeRouteLeave } from 'vue-router'
import { isOnDesktop } from '../lib/desktop.ts'

export interface Unsaved {
  /** Notes what stands in the form; only the first time counts. What was filled in before, nobody typed. */
  begin: () => void
  /** Whether it is asked just now if the page is to be left. */
  isAsking: Ref<boolean>
  answer: (isLeft: boolean) => void
}

/**
 * Asks before a page is left on which `draft` is other than it was at the beginning, and not on its way to main. What is
 * changed and changed back was not changed.
 */
export function useUnsaved(draft: () => unknown, isSending: Readonly<Ref<boolean>>): Unsaved {
  let before: string | undefined
  const toText = (): string => JSON.stringify(draft())
  const isUnsaved = (): boolean => !isSending.value && before !== undefined && toText() !== before
  const isAsking = ref(false)
  let settle = (_isLeft: boolean): void => undefined

  function answer(isLeft: boolean): void {
    isAsking.value = false
    settle(isLeft)
  }

  onBeforeRouteLeave(() => {
    // Who goes back twice is asked about where that leads to.
    settle(false)
    if (!isUnsaved()) return true
    isAsking.value = true
    return new Promise<boolean>((resolve) => (settle = resolve))
  })
  useEventListener(window, 'beforeunload', (event: BeforeUnloadEvent) => {
    // On the desktop nobody would be asked: the window would only not close.
    if (!isOnDesktop() && isUnsaved()) event.preventDefault()
  })

  return { begin: () => (before ??= toText()), isAsking, answer }
}
