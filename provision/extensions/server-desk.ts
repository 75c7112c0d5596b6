import type { Json } from '#shared/domain/json.ts'
import { integer, matching, trueOrFalse } from '../context/keys.ts'
import { removeStep, replaceText } from '../steps/files.ts'
import { findText } from '../system/files.ts'
import { runProgram } from '../system/process.ts'
import { ProvisionError } from '../system/provision-error.ts'
import type { ServerDesk } from './server-half.ts'

type Argv = readonly [string, ...string[]]

const ONE_LINE = /^[^\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/u
const CODE = /^PROVISION_[A-Z0-9_]{1,54}$/

/** What the server halves of extensions are handed. */
export const serverDesk: ServerDesk = Object.freeze({
  version: 1,
  keys: Object.freeze({
    text: ({ maxLength = 1000, pattern = ONE_LINE } = {}) => {
      const fits = matching(pattern, 'as its extension wants it')
      return (value: Json) =>
        typeof value === 'string' && value.length > maxLength
          ? { problem: `is longer than ${maxLength} characters` }
          : fits(value)
    },
    integer,
    trueOrFalse: () => trueOrFalse,
    oneOf: (values) => (value: Json) =>
      typeof value === 'string' && values.includes(value)
        ? { value }
        : { problem: `is none of ${values.join(', ')}` },
  }),
  steps: Object.freeze({
    writeFile: (title, file, text, mode = 0o640) => ({
      title,
      run: () => replaceText(file, text, mode),
    }),
    remove: removeStep,
    run: (title: string, argv: Argv, undo?: Argv) => ({
      title,
      async run(signal: AbortSignal) {
        await runWell(argv, signal)
        return undo === undefined ? undefined : () => runWell(undo)
      },
    }),
  }),
  findText,
  fail(code: `PROVISION_${string}`, message: string): never {
    throw new ProvisionError(CODE.test(code) ? code : 'PROVISION_FAILED', message)
  },
} satisfies ServerDesk)

/** Taken back, a program is not stopped by the signal that made us take back. */
async function runWell(argv: Argv, signal?: AbortSignal): Promise<void> {
  const { exitCode, output } = await runProgram(
    argv,
    signal === undefined ? { isOwnSession: true } : { signal },
  )
  if (exitCode === 0) return
  const last = output.trim().split('\n').at(-1) ?? ''
  throw new ProvisionError(
    'PROVISION_PROGRAM_FAILED',
    `${argv.join(' ')} ended with ${exitCode}: ${last.slice(0, 500)}`,
  )
}
