import type { LogLevel } from '#shared/domain/task.ts'
import { cancelled } from '../system/provision-error.ts'
import type { Step, Undo } from './step.ts'

/** Who hears of what happens. */
export interface Reporter {
  log(level: LogLevel, message: string): void
  progress(step: number, of: number, title: string): void
}

/**
 * Does the steps in order. When one fails, or the signal comes, the finished ones are taken back in reverse and the
 * first error is thrown. Once the last step is done nothing is taken back any more, and what was put aside is discarded.
 */
export async function runSteps(
  steps: readonly Step[],
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const finished: { title: string; undo: Undo }[] = []
  try {
    for (const [index, step] of steps.entries()) {
      if (signal.aborted) throw cancelled()
      reporter.progress(index, steps.length, step.title)
      const undo = await step.run(signal)
      if (undo !== undefined) finished.push({ title: step.title, undo })
    }
  } catch (error) {
    // Whatever a step makes of the signal, a cancel is a cancel.
    const first = signal.aborted ? cancelled() : error
    await takeBack(finished.reverse(), reporter)
    throw first
  }
  reporter.progress(steps.length, steps.length, 'Done')
  for (const step of steps) await discard(step, reporter)
}

async function takeBack(
  finished: readonly { title: string; undo: Undo }[],
  reporter: Reporter,
): Promise<void> {
  for (const { title, undo } of finished) {
    try {
      await undo()
      reporter.log('info', `Taken back: ${title}`)
    } catch (error) {
      reporter.log('error', `Could not be taken back: ${title}: ${String(error)}`)
    }
  }
}

async function discard(step: Step, reporter: Reporter): Promise<void> {
  try {
    await step.discard?.()
  } catch (error) {
    reporter.log('warning', `${step.title}: something was left behind: ${String(error)}`)
  }
}
