import type { Progress } from '#shared/domain/task.ts'
import { isOnlyFrontendCall } from './errors.ts'
import type { DrushError, DrushFrame } from './frame.ts'
import type { Piece } from './pieces.ts'
import { StageOutput } from './stage-output.ts'

interface Ended {
  kind: string
  exitCode: number
  output: StageOutput
}

/** What the steps of a stage have answered, one after the other, and the lines by which they are told apart. */
export class StepOutputs {
  readonly #mark: string
  readonly #ended: Ended[] = []
  #output = newOutput()
  #isUsed = false

  constructor(mark: string) {
    this.#mark = mark
  }

  /** Whether the stage is one of steps at all. */
  get isUsed(): boolean {
    return this.#isUsed
  }

  /** Whether a line is one of ours. */
  take(line: string): boolean {
    const [, mark, kind, , exitCode] = /^hd:([0-9a-f]{16}):(\w+) (\d+) (\d+)$/.exec(line) ?? []
    if (kind === undefined || mark !== this.#mark) return false
    this.#isUsed = true
    if (kind === 'begin') return true
    this.#ended.push({ kind, exitCode: Number(exitCode), output: this.#output })
    this.#output = newOutput()
    return true
  }

  answer(frame: Extract<Piece, { piece: 'frame' }>): void {
    this.#output.answer(frame)
  }

  /** The answers of the steps that were done, and not of what was taken back. */
  answers(): (DrushFrame | undefined)[] {
    return this.#ended.filter(({ kind }) => kind !== 'back').map(({ output }) => output.frame)
  }

  /** Why the stage did not succeed; `stage` knows what was said beside the answers. */
  failure(exitCode: number | undefined, stage: StageOutput | undefined): DrushError | undefined {
    for (const { kind, exitCode: code, output } of this.#ended) {
      if (kind === 'back' || kind === 'may') continue
      if (kind === 'frontend' && isOnlyFrontendCall(output.frame?.error_log ?? [])) continue
      const failure = output.frame === undefined ? stage?.failure(code) : output.failure(code)
      if (failure !== undefined) return withBack(failure, this.#notTakenBack())
    }
    if (exitCode === 0) return undefined
    return stage?.failure(exitCode)
  }

  #notTakenBack(): number {
    return this.#ended.filter(({ kind, exitCode }) => kind === 'back' && exitCode !== 0).length
  }
}

/** Steps check what they were told to do where they are planned; here it counts only what came back. */
const newOutput = (): StageOutput =>
  new StageOutput({ on: null, command: 'step', args: [], options: null })

const withBack = (failure: DrushError, count: number): DrushError =>
  count === 0
    ? failure
    : {
        ...failure,
        message: `${failure.message} Not everything that was done could be taken back: look at the log.`,
      }

/** Which step begins, from its line on standard error. */
export function stepOf(text: string): Progress | undefined {
  const [, step, of, title] = /^hd:[0-9a-f]{16}:step (\d+)\/(\d+) (.*)$/.exec(text) ?? []
  return title === undefined
    ? undefined
    : { step: Number(step), of: Number(of), title: title.slice(0, 200) }
}
