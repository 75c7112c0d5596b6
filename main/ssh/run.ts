/** One step of a detached run: a program with its arguments, and what it reads on standard input. */
export interface RunStage {
  /** For people and for the log: `save @site`, `command`, `forget`. */
  name: string
  argv: readonly string[]
  stdin: string | null
}

/** What one run is asked to do. `id` names its folder on the server; `claim` is 2 where claim 1 never started. */
export interface RunRequest {
  id: string
  claim: 1 | 2
  stages: readonly RunStage[]
}

/** What is known of a run on the far side. */
export type RemoteRun =
  | { state: 'starting' }
  | { state: 'running'; pid: number }
  | {
      state: 'finished'
      /** of the stages that ran, in order; the last is the run's own */ exitCodes: number[]
    }
  | { state: 'lost' }
  | { state: 'never-started' }
  | { state: 'absent' }

export type RunStream = 'out' | 'err'

/** Bytes of a stage's stream from `offset` on; or what became of the run. */
export type RunEvent =
  | { event: 'data'; stage: number; stream: RunStream; offset: number; bytes: Buffer }
  | { event: 'alive'; run: RemoteRun }
  | {
      event: 'ended'
      run: Extract<RemoteRun, { state: 'finished' | 'lost' | 'never-started' | 'absent' }>
    }

/** From where to read on: bytes already taken of each stage's streams. */
export type RunOffsets = readonly { stage: number; stream: RunStream; offset: number }[]

/** What is asked of a connected backend about its runs. */
export interface Runs {
  /** Claims and starts; `already-claimed` where a folder of this id is there (then follow it). */
  start(
    request: RunRequest,
    options?: { signal?: AbortSignal },
  ): Promise<'started' | 'already-claimed'>
  /**
   * Reads on until the run has ended; the last event is `ended` and comes after all data. Throws
   * `ssh.connection-lost` when the connection goes; the caller calls again with its offsets.
   */
  follow(
    id: string,
    offsets: RunOffsets,
    options?: { signal?: AbortSignal },
  ): AsyncIterable<RunEvent>
  /** TERM to the run's process group, KILL after the grace time. Resolves once TERM was sent or nothing ran. */
  cancel(id: string, options: { graceMs: number }): Promise<RemoteRun>
  /** Runs whose folders are there. */
  list(): Promise<{ id: string; run: RemoteRun }[]>
  /** Removes the folders of runs whose results are stored here. */
  remove(ids: readonly string[]): Promise<void>
}
