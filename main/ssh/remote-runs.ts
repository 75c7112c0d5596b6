import type { ExecChannels } from './exec-channels.ts'
import type { RemoteRun, RunEvent, Runs } from './run.ts'

export interface RemoteRunsParts {
  channels: ExecChannels
  host: string
  closed: Promise<void>
}
export class RemoteRuns implements Runs {
  readonly isBusy: boolean = false
  readonly openChannels: number = 0
  constructor(_parts: RemoteRunsParts) {}
  start(): Promise<'started' | 'already-claimed'> {
    return Promise.reject(new Error('not there yet'))
  }
  follow(): AsyncIterable<RunEvent> {
    throw new Error('not there yet')
  }
  cancel(): Promise<RemoteRun> {
    return Promise.reject(new Error('not there yet'))
  }
  list(): Promise<{ id: string; run: RemoteRun }[]> {
    return Promise.reject(new Error('not there yet'))
  }
  remove(): Promise<void> {
    return Promise.reject(new Error('not there yet'))
  }
}
