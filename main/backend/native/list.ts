import { z } from 'zod'
import { ListedItem } from '#shared/protocol/listing.ts'
import { MAX_LINE_BYTES, parseEvent } from '#shared/protocol/provision.ts'
import { AppError } from '#shared/errors.ts'
import { cleanText, shorten } from '#shared/text.ts'
import type { Connection } from '../../ssh/connection.ts'

/** Ten thousand sites with a hundred backups each are some 300 MB; more than this nobody reads in one go. */
const MAX_BYTES = 512 * 1024 * 1024
const TIMEOUT_MS = 300_000

/** Everything that the account keeps, by `provision list`. Throws `backend.no-result` where that did not end well. */
export async function listKept(
  connection: Connection,
  start: readonly string[],
): Promise<ListedItem[]> {
  const { stdout, stderr, exitCode } = await connection.exec(
    { argv: [...start, 'list'] },
    { timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_BYTES },
  )
  const items: ListedItem[] = []
  let isWhole = false
  for (const line of stdout.toString('utf8').split('\n')) {
    const event = parseEvent(line)
    if (event?.event === 'result') isWhole = event.isOk
    else items.push(...parseItem(line))
  }
  if (isWhole && exitCode === 0) return items
  const said = shorten(cleanText(stderr.trim().split('\n').at(-1) ?? ''), 500)
  throw new AppError(
    'backend.no-result',
    `The server did not list what it keeps${said === '' ? '.' : `: ${said}`}`,
  )
}

function parseItem(line: string): ListedItem[] {
  if (!line.startsWith('{"item":') || line.length > MAX_LINE_BYTES) return []
  const value = parseJson(line)
  const item = ListedItem.safeParse(value)
  if (item.success) return [item.data]
  return [toUnreadable(value)]
}

/** A line that is none of ours in form is still told by its name: nothing is dropped in silence. */
function toUnreadable(value: unknown): ListedItem {
  const named = z.object({ context: z.object({ name: z.string() }) }).safeParse(value)
  return {
    item: 'unreadable',
    name: named.success ? named.data.context.name : '(without a name)',
    code: 'backend.bad-output',
    message: 'What the server says of it is not of a form that this release reads.',
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
