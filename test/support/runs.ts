import type { RemoteRun, RunEvent, RunRequest, RunStage, Runs } from '../../main/ssh/run.ts'
import { collectEvents } from './ssh.ts'

let serial = 0

/** A stage that is a line of shell; it sees `args` as "$1" and so on. */
export const sh = (script: string, stdin: string | null = null, ...args: string[]): RunStage => ({
  name: 'command',
  argv: ['sh', '-c', script, 'sh', ...args],
  stdin,
})

export const aRun = (...stages: RunStage[]): RunRequest => ({
  id: `test-${process.pid}-${serial++}`,
  claim: 1,
  stages,
})

export const lastOf = (events: readonly RunEvent[]): RunEvent | undefined => events.at(-1)

export const finished = (...exitCodes: number[]): RunEvent => ({
  event: 'ended',
  run: { state: 'finished', exitCodes },
})

/** As whoever carries a task: start, follow, and where it never started once more under a second claim. */
export async function toEnd(runs: Runs, run: RunRequest): Promise<RemoteRun> {
  await runs.start(run)
  const first = await endOf(runs, run.id)
  if (first.state !== 'never-started') return first
  await runs.start({ ...run, claim: 2 })
  return endOf(runs, run.id)
}

export async function endOf(runs: Runs, id: string): Promise<RemoteRun> {
  const last = lastOf(await collectEvents(runs.follow(id, [])))
  if (last?.event !== 'ended') throw new Error('A followed run told no end')
  return last.run
}
