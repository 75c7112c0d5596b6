import { DrushFrame, type DrushError } from './frame.ts'
import { toFailure } from './errors.ts'
import { hasArrived } from './options.ts'
import type { Piece } from './pieces.ts'
import type { DrushCommand } from './plan.ts'
import { ENDINGS, type EndingRule } from './text-rules.ts'

type FramePiece = Extract<Piece, { piece: 'frame' }>

/** How many lines of text are told where there was no answer. */
const LAST_LINES = 5
const MAX_ERRORS = 100

/** What one Drush command has printed so far, as far as its end depends on it. */
export class StageOutput {
  readonly #command: DrushCommand & { name?: string }
  readonly #errors: DrushError[] = []
  #frame: DrushFrame | undefined
  #hasBrokenFrame = false
  #isCut = false
  #verdict: DrushError | undefined
  #clue: { rule: EndingRule; found: readonly string[] } | undefined
  #lastWords: string[] = []

  constructor(command: DrushCommand & { name?: string }) {
    this.#command = command
  }

  get frame(): DrushFrame | undefined {
    return this.#frame
  }

  get errors(): readonly DrushError[] {
    return this.#frame?.error_log ?? this.#errors
  }

  answer({ value }: FramePiece): void {
    const parsed = DrushFrame.safeParse(value)
    if (parsed.success) this.#frame = parsed.data
    else this.#hasBrokenFrame = true
  }

  /** A line was too long to be read: where it held the answer, there is none. */
  cut(): void {
    this.#isCut = true
  }

  addError(error: DrushError): void {
    if (this.#errors.length < MAX_ERRORS) this.#errors.push(error)
  }

  /** It has failed, whatever its answer says. */
  fail(verdict: DrushError): void {
    this.#verdict ??= verdict
  }

  /** Text between packets: of use where there will be no answer. */
  hear(text: string): void {
    this.#lastWords = [...this.#lastWords, text.slice(0, 1000)].slice(-LAST_LINES)
    for (const rule of ENDINGS) {
      const found = rule.pattern?.exec(text)
      if (found != null && this.#clue === undefined) this.#clue = { rule, found: found.slice(1) }
    }
  }

  /** Why it did not succeed; undefined where it did. */
  failure(exitCode: number | undefined): DrushError | undefined {
    if (exitCode === undefined)
      return { code: 'backend.no-result', message: `${this.#title} did not run to its end.` }
    const frame = this.#frame
    if (frame === undefined) return this.#withoutAnswer(exitCode)
    if (frame.error_status !== 0 || frame.error_log.length > 0 || exitCode !== 0)
      return (
        toFailure([...frame.error_log, ...this.#errors]) ?? {
          code: 'backend.refused',
          message: `${this.#title} ended with ${exitCode} and did not say why.`,
        }
      )
    return this.#verdict ?? this.#misunderstanding(frame)
  }

  /** It went well, but not for what was asked. */
  #misunderstanding({ context }: DrushFrame): DrushError | undefined {
    const { on, options } = this.#command
    if (options !== null && !hasArrived(options, context))
      return {
        code: 'backend.options-lost',
        message: `The options of ${this.#title} did not arrive: it ran without them. Try again.`,
      }
    const ranOn = typeof context['#name'] === 'string' ? context['#name'].replace(/^@/, '') : null
    if (on !== null && ranOn !== on)
      return {
        code: 'backend.wrong-context',
        message: `${this.#title} ran on ${ranOn === null ? 'no context' : `@${ranOn}`} instead of @${on}.`,
      }
    return undefined
  }

  #withoutAnswer(exitCode: number): DrushError {
    const name = this.#command.on ?? ''
    if (this.#isCut)
      return { code: 'backend.bad-output', message: `The answer of ${this.#title} is too long.` }
    if (this.#hasBrokenFrame)
      return {
        code: 'backend.bad-output',
        message: `${this.#title} ended with ${exitCode}, but its answer does not read: a value on the server is not UTF-8. Verify the object to see what became of it.`,
      }
    if (this.#clue !== undefined) {
      const { rule, found } = this.#clue
      return { code: rule.code, message: rule.message(found, name) }
    }
    const failure = toFailure(this.#errors)
    const byCode = ENDINGS.find(({ exitCodes }) => exitCodes?.includes(exitCode) === true)
    if (byCode !== undefined) return { code: byCode.code, message: byCode.message([], name) }
    if (failure !== undefined) return failure
    const said = this.#lastWords.length === 0 ? '' : ` Its last words: ${this.#lastWords.join(' ')}`
    return {
      code: 'backend.no-result',
      message: `${this.#title} ended with ${exitCode} without an answer.${said}`,
    }
  }

  get #title(): string {
    const { on, command } = this.#command
    return `“${on === null ? '' : `@${on} `}${command}”`
  }
}
