import type { Json, JsonRecord } from '#shared/domain/json.ts'
import type { LogLevel } from '#shared/domain/task.ts'
import {
  parseEvent,
  type ProvisionContext,
  type ProvisionResult,
} from '#shared/protocol/provision.ts'
import { cleanText, shorten } from '#shared/text.ts'
import type { Line } from '../../lib/lines.ts'
import type { RunStream } from '../../ssh/run.ts'
import type { Outcome, OutputEntry, OutputReader } from '../backend.ts'

/** No single entry of a log is longer, in characters. */
const MAX_TEXT = 16_384
/** How many lines of standard error are told where there was no result. */
const LAST_LINES = 5

/** Reads the JSON lines of the native program. One stage prints one result; whatever else comes is shown as text. */
export class NativeReader implements OutputReader {
  readonly stageNames: readonly string[]
  readonly #results = new Map<number, ProvisionResult>()
  #lastErrors: string[] = []
  #hasBrokenResult = false

  constructor(stageNames: readonly string[]) {
    this.stageNames = stageNames
  }

  read(stage: number, stream: RunStream, line: Line): OutputEntry | undefined {
    return stream === 'err' ? this.#readError(line) : this.#readOutput(stage, line)
  }

  outcome(exitCodes: readonly number[]): Outcome {
    for (const stage of this.stageNames.keys()) {
      const failure = this.#failureOf(stage, exitCodes[stage])
      if (failure !== undefined) return { isOk: false, ...failure, ...this.#changes() }
    }
    return { isOk: true, data: this.#data(), ...this.#changes() }
  }

  #readError(line: Line): OutputEntry | undefined {
    const text = toText(line)
    if (text === '') return undefined
    this.#lastErrors = [...this.#lastErrors, text].slice(-LAST_LINES)
    return message(isNoise(text) ? 'debug' : 'warning', text)
  }

  #readOutput(stage: number, line: Line): OutputEntry | undefined {
    const event = line.isCut ? undefined : parseEvent(line.text)
    switch (event?.event) {
      case undefined:
        return this.#readStray(line)
      case 'result':
        this.#results.set(stage, event)
        return undefined
      case 'log':
        return message(event.level, toText({ text: event.message }), event.at)
      case 'progress': {
        const { step: done, of, title, at } = event
        // The program tells how many steps are done; people count the one that is under way.
        const progress = { step: Math.min(done + 1, of), of, title: shorten(cleanText(title), 200) }
        return { kind: 'progress', progress, serverAt: at }
      }
    }
  }

  #readStray(line: Line): OutputEntry | undefined {
    if (line.text.startsWith('{"event":"result"')) this.#hasBrokenResult = true
    const text = toText(line)
    return text === '' ? undefined : message('info', text)
  }

  /** Why a stage did not succeed; undefined where it did. */
  #failureOf(
    stage: number,
    exitCode: number | undefined,
  ): { code: string; message: string } | undefined {
    const result = this.#results.get(stage)
    if (result === undefined || exitCode === undefined) return this.#noResult(stage, exitCode)
    if (result.isOk && exitCode === 0) return undefined
    return {
      code: result.errorCode ?? 'backend.bad-output',
      message:
        toText({ text: result.errorMessage ?? '' }) ||
        `“${this.stageNames[stage] ?? ''}” ended with ${exitCode}.`,
    }
  }

  #noResult(stage: number, exitCode: number | undefined): { code: string; message: string } {
    const name = this.stageNames[stage] ?? ''
    const ending = exitCode === undefined ? 'did not run to its end' : `ended with ${exitCode}`
    const said =
      this.#lastErrors.length === 0 ? '' : ` Its last words: ${this.#lastErrors.join(' ')}`
    return this.#hasBrokenResult
      ? { code: 'backend.bad-output', message: `“${name}” ${ending}; its result does not read.` }
      : {
          code: 'backend.no-result',
          message: shorten(`“${name}” ${ending} without a result.${said}`, MAX_TEXT),
        }
  }

  #data(): JsonRecord {
    const data: JsonRecord = {}
    for (const stage of this.stageNames.keys())
      Object.assign(data, cleanRecord(this.#results.get(stage)?.data ?? {}))
    return data
  }

  /** What all stages wrote and removed, the last word counting. */
  #changes(): { contexts: ProvisionContext[]; removedContexts: string[] } {
    const contexts = new Map<string, ProvisionContext>()
    const removed = new Set<string>()
    for (const stage of this.stageNames.keys()) {
      const result = this.#results.get(stage)
      for (const context of result?.contexts ?? []) {
        contexts.set(context.name, { ...context, options: cleanRecord(context.options) })
        removed.delete(context.name)
      }
      for (const name of result?.removedContexts ?? []) {
        contexts.delete(name)
        removed.add(name)
      }
    }
    return { contexts: [...contexts.values()], removedContexts: [...removed] }
  }
}

const message = (level: LogLevel, text: string, serverAt: number | null = null): OutputEntry => ({
  kind: 'message',
  level,
  text,
  serverAt,
})

/** What can be shown: one line, cleaned, of bounded length, with a cut marked. */
function toText({ text, isCut = false }: { text: string; isCut?: boolean }): string {
  const clean = cleanText(text.trim().replace(/\s*\n\s*/g, ' ')).trimEnd()
  return isCut && clean.length <= MAX_TEXT ? `${clean}…` : shorten(clean, MAX_TEXT)
}

const NOISE = [
  /^\(node:\d+\) (ExperimentalWarning|Warning: .* experimental)/,
  /^\(Use `node --trace-/,
  /setlocale: |^perl: warning: /,
]

/** What Node and the system say about themselves: of no use but to who looks for it. */
const isNoise = (text: string): boolean => NOISE.some((pattern) => pattern.test(text))

const cleanRecord = (record: JsonRecord): JsonRecord =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [cleanText(key), clean(value)]))

function clean(value: Json): Json {
  if (typeof value === 'string') return cleanText(value)
  if (Array.isArray(value)) return value.map(clean)
  return typeof value === 'object' && value !== null ? cleanRecord(value) : value
}
