import { ref, shallowRef } from 'vue'
import type { SiteLogName, SiteLogPage } from '#shared/domain/site-log.ts'
import { rpc } from '../rpc/client.ts'
import { useAction } from './use-action.ts'

const LINES = 200
/** No more is shown at once: then the newest go. */
const MAX_SHOWN = 5000

/** One of a site's logs, from its end backwards. The server is asked when the person asks, and only then. */
export function useSiteLog(siteId: string) {
  const log = ref<SiteLogName>('access')
  const lines = shallowRef<readonly string[]>([])
  /** The oldest piece that is shown; undefined until something was read. */
  const page = shallowRef<SiteLogPage>()

  const reading = useAction((before: number | null) =>
    rpc.site.log({ siteId, log: log.value, lines: LINES, before }),
  )

  async function read(which: SiteLogName = log.value): Promise<void> {
    if (which !== log.value) {
      lines.value = []
      page.value = undefined
    }
    log.value = which
    const newest = await reading.run(null)
    // Another one was asked for meanwhile.
    if (newest === undefined || which !== log.value) return
    lines.value = newest.lines
    page.value = newest
  }

  async function readOlder(): Promise<void> {
    const which = log.value
    const older = await reading.run(page.value?.from ?? null)
    if (older === undefined || which !== log.value) return
    lines.value = [...older.lines, ...lines.value].slice(0, MAX_SHOWN)
    page.value = { ...older, sizeBytes: page.value?.sizeBytes ?? older.sizeBytes }
  }

  return {
    log,
    lines,
    page,
    read,
    readOlder,
    isReading: reading.isRunning,
    error: reading.error,
  }
}
