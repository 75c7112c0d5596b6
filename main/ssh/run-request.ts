import { createHash } from 'node:crypto'
import { AppError } from '#shared/errors.ts'
import type { RunRequest } from './run.ts'
import { quoteWord } from './shell-quote.ts'

/** The supervisor reads stage N from descriptor N + 3, and a shell has ten of them. */
const MAX_STAGES = 6
const MAX_REQUEST_BYTES = 8 * 1024 * 1024

const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/

export const isRunId = (text: string): boolean => RUN_ID.test(text)

/** Refuses what could not be the name of one folder. */
export function checkRunId(id: string): string {
  if (isRunId(id)) return id
  throw new AppError('input.invalid', 'A run is named by letters, digits, hyphens and underscores')
}

/** A run as the supervisor sources it: calls of its functions, each value one quoted word. */
export function renderRequest({ stages }: RunRequest): Buffer {
  if (stages.length === 0 || stages.length > MAX_STAGES)
    throw new AppError('input.invalid', `A run has 1 to ${MAX_STAGES} stages`)
  const inputs = stages.flatMap(({ stdin }, at) => (stdin === null ? [] : [{ at, stdin }]))
  const lines = [
    ...inputs.map(({ at, stdin }) => `input ${at} ${quoteWord(stdin)}`),
    ['begin', stages.length, ...inputs.map(({ at }) => at)].join(' '),
    ...stages.map(({ argv }, at) => ['stage', at, ...programWords(argv)].join(' ')),
  ]
  // No newline at the end: the shell that reads it in would take it off, and the checksum would not hold.
  const bytes = Buffer.from(lines.join('\n'), 'utf8')
  if (bytes.length > MAX_REQUEST_BYTES)
    throw new AppError('input.invalid', `A run's request has at most ${MAX_REQUEST_BYTES} bytes`)
  return bytes
}

function programWords(argv: readonly string[]): string[] {
  const [program] = argv
  if (program === undefined || program === '' || program.startsWith('-'))
    throw new AppError('input.invalid', 'A stage of a run begins with the name of a program')
  return argv.map(quoteWord)
}

export const checksumOf = (bytes: Buffer): string =>
  createHash('sha256').update(bytes).digest('hex')
