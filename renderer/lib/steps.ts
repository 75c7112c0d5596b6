import type { LogEntry, TaskStatus } from '#shared/domain/task.ts'
import { cleanText } from '#shared/text.ts'

export interface Step {
  title: string
  startedAt: number
  /** null while it runs. */
  endedAt: number | null
  /** Index of its line in the log. */
  index: number
}

/** One stage of a run with its steps, in the order of the log. */
export interface Stage {
  name: string
  startedAt: number
  endedAt: number | null
  steps: Step[]
}

/** No screen shows more, and a server must not fill the memory with steps. */
const MAX_STEPS = 500

/**
 * The stages after one more line. A line of another stage ends the one before; a progress line ends the step before.
 * Times are the server's where the line carries one, so that durations are those of the server.
 */
export function addToStages(stages: readonly Stage[], entry: LogEntry): readonly Stage[] {
  const at = entry.serverAt ?? entry.arrivedAt
  const last = stages.at(-1)
  const isNew = entry.stage !== null && cleanText(entry.stage) !== last?.name
  const isStep = entry.kind === 'progress' && entry.progress !== null
  if (!isNew && !isStep) return stages
  if (stages.reduce((sum, stage) => sum + stage.steps.length + 1, 0) >= MAX_STEPS) return stages
  const current: Stage =
    isNew || last === undefined
      ? { name: cleanText(entry.stage ?? ''), startedAt: at, endedAt: null, steps: [] }
      : last
  const before = isNew
    ? stages.map((stage) => endStage(stage, at))
    : stages.slice(0, stages.length - (last === undefined ? 0 : 1))
  return [...before, isStep ? withStep(current, entry, at) : current]
}

/** The stages once the attempt has ended at `at`: nothing runs any more. */
export const endStages = (stages: readonly Stage[], at: number): Stage[] =>
  stages.map((stage) => endStage(stage, at))

/** How the last step of an ended attempt came out; all before it were done. */
export function toStepState(
  step: Step,
  isLast: boolean,
  status: TaskStatus,
): 'running' | 'done' | 'failed' | 'stopped' {
  if (status === 'processing' || status === 'queued')
    return step.endedAt === null ? 'running' : 'done'
  if (!isLast) return 'done'
  if (status === 'error') return 'failed'
  return status === 'cancelled' ? 'stopped' : 'done'
}

function withStep(stage: Stage, entry: LogEntry, at: number): Stage {
  const step: Step = {
    title: cleanText(entry.progress?.title || entry.text),
    startedAt: at,
    endedAt: null,
    index: entry.index,
  }
  return { ...stage, steps: [...endSteps(stage.steps, at), step] }
}

const endStage = (stage: Stage, at: number): Stage =>
  stage.endedAt !== null
    ? stage
    : { ...stage, endedAt: Math.max(at, stage.startedAt), steps: endSteps(stage.steps, at) }

const endSteps = (steps: readonly Step[], at: number): Step[] =>
  steps.map((step) =>
    step.endedAt === null ? { ...step, endedAt: Math.max(at, step.startedAt) } : step,
  )
