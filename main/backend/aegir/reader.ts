import { z } from 'zod'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { LogLevel } from '#shared/domain/task.ts'
import type { ProvisionContext } from '#shared/protocol/provision.ts'
import { shorten } from '#shared/text.ts'
import type { Line } from '../../lib/lines.ts'
import type { RunStream } from '../../ssh/run.ts'
import type { Outcome, OutputEntry, OutputReader } from '../backend.ts'
import { toKeptContext } from './contexts.ts'
import { DrushPacket, toPlainText } from './frame.ts'
import { Masking } from './masking.ts'
import { splitLine, type Piece } from './pieces.ts'
import type { PlannedStage } from './plan.ts'
import { resultsOf } from './results.ts'
import { StageOutput } from './stage-output.ts'
import { stepOf, StepOutputs } from './step-outputs.ts'
import { markOf } from './steps-script.ts'
import { ENTRIES, type EntryRule } from './text-rules.ts'

/** No single entry of a log is longer, in characters. */
const MAX_TEXT = 16_384
/** An answer repeats all that was sent and lists every package: megabytes, for a large platform. More nobody reads. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/**
 * Reads what Drush prints in the stages of a run: packets and text become entries of the log, the frame at a stage's end says
 * what it came to. An answer is never logged, so whoever goes on after a restart reads it again.
 */
export class AegirReader implements OutputReader {
  readonly maxLineBytes = MAX_ANSWER_BYTES
  readonly stageNames: readonly string[]
  readonly #plan: readonly PlannedStage[]
  readonly #command: string
  readonly #mask: Masking
  readonly #stages: StageOutput[]
  readonly #steps: StepOutputs

