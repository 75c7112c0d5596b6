import type { Json } from '#shared/domain/json.ts'
import { integer, matching, trueOrFalse } from '../context/keys.ts'
import { removeStep, replaceText } from '../steps/files.ts'
import { planText } from '../steps/preview.ts'
import type { Step } from '../steps/step.ts'
import { toExtensionCode } from '../system/error-codes.ts'
import { findText } from '../system/files.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { type Argv, programRun, publish, runWell } from './extension-step.ts'
import type { ServerDesk } from './server-half.ts'

const ONE_LINE = /^[^\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/u

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
    writeFile: (title, file, text, mode = 0o640) =>
      publish({
        kind: 'write-file',
        title,
        run: (work) => replaceText(work, file, text, mode),
        preview: () => planText(file, text),
      }),
    remove: (title, target) => publish(removeStep(title, target)),
    run: (title: string, argv: Argv, undo?: Argv) => publish(runStep(title, argv, undo)),
  }),
  findText,
  fail(code: `PROVISION_${string}`, message: string): never {
    throw new ProvisionError(toExtensionCode(code) ?? 'PROVISION_FAILED', message)
  },
} satisfies ServerDesk)

function runStep(title: string, argv: Argv, undo: Argv | undefined): Step {
  return {
    kind: 'run-program',
    title,
    async run(work) {
      let isDone = false
      if (undo !== undefined)
        await work.willUndo(programRun.of({ argv: [...undo] }), async () => {
          if (isDone) await runWell(undo)
        })
      await runWell(argv, work.signal)
      isDone = true
    },
  }
}
