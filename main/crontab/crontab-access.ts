import { execFile } from 'node:child_process'
import { AppError } from '#shared/errors.ts'
import { cleanText, shorten } from '#shared/text.ts'
import type { Connection } from '../ssh/connection.ts'

/**
 * One account's crontab as text, each byte a character (latin1), so that lines in any encoding come through unharmed.
 * Throws `crontab.missing` where there is no program for it, `crontab.refused` where it says no.
 */
export interface CrontabAccess {
  /** Empty where the account has none. */
  read(): Promise<string>
  /** Puts a text in its place, and reads it back. An empty one leaves the account without a crontab. */
  write(text: string): Promise<void>
}

interface Ran {
  /** 127: there is no such program. */
  exitCode: number
  stdout: Buffer
  stderr: string
}
type Run = (argv: readonly string[], stdin?: Buffer) => Promise<Ran>

const MAX_BYTES = 1024 * 1024
const TIMEOUT_MS = 30_000

/** The crontab of the account that runs this application. */
export const localCrontab = (): CrontabAccess => accessBy(runHere, 'this computer')

/** The crontab of a backend's account. */
export const remoteCrontab = (connection: Connection): CrontabAccess =>
  accessBy(async (argv, stdin) => {
    const command = stdin === undefined ? { argv } : { argv, stdin }
    return connection.exec(command, { timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_BYTES })
  }, 'the server')

function accessBy(run: Run, where: string): CrontabAccess {
  const read = async (): Promise<string> => {
    const ran = await run(['crontab', '-l'])
    if (ran.exitCode === 0) return ran.stdout.toString('latin1')
    if (/no crontab for|can't open/i.test(ran.stderr)) return ''
    throw toFailure(ran, where)
  }
  return {
    read,
    async write(text) {
      // A crontab without a newline at its end is refused by every cron.
      const whole = text === '' || text.endsWith('\n') ? text : `${text}\n`
      const ran =
        whole === ''
          ? await run(['crontab', '-r'])
          : await run(['crontab', '-'], Buffer.from(whole, 'latin1'))
      const isGone = whole === '' && /no crontab for/i.test(ran.stderr)
      if (ran.exitCode !== 0 && !isGone) throw toFailure(ran, where)
      if ((await read()) !== whole)
        throw new AppError(
          'crontab.refused',
          `The crontab on ${where} is not what was written: look at it with “crontab -l”.`,
        )
    },
  }
}

function toFailure({ exitCode, stderr }: Ran, where: string): AppError {
  if (exitCode === 127)
    return new AppError(
      'crontab.missing',
      `There is no crontab on ${where}: install cron, or let another scheduler start the command.`,
    )
  const said = shorten(cleanText(stderr.trim().replaceAll('\n', ' ')), 500)
  return new AppError('crontab.refused', `The crontab on ${where} was refused: ${said}`)
}

function runHere([program = '', ...args]: readonly string[], stdin?: Buffer): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { encoding: 'buffer', maxBuffer: MAX_BYTES, timeout: TIMEOUT_MS },
      (error, stdout, stderr) =>
        resolve({ exitCode: exitCodeOf(error), stdout, stderr: stderr.toString('utf8') }),
    )
    child.stdin?.on('error', () => {})
    child.stdin?.end(stdin)
  })
}

function exitCodeOf(error: { code?: unknown } | null): number {
  if (error === null) return 0
  if (error.code === 'ENOENT') return 127
  return typeof error.code === 'number' ? error.code : 1
}
