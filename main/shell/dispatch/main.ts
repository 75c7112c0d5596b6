#!/usr/bin/env node
import { FormProblems } from '#shared/domain/form.ts'
import type { AppError } from '#shared/errors.ts'
import { cleanText, shorten } from '#shared/text.ts'
import { toDeskFailure } from './desk.ts'
import { runCommandLine } from './command-line.ts'
import { SecretInput } from './secret-input.ts'

/** `hosting-desk …`: exit 0 done, 1 a followed task failed, 2 usage, 3 locked, 4 dispatch disabled or paused. */
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => stop.abort())
// A reader that leaves (`| head`) ends the output, not the work in an error.
process.stdout.on('error', () => stop.abort())

const warn = (text: string): void => void process.stderr.write(text)
runCommandLine(process.argv.slice(2), {
  write: (text) => process.stdout.write(text),
  warn,
  secrets: new SecretInput(process.stdin, warn),
  signal: stop.signal,
}).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const failure = toDeskFailure(error)
    console.error(failure === undefined ? error : toLine(sayAll(failure)))
    process.exit(failure === undefined ? 1 : exitCodeOf(failure))
  },
)

/** With what is wrong at each field of a form. */
function sayAll({ message, data }: AppError): string {
  const { success, data: problems } = FormProblems.safeParse(data['problems'])
  return success ? [...new Set([message, ...Object.values(problems)])].join(' ') : message
}

/** What was typed, or what a server said, may stand in a message. */
const toLine = (message: string): string => shorten(cleanText(message), MAX_MESSAGE)
const MAX_MESSAGE = 800

function exitCodeOf(failure: AppError): number {
  if (failure.code === 'store.locked') return 3
  return failure.code === 'input.invalid' || failure.code === 'object.not-found' ? 2 : 1
}
