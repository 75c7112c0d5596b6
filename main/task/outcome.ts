import type { AppError, ErrorCode } from '#shared/errors.ts'
import type { Outcome } from '../backend/backend.ts'
import type { RunEvent } from '../ssh/run.ts'

export type Ended = Extract<RunEvent, { event: 'ended' }>['run']
/** How a run ended, or why the backend would not take it at all. */
export type RunEnding = Ended | { state: 'refused'; error: AppError }

/** What a run's end means; the reader is asked only where the run itself came to an end. */
export function toOutcome(
  end: RunEnding,
  read: (exitCodes: readonly number[]) => Outcome,
): Outcome {
  const failed = (code: ErrorCode, message: string): Outcome => ({
    isOk: false,
    code,
    message,
    contexts: [],
    removedContexts: [],
  })
  switch (end.state) {
    case 'finished':
      return read(end.exitCodes)
    case 'never-started':
      return failed(
        'run.never-started',
        'The server took the task twice but never started it. Verify the server, then try again.',
      )
    case 'lost':
      return failed(
        'run.lost',
        'The task’s process is gone and left no result: the server was restarted, or it was killed there. Verify the object, then try again.',
      )
    case 'refused':
      return failed(end.error.code, end.error.message)
    case 'absent':
      return failed(
        'run.lost',
        'The server knows nothing of the task any more. Verify the object, then try again.',
      )
  }
}