  constructor(plan: readonly PlannedStage[]) {
    this.#plan = plan
    this.stageNames = plan.map(({ name }) => name)
    this.#command = (plan.find(({ kind }) => kind === 'command')?.command ?? '').replace(
      /^provision-/,
      '',
    )
    this.#mask = new Masking(plan.flatMap(({ options }) => (options === null ? [] : [options])))
    this.#steps = new StepOutputs(markOf(plan))
    this.#stages = plan.map((planned) => new StageOutput(planned))
  }

  read(stage: number, stream: RunStream, line: Line): OutputEntry[] {
    const output = this.#stages[stage]
    if (output === undefined) return []
    if (stream === 'out' && line.isCut) output.cut()
    if (stream === 'out' && this.#plan[stage]?.kind === 'command')
      if (this.#steps.take(line.text.trimEnd())) return []
    const steps = this.#stepsOf(stage)
    return splitLine(line.text).flatMap(
      (piece) => this.#readPiece({ output, steps, stream }, piece) ?? [],
    )
  }

  recall(stage: number, { level, text }: { level: LogLevel; text: string }): void {
    const output = this.#stages[stage]
    if (output === undefined) return
    const [, code, message] = /^([A-Z][A-Z0-9_]{2,}): (.*)$/.exec(text) ?? []
    if (level === 'error' && code !== undefined) output.addError({ code, message: message ?? '' })
    else output.hear(text)
    this.#judge(output, text)
  }

  outcome(exitCodes: readonly number[]): Outcome {
    const contexts = this.#contexts()
    const removedContexts = this.#removed(exitCodes)
    for (const [at, planned] of this.#plan.entries()) {
      if (planned.kind === 'look') continue
      const failure = this.#failureOf(at, exitCodes[at])
      if (failure === undefined) continue
      const message = shorten(this.#mask.mask(failure.message), MAX_TEXT)
      return { isOk: false, code: failure.code, message, contexts, removedContexts }
    }
    return { isOk: true, data: this.#data(), contexts, removedContexts }
  }

  /** Where the stage is one of several steps, what they have answered so far. */
  #stepsOf(stage: number): StepOutputs | undefined {
    return this.#plan[stage]?.kind === 'command' && this.#steps.isUsed ? this.#steps : undefined
  }

  #readPiece(
    {
      output,
      steps,
      stream,
    }: { output: StageOutput; steps: StepOutputs | undefined; stream: RunStream },
    piece: Piece,
  ): OutputEntry | undefined {
    switch (piece.piece) {
      case 'frame':
        ;(steps ?? output).answer(piece)
        return undefined
      case 'packet':
        return this.#readPacket(output, piece.value)
      case 'text': {
        output.hear(piece.text)
        // Where several commands print into one stream, only their errors are logged as they come.
        if (stream === 'out' && steps !== undefined) return undefined
        return this.#readText(stream, piece.text)
      }
    }
  }

  #readPacket(output: StageOutput, value: unknown): OutputEntry {
    const parsed = DrushPacket.safeParse(value)
    if (!parsed.success) return message('debug', 'Drush sent an entry that does not read.')
    const packet = parsed.data
    if (packet.packet === 'set_error') {
      const error = { code: packet.error, message: toPlainText(packet.message ?? '') }
      output.addError(error)
      return message('error', this.#toShown([error.code, error.message].filter(Boolean).join(': ')))
    }
    const text = toPlainText(packet.message)
    const rule = this.#judge(output, text)
    const level = rule?.level ?? LEVELS[packet.type.toLowerCase()] ?? 'info'
    const serverAt = packet.timestamp == null ? null : Math.round(packet.timestamp * 1000)
    return message(level, this.#toShown(text) || `(${packet.type})`, serverAt)
  }

  #readText(stream: RunStream, text: string): OutputEntry | undefined {
    const step = stepOf(text)
    if (step !== undefined) return { kind: 'progress', progress: step, serverAt: null }
    const shown = this.#toShown(toPlainText(text))
    if (shown === '') return undefined
    const level = ENTRIES.find(({ pattern }) => pattern.test(shown))?.level
    return message(level ?? (stream === 'err' ? 'warning' : 'info'), shown)
  }

  /** Entries that say of a command which answers with success that it has failed. */
  #judge(output: StageOutput, text: string): EntryRule | undefined {
    const rule = ENTRIES.find(({ pattern }) => pattern.test(text))
    const commands = rule?.fails?.commands ?? []
    if (rule?.fails !== undefined && (commands === 'all' || commands.includes(this.#command)))
      output.fail({ code: rule.fails.code, message: text })
    return rule
  }

  #failureOf(
    at: number,
    exitCode: number | undefined,
  ): { code: string; message: string } | undefined {
    const output = this.#stages[at]
    const steps = this.#stepsOf(at)
    if (steps !== undefined) return steps.failure(exitCode, output)
    return output?.failure(exitCode)
  }

  #data(): JsonRecord {
    const at = this.#plan.findIndex(({ kind }) => kind === 'command')
    const answers = this.#steps.isUsed ? this.#steps.answers() : [this.#stages[at]?.frame]
    // Of several steps the last one is a verify of what there is now.
    const command = answers.length > 1 ? 'verify' : this.#command
    const found = answers
      .filter((frame) => frame !== undefined)
      .map((frame) => resultsOf(command, frame))
    const [changed] = this.#contexts()
    const url = changed?.type === 'site' ? { url: changed.options['url'] ?? null } : {}
    return Object.assign({}, ...found, url) as JsonRecord
  }

  /** What the last look found; nothing is known where it failed. */
  #contexts(): ProvisionContext[] {
    const at = this.#plan.findIndex(({ kind }) => kind === 'look')
    const found = z.record(z.string(), z.unknown()).safeParse(this.#stages[at]?.frame?.object)
    if (!found.success) return []
    const named = Object.entries(found.data)
    const wanted = this.#plan[at]?.args ?? []
    const order = ([name]: [string, unknown]): number =>
      wanted.indexOf(`@${name.replace(/^@/, '')}`)
    return named
      .filter((one) => order(one) >= 0)
      .sort((a, b) => order(a) - order(b))
      .flatMap(([name, record]) => toKeptContext(name, record)?.context ?? [])
  }

  #removed(exitCodes: readonly number[]): string[] {
    const at = this.#plan.findIndex(({ kind }) => kind === 'forget')
    return at >= 0 && exitCodes[at] === 0
      ? (this.#plan[at]?.args ?? []).map((name) => name.slice(1))
      : []
  }

  #toShown(text: string): string {
    return shorten(this.#mask.mask(text), MAX_TEXT)
  }
}

/** Drush's types of entries. Real errors never come as one: a command that logs an error may still succeed. */
const LEVELS: Readonly<Record<string, LogLevel>> = {
  debug: 'debug',
  debugnotify: 'debug',
  bootstrap: 'debug',
  preflight: 'debug',
  command: 'debug',
  success: 'success',
  ok: 'success',
  completed: 'success',
  p_ok: 'success',
  warning: 'warning',
  cancel: 'warning',
  rollback: 'warning',
  error: 'warning',
  failed: 'warning',
  critical: 'warning',
  alert: 'warning',
  emergency: 'warning',
  p_error: 'warning',
}

const message = (level: LogLevel, text: string, serverAt: number | null = null): OutputEntry => ({
  kind: 'message',
  level,
  text,
  serverAt,
})
