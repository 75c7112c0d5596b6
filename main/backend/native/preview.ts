import { z } from 'zod'
import { AppError } from '#shared/errors.ts'
import { MAX_LINE_BYTES, parseEvent, type ProvisionEvent } from '#shared/protocol/provision.ts'
import { PlannedChange } from '#shared/protocol/planned-change.ts'
import { cleanText, shorten } from '#shared/text.ts'
import type { Connection } from '../../ssh/connection.ts'
import type { Preview } from '../backend.ts'

const TIMEOUT_MS = 120_000
const MAX_TARGET = 4096

/** Runs a command's dry run and reads what it lists. Throws `backend.no-result` where it ended without a word. */
export async function runPreview(
  connection: Connection,
  command: { argv: readonly string[]; stdin: string },
  signal: AbortSignal | undefined,
): Promise<Preview> {
  const { stdout, stderr } = await connection.exec(command, {
    timeoutMs: TIMEOUT_MS,
    maxOutputBytes: 4 * MAX_LINE_BYTES,
    ...(signal === undefined ? {} : { signal }),
  })
  const events = stdout
    .toString('utf8')
    .split('\n')
    .flatMap((line) => parseEvent(line) ?? [])
  const result = events.find((event) => event.event === 'result')
  if (result !== undefined) return toPreview(result, events)
  const said = shorten(cleanText(stderr.trim().split('\n').at(-1) ?? ''), 500)
  throw new AppError(
    'backend.no-result',
    `The server did not say what would change${said === '' ? '.' : `: ${said}`}`,
  )
}

function toPreview(
  result: Extract<ProvisionEvent, { event: 'result' }>,
  events: readonly ProvisionEvent[],
): Preview {
  const warnings = events.flatMap((event) =>
    event.event === 'log' && ['warning', 'error'].includes(event.level)
      ? [shorten(cleanText(event.message), MAX_TARGET)]
      : [],
  )
  if (!result.isOk) {
    const code = result.errorCode ?? 'backend.bad-output'
    return { changes: [], warnings, refusal: { code, message: clean(result.errorMessage ?? '') } }
  }
  const changes = z.array(PlannedChange).safeParse(result.data['changes'])
  if (changes.success) return { changes: changes.data.map(cleanChange), warnings, refusal: null }
  throw new AppError('backend.bad-output', 'What the server says it would change does not read.')
}

const clean = (text: string): string => shorten(cleanText(text), MAX_TARGET)

/** A diff keeps its lines; everything else is one. */
const cleanChange = ({ kind, action, target, detail, diff }: PlannedChange): PlannedChange => ({
  kind,
  action,
  target: clean(target),
  ...(detail === undefined ? {} : { detail: clean(detail) }),
  ...(diff === undefined ? {} : { diff: diff.split('\n').map(clean).join('\n') }),
})
