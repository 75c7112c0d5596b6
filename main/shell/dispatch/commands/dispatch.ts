import type { CommandCall } from '../command-line.ts'
import { openDesk } from '../desk.ts'
import { print } from '../print.ts'
import { toOutcomeText, warnOfProblems } from './queue.ts'

/**
 * Asks the running application to dispatch, or does it here: collects, plans, starts and follows as long as something
 * runs, at most `--for`; what still runs then goes on on its server, for the next owner to collect.
 */
export async function dispatch(call: CommandCall): Promise<number> {
  await using desk = await openDesk(call.folder)
  const { isPaused } = await desk.calls.app.dispatchState()
  const { started, queues } = isPaused
    ? { started: [], queues: [] }
    : await desk.calls.app.dispatch({ force: call.isForced })
  if (desk.app !== undefined)
    await desk.app.untilIdle({ forMs: call.forMs, signal: call.terminal.signal })
  const state = await desk.calls.app.dispatchState()
  print(call, { ...state, started, queues, isAskedOfRunning: desk.app === undefined }, () =>
    isPaused
      ? 'Dispatch is paused. Nothing was started.\n'
      : [
          ...queues.map((outcome) => `${toOutcomeText(outcome)}\n`),
          `Started ${started.length}; ${state.running} running, ${state.queued} queued.\n`,
        ].join(''),
  )
  await warnOfProblems(call, desk)
  return isPaused ? 4 : 0
}
