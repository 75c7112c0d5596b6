import type { Id, JsonRecord } from '#shared/domain/json.ts'
import type { HostingObject } from '#shared/domain/objects.ts'
import { isEnded, type Attempt, type Task } from '#shared/domain/task.ts'
import { ServerTask } from '#shared/protocol/server-task.ts'
import { AppError } from '#shared/errors.ts'
import type { BackendRequest, DialectDriver, Outcome } from '../backend/backend.ts'
import { Sequence } from '../lib/sequence.ts'
import type { Connection } from '../ssh/connection.ts'
import type { RunEvent } from '../ssh/run.ts'
import { findByContextName } from '../store/queries/objects.ts'
import { finishTask, type FinishParts } from './finish.ts'
import { newTask } from './new-task.ts'
import { OutputLog } from './output-log.ts'
import { toOutcome } from './outcome.ts'
import { UnitOfWork } from './unit-of-work.ts'

/** The marks of runs that a server began by itself: one JSON object a line. */
const LOOK = `
cd "$HOME/.hosting-desk/runs" 2>/dev/null || exit 0
for f in */task.json; do
  [ -f "$f" ] && { printf 'hd:run '; head -c 65536 "$f" | head -n 1; }
done
exit 0
`
const MAX_LIST_BYTES = 16 * 1024 * 1024
const TIMEOUT_MS = 60_000
/** Among so many last entries of a log one carries the server's time. */
const LAST_WORDS = 50

export interface ServerRunsParts extends FinishParts {
  driverOf: (backendId: Id) => DialectDriver
}

/** What a look at a backend came to. */
export interface Collected {
  /** Tasks that were stored, oldest first. */
  taskIds: Id[]
  /** Runs that have not ended: to be looked at again. */
  running: number
  /** Runs about contexts that nobody knows here; they stay where they are, for after an import. */
  unknown: number
}

/**
 * Reads back what a server did by itself, as tasks of their own (origin “server”). A run is stored as a whole, with its
 * effects, in one transaction, and only then is its folder removed: whoever is ended in between finds it again and
 * sees by its id that it was stored. One look a backend at a time.
 */
export class ServerRuns {
  readonly #parts: ServerRunsParts
  readonly #looks = new Sequence()

  constructor(parts: ServerRunsParts) {
    this.#parts = parts
  }

  collect(backendId: Id, connection: Connection): Promise<Collected> {
    return this.#looks.run(backendId, () => this.#collect(backendId, connection))
  }

  async #collect(backendId: Id, connection: Connection): Promise<Collected> {
    const collected: Collected = { taskIds: [], running: 0, unknown: 0 }
    const tasks = await this.#listTasks(connection)
    if (tasks.length === 0) return collected
    const states = new Map((await connection.runs.list()).map(({ id, run }) => [id, run.state]))
    for (const task of tasks) {
      const state = states.get(task.id)
      const attempt = this.#parts.store.find('attempt', task.id)
      if (state === undefined) continue
      if (attempt !== undefined) {
        if (isEnded(attempt.status)) await connection.runs.remove([task.id])
      } else if (state === 'running' || state === 'starting') collected.running += 1
      else {
        const object = findByContextName(this.#parts.store, backendId, task.context)
        if (object === undefined) collected.unknown += 1
        else collected.taskIds.push(await this.#adopt(task, object, connection))
      }
    }
    return collected
  }

  async #listTasks(connection: Connection): Promise<ServerTask[]> {
    const { stdout } = await connection.exec(
      { argv: [], script: LOOK },
      { timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_LIST_BYTES },
    )
    const lines = stdout.toString('utf8').split('\n')
    return lines.flatMap(parseMark).sort((a, b) => a.startedAt - b.startedAt)
  }

  /** The log first, then everything else as one transaction, then the folder. Returns the task's id. */
  async #adopt(mark: ServerTask, object: HostingObject, connection: Connection): Promise<Id> {
    const { ids, logs } = this.#parts
    const offset = connection.far.clockOffsetMs
    const taskId = ids.next()
    const outcome = await this.#read(taskId, mark, object, connection)
    await logs.flush(mark.id)
    const lastAt = await this.#lastAt(mark.id)
    const startedAt = Math.round(mark.startedAt - offset)
    const endedAt = Math.max(startedAt, Math.round((lastAt ?? mark.startedAt) - offset))
    const adopted = this.#toTask(taskId, mark, object, startedAt)
    // What it did is as old as it is: a backup of last night is one of last night.
    await finishTask({ ...this.#parts, now: () => endedAt }, taskId, mark.id, outcome, adopted)
    await connection.runs.remove([mark.id])
    return taskId
  }

  async #read(
    taskId: Id,
    mark: ServerTask,
    object: HostingObject,
    connection: Connection,
  ): Promise<Outcome> {
    const { logs, activities, now, driverOf } = this.#parts
    const reader = driverOf(object.backendId).reader(toRequest(mark))
    const parts = { taskId, attemptId: mark.id, reader, logs, activities, now }
    const output = new OutputLog(parts)
    let ended: Extract<RunEvent, { event: 'ended' }>['run'] | undefined
    for await (const event of connection.runs.follow(mark.id, output.offsets())) {
      if (event.event === 'data') output.take(event)
      if (event.event === 'ended') ended = event.run
    }
    output.end()
    if (ended === undefined || ended.state === 'absent')
      throw new AppError('ssh.connection-lost', 'A run of the server went while it was read.')
    return toOutcome(ended, (codes) => reader.outcome(codes))
  }

  /** The server's time of the log's last words, which are those of its run. */
  async #lastAt(attemptId: Id): Promise<number | null> {
    const { logs } = this.#parts
    const { total } = await logs.page(attemptId, 0, 1)
    const { entries } = await logs.page(attemptId, Math.max(0, total - LAST_WORDS), LAST_WORDS)
    return entries.findLast(({ serverAt }) => serverAt !== null)?.serverAt ?? null
  }

  #toTask(
    id: Id,
    mark: ServerTask,
    object: HostingObject,
    startedAt: number,
  ): { task: Task; attempt: Attempt } {
    const { type, args, options } = mark
    const task: Task = {
      ...newTask({
        id,
        number: 1,
        object,
        type,
        values: this.#valuesOf(mark, object),
        origin: 'server',
        now: startedAt,
      }),
      status: 'processing',
      attemptId: mark.id,
      attempts: 1,
      startedAt,
    }
    const attempt: Attempt = {
      id: mark.id,
      taskId: id,
      number: 1,
      status: 'processing',
      startedAt,
      endedAt: null,
      sent: { command: type, args, options, contexts: [] },
      claim: 1,
      errorCode: null,
      errorMessage: null,
    }
    return { task, attempt }
  }

  /** As if a person had filled in the task's form. */
  #valuesOf({ type, args, options }: ServerTask, object: HostingObject): JsonRecord {
    const definition = this.#parts.registry.findTaskType(object.kind, type)
    const ran = { args, options }
    return definition?.valuesOf?.(ran, object, new UnitOfWork(this.#parts)) ?? options
  }
}

function parseMark(line: string): ServerTask[] {
  if (!line.startsWith('hd:run ')) return []
  try {
    return [ServerTask.parse(JSON.parse(line.slice('hd:run '.length)))]
  } catch {
    // Of a newer release, or no work of ours.
    return []
  }
}

const toRequest = ({ type, context, args, options }: ServerTask): BackendRequest => ({
  contexts: [],
  command: { name: type, context, args, options },
  forgets: null,
})
