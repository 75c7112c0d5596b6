import type { JsonRecord } from '#shared/domain/json.ts'
import type { LogLevel, Progress } from '#shared/domain/task.ts'
import type { SiteLogName, SiteLogPage } from '#shared/domain/site-log.ts'
import type { ListedItem } from '#shared/protocol/listing.ts'
import type { PlannedChange } from '#shared/protocol/planned-change.ts'
import type { ProvisionContext } from '#shared/protocol/provision.ts'
import type { Connection } from '../ssh/connection.ts'
import type { RunStage, RunStream } from '../ssh/run.ts'
import type { Line } from '../lib/lines.ts'

/** What a task asks of a backend, in no dialect. Context names carry no `@`. */
export interface BackendRequest {
  /** Contexts to save first, in this order. A null value unsets its key. */
  contexts: readonly { name: string; options: JsonRecord }[]
  /** `verify`, `install`, … without the dialect's prefix. */
  command: { name: string; context: string; args: readonly string[]; options: JsonRecord }
  /** The context that goes once the command has succeeded. */
  forgets: string | null
}

/** Something that a backend keeps, and of a context the keys that its dialect does not understand. */
export type KeptItem = ListedItem & { unknownKeys?: readonly string[] }

/** What one line of output meant. */
export type OutputEntry =
  | { kind: 'message'; level: LogLevel; text: string; serverAt: number | null }
  | { kind: 'progress'; progress: Progress; serverAt: number | null }

export type Outcome =
  | {
      isOk: true
      data: JsonRecord
      contexts: readonly ProvisionContext[]
      removedContexts: readonly string[]
    }
  | {
      isOk: false
      /** Of shared/errors.ts (`run.lost`, `backend.no-result` …) or the backend's own (`PROVISION_…`). */
      code: string
      message: string
      contexts: readonly ProvisionContext[]
      removedContexts: readonly string[]
    }

/** What a request would change, or why it would be refused. */
export interface Preview {
  changes: readonly PlannedChange[]
  warnings: readonly string[]
  refusal: { code: string; message: string } | null
}

/** Reads what one run prints. Made anew for each process that follows the attempt; fed every line from its offsets on. */
export interface OutputReader {
  /** The names of the stages, in their order. */
  readonly stageNames: readonly string[]
  /** Lines are cut here; where absent, at the limit of our own protocol. */
  readonly maxLineBytes?: number
  /** What to log for a line, or undefined where the line is for the reader only (a result). */
  read(
    stage: number,
    stream: RunStream,
    line: Line,
  ): OutputEntry | readonly OutputEntry[] | undefined
  /** An entry that a process before this one has logged: its line is not read again. */
  recall?(stage: number, logged: { level: LogLevel; text: string }): void
  /** What the run came to, after its last line. `exitCodes` are those of the stages that ran. */
  outcome(exitCodes: readonly number[]): Outcome
}

/**
 * One way of speaking to a backend. `native` and `aegir` are the two; nobody else knows which one runs.
 * A result line is re-read after a restart, since only logged lines count as taken.
 */
export interface DialectDriver {
  /**
   * Makes sure that the far side can run our commands (puts the program and extensions there). Called before each run,
   * and more than once at a time; it asks the far side nothing where nothing is new.
   */
  prepare(connection: Connection): Promise<void>
  /** What the run is to do, on a connection that is prepared; may look at what is there first. */
  stages(
    connection: Connection,
    request: BackendRequest,
  ): readonly RunStage[] | Promise<readonly RunStage[]>
  reader(request: BackendRequest): OutputReader
  /** Everything that the account keeps, on a connection that is prepared; for an import. */
  list(connection: Connection): Promise<KeptItem[]>
  /**
   * What a request would change, on a connection that is prepared; nothing is changed. Absent where the dialect cannot say.
   */
  preview?(connection: Connection, request: BackendRequest, signal?: AbortSignal): Promise<Preview>
  /** A piece of a site's log, on a connection that is prepared. Absent where the dialect has none to show. */
  siteLog?(
    connection: Connection,
    wish: { context: string; log: SiteLogName; lines: number; before: number | null },
    signal?: AbortSignal,
  ): Promise<SiteLogPage>
  /** The codes that put a task back into its queue: the machine is too busy. */
  isOverload(code: string): boolean
}
