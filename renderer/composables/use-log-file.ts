import { ref, type Ref } from 'vue'
import { saveBlob } from '../lib/save-blob.ts'
import { toLogText } from '../lib/log-search.ts'
import { useAction } from './use-action.ts'
import { useErrorToast } from './use-error-toast.ts'
import type { Log } from './use-log.ts'

/** A clipboard is no place for more lines than these; the file has them all. */
const MAX_COPIED = 20_000
const THANKS_MS = 2_000

/** A log as text: on the clipboard, or as a file of this name. */
export function useLogFile(
  log: Log,
  fileName: () => string,
): { copy: () => void; save: () => void; wasCopied: Ref<boolean>; isSaving: Ref<boolean> } {
  const wasCopied = ref(false)
  const copying = useAction(async () => {
    await navigator.clipboard.writeText(await (await readTexts(log, MAX_COPIED)).text())
    wasCopied.value = true
    setTimeout(() => (wasCopied.value = false), THANKS_MS)
  })
  const saving = useAction(async () => {
    saveBlob(await readTexts(log, Infinity), fileName())
  })
  useErrorToast(() => copying.error.value ?? saving.error.value)
  return {
    copy: () => void copying.run(),
    save: () => void saving.run(),
    wasCopied,
    isSaving: saving.isRunning,
  }
}

/** Each batch is a blob of its own, which the browser keeps outside of the page's memory. */
async function readTexts(log: Log, limit: number): Promise<Blob> {
  const texts: Blob[] = []
  let read = 0
  for await (const entries of log.readAll()) {
    texts.push(new Blob([toLogText(entries)]))
    if ((read += entries.length) >= limit) break
  }
  return new Blob(texts, { type: 'text/plain' })
}
