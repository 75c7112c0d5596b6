import { computed, shallowReactive, type ComputedRef } from 'vue'
import { toErrorText, type ErrorText } from '../lib/error-text.ts'
import { rpc } from '../rpc/client.ts'

/** A backup on its way to this computer. */
export type Download =
  | { state: 'running'; bytes: number; totalBytes: number }
  /** Where it lies; null where the browser has it among its downloads. */
  | { state: 'done'; file: string | null }
  | { state: 'failed'; error: ErrorText }

/** By backup, whatever page shows them: leaving a page stops nothing. */
const downloads = shallowReactive(new Map<string, Download>())
const stops = new Map<string, AbortController>()

export function useBackupDownload(backupId: () => string): {
  download: ComputedRef<Download | undefined>
  start: () => Promise<void>
  cancel: () => void
} {
  return {
    download: computed(() => downloads.get(backupId())),
    start: () => run(backupId()),
    cancel: () => stops.get(backupId())?.abort(),
  }
}

async function run(id: string): Promise<void> {
  if (stops.has(id)) return
  const stop = new AbortController()
  stops.set(id, stop)
  try {
    for await (const told of await rpc.backup.download({ id }, { signal: stop.signal })) {
      if (told.state === 'running') downloads.set(id, { ...told, state: 'running' })
      else if (told.state === 'dropped') downloads.delete(id)
      else downloads.set(id, { state: 'done', file: told.file })
      if (told.state === 'done' && told.key !== null) fetchByBrowser(told.key)
    }
  } catch (error) {
    if (stop.signal.aborted) downloads.delete(id)
    else downloads.set(id, { state: 'failed', error: toErrorText(error) })
  } finally {
    stops.delete(id)
  }
}

function fetchByBrowser(key: string): void {
  const link = document.createElement('a')
  link.href = `downloads/${key}`
  link.download = ''
  link.click()
}
