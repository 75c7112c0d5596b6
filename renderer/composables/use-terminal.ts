import { computed, type ComputedRef, type Ref } from 'vue'
import { rpc } from '../rpc/client.ts'
import { useAction } from './use-action.ts'
import { useErrorToast } from './use-error-toast.ts'
import { useQuery } from './use-query.ts'

/** Opens an account in the person's terminal; where the page is a browser's, the command is copied. */
export function useTerminal(
  backendId: () => string,
  onCopied: () => void,
): { run: () => void; isRunning: Ref<boolean>; canOpen: ComputedRef<boolean> } {
  const { data: info } = useQuery((signal) => rpc.app.info(undefined, { signal }))
  const canOpen = computed(() => info.value?.shell === 'desktop')
  const act = useAction(async () => {
    const input = { id: backendId() }
    if (canOpen.value) return void (await rpc.backend.openTerminal(input))
    const { line } = await rpc.backend.terminalCommand(input)
    await navigator.clipboard.writeText(line)
    onCopied()
  })
  useErrorToast(() => act.error.value)
  return { run: () => void act.run(), isRunning: act.isRunning, canOpen }
}
