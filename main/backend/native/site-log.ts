import { AppError } from '#shared/errors.ts'
import { SiteLogPage } from '#shared/domain/site-log.ts'
import { MAX_LINE_BYTES, parseEvent } from '#shared/protocol/provision.ts'
import { cleanText, shorten } from '#shared/text.ts'
import type { Connection } from '../../ssh/connection.ts'

const TIMEOUT_MS = 30_000
const MAX_LINE = 4096

/**
 * Runs `provision logs` and reads its page. Throws `backend.no-logs` where the web service keeps none, `backend.no-result`,
 * `backend.refused`, `backend.bad-output`.
 */
export async function readSiteLog(
  connection: Connection,
  argv: readonly string[],
  signal: AbortSignal | undefined,
): Promise<SiteLogPage> {
  const { stdout, stderr } = await connection.exec(
    { argv },
    {
      timeoutMs: TIMEOUT_MS,
      maxOutputBytes: 2 * MAX_LINE_BYTES,
      ...(signal === undefined ? {} : { signal }),
    },
  )
  const result = stdout
    .toString('utf8')
    .split('\n')
    .flatMap((line) => parseEvent(line) ?? [])
    .find((event) => event.event === 'result')
  if (result === undefined) {
    const said = shorten(cleanText(stderr.trim().split('\n').at(-1) ?? ''), 500)
    throw new AppError('backend.no-result', `The server did not send the log: ${said}`)
  }
  if (!result.isOk)
    throw new AppError(
      result.errorCode === 'PROVISION_NO_LOGS' ? 'backend.no-logs' : 'backend.refused',
      shorten(cleanText(result.errorMessage ?? 'The server has no log of this site.'), 1000),
    )
  const page = SiteLogPage.safeParse(result.data)
  if (!page.success)
    throw new AppError('backend.bad-output', 'The log that the server sent does not read.')
  const lines = page.data.lines.map((line) => shorten(cleanText(line), MAX_LINE))
  return { ...page.data, lines }
}
