import type { Runs } from './run.ts'

/** What was found out about the far side when the connection was made, or when it was asked again. */
export interface FarSide {
  uid: number
  user: string
  /** Absolute path of the account's home folder. */
  home: string
  /** `uname -s`. */
  system: string
  /** Server's clock minus this computer's; half the round trip is taken off. */
  clockOffsetMs: number
  /** Absolute path of the `node` found there and its version, or null where there is none. */
  node: { path: string; version: string } | null
}

export interface ExecResult {
  exitCode: number
  /** The name of the signal that ended it, or null. */
  signal: string | null
  stdout: Buffer
  stderr: string
}

/** An open, authenticated connection to one backend, its host key checked and its account found not to be root. */
export interface Connection {
  readonly far: FarSide
  /** Finds out anew what `far` says: something that was missing may have been installed since. */
  askAgain(): Promise<void>
  readonly runs: Runs
  /**
   * One short command. argv is quoted in one place; `script` is a fixed text of ours, never with values in it:
   * those come as `argv`, which the script sees as "$@".
   */
  exec(
    command: { argv: readonly string[]; script?: string; stdin?: Buffer | string },
    options?: { signal?: AbortSignal; timeoutMs?: number; maxOutputBytes?: number },
  ): Promise<ExecResult>
  /** Resolves when the connection is gone, for whatever reason. */
  readonly closed: Promise<void>
}
