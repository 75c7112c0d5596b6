import type { Id } from '#shared/domain/json.ts'
import { maskAddresses } from '#shared/domain/secret-keys.ts'
import { isEnded, type Attempt, type Task, type Waiting } from '#shared/domain/task.ts'
import { AppError, isAppError } from '#shared/errors.ts'
import type { BackendRequest, DialectDriver, Outcome } from '../backend/backend.ts'
import type { HookRegistry } from '../hooks/registry.ts'
import type { IdMaker } from '../lib/ids.ts'
import type { TaskLogs } from '../log/task-log.ts'
import type { Connection } from '../ssh/connection.ts'
import type { RunStage } from '../ssh/run.ts'
import type { Secrets } from '../settings/secrets.ts'
import { ChangeSet, type Store } from '../store/store.ts'
import type { Activities } from './activities.ts'
import { finishTask } from './finish.ts'
import { OutputLog } from './output-log.ts'
import { collectRequest, toBackendRequest } from './request.ts'
import type { LoginLinks } from './login-links.ts'
import { maskerOf, revealSecrets } from './task-secrets.ts'
import { UnitOfWork } from './unit-of-work.ts'
import { toOutcome, type Ended, type RunEnding } from './outcome.ts'
import { waitingFor } from './waiting-for.ts'

/** TERM first; what is still there after this is killed. */
const CANCEL_GRACE_MS = 10_000
const RECONNECT_MS = [0, 500, 1000, 2000, 5000, 10_000, 30_000]

export interface RunnerParts {
  store: Store
  logs: TaskLogs
  registry: HookRegistry
  activities: Activities
  ids: IdMaker
  now: () => number
  /** Where what was typed into password fields is kept. */
  secrets?: Secrets
  loginLinks?: LoginLinks
  connect: (backendId: Id, signal: AbortSignal) => Promise<Connection>
  driverOf: (backendId: Id) => DialectDriver
  /** Waits; rejects with the signal's reason. */
  pause: (ms: number, signal: AbortSignal) => Promise<void>
}

/** What became of a run of {@link TaskRunner.run}: its result is stored, or it never began and goes on waiting. */
export type RunEnd = { state: 'ended' } | { state: 'put-back'; waiting: Waiting; code: string }

type Collected = ReturnType<typeof collectRequest>
const NOTHING_SENT: Collected = {
  sent: { command: '', args: [], options: {}, contexts: [] },
  problems: [],
}

/**
 * Carries one task from its claim on the backend to its stored result.
 *
 * queued → (connected, attempt stored) processing → followed, over broken connections and restarts → ended → stored.
 * Before the attempt is stored a task that cannot reach its backend is put back; after it, it is followed until its
 * backend has said what became of it.
 */
export class TaskRunner {
  readonly #parts: RunnerParts

  constructor(parts: RunnerParts) {
    this.#parts = parts
  }

  /** Begins a queued task, or goes on with one that was left processing. On abort, rejects and leaves the run alone. */
  async run(taskId: Id, signal: AbortSignal): Promise<RunEnd> {
    const task = this.#parts.store.get('task', taskId)
    if (isEnded(task.status)) return { state: 'ended' }
    if (task.status === 'processing' && task.attemptId !== null) {
      return this.#carry(task, this.#parts.store.get('attempt', task.attemptId), undefined, signal)
    }
    let connection: Connection
    try {
      connection = await this.#connect(task.backendId, signal)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const waiting = waitingFor(error, task.backendId)
      if (waiting !== undefined) return { state: 'put-back', waiting, code: error.code }
      return this.#refuse(task, error)
    }
    let collected: Collected
    try {
      collected = this.#collect(task)
    } catch (error) {
      return this.#refuse(task, error)
    }
    const attempt = await this.#begin(taskId, collected)
    if (attempt === undefined) return { state: 'ended' }
    return this.#carry(this.#parts.store.get('task', taskId), attempt, connection, signal)
  }

  /** Asks the backend to stop a processing task; its end is stored by whoever follows it. */
  async cancel(task: Task, signal: AbortSignal): Promise<void> {
    if (task.attemptId === null) return
    // Stopping asks nothing of the program there, so nothing about it may stand in the way.
    const connection = await this.#parts.connect(task.backendId, signal)
    const run = await connection.runs.cancel(task.attemptId, { graceMs: CANCEL_GRACE_MS })
    this.#parts.logs.append(task.attemptId, [
      this.#note(
        run.state === 'running'
          ? 'Asked the server to stop.'
          : `Asked to stop; the run is ${run.state}.`,
      ),
    ])
  }

  async #connect(backendId: Id, signal: AbortSignal): Promise<Connection> {
    const connection = await this.#parts.connect(backendId, signal)
    await this.#parts.driverOf(backendId).prepare(connection)
    return connection
  }

  /** Asks the features what is to be sent. Throws where the type or the object is gone, or the type's own code fails. */
  #collect(task: Task): Collected {
    const { registry } = this.#parts
    const type = registry.getTaskType(task.objectKind, task.type)
    return collectRequest(task, type, registry, new UnitOfWork(this.#parts))
  }

  /** Stores the attempt, before the far side hears of it. Undefined where the task was cancelled meanwhile. */
  async #begin(taskId: Id, { sent, problems }: Collected): Promise<Attempt | undefined> {
    const { store, ids, now, logs } = this.#parts
    const task = store.get('task', taskId)
    if (task.status !== 'queued') return undefined
    const attempt = newAttempt(task, { id: ids.next(), now: now(), sent })
    await store.commit(
      new ChangeSet().put('attempt', attempt).put('task', {
        ...task,
        // A task that waited while its site was renamed is about the site under its new name.
        objectName: store.find(task.objectKind, task.objectId)?.name ?? task.objectName,
        status: 'processing',
        attemptId: attempt.id,
        attempts: attempt.number,
        startedAt: attempt.startedAt,
        endedAt: null,
        errorCode: null,
        errorMessage: null,
        warnings: 0,
      }),
    )
    this.#parts.activities.update(taskId, {
      waiting: null,
      position: null,
      lastSeenAt: null,
      progress: null,
    })
    for (const { feature, hook, message } of problems) {
      logs.append(attempt.id, [
        {
          ...this.#note(`Feature ${feature} was left out of ${hook}: ${message}`),
          level: 'warning',
        },
      ])
    }
    return attempt
  }

  async #carry(
    task: Task,
    attempt: Attempt,
    connection: Connection | undefined,
    signal: AbortSignal,
  ): Promise<RunEnd> {
    const { logs, registry, activities, now } = this.#parts
    const type = registry.findTaskType(task.objectKind, task.type)
    const mask = maskerOf(task, this.#parts.secrets)
    const request = toBackendRequest(task, attempt.sent, type ?? {})
    const driver = this.#parts.driverOf(task.backendId)
    const reader = driver.reader(request)
    const output = new OutputLog({
      taskId: task.id,
      attemptId: attempt.id,
      reader,
      logs,
      activities,
      now,
      mask,
    })
    await output.recall()
    const { end, last } = await this.#follow(
      task,
      attempt.id,
      output,
      connection,
      signal,
      async (over) => {
        await driver.prepare(over)
        return driver.stages(over, this.#reveal(request, task.id))
      },
    )
    output.end()
    const outcome = withMaskedMessage(
      toOutcome(end, (exitCodes) => reader.outcome(exitCodes)),
      mask,
    )
    if (outcome.isOk) await this.#parts.loginLinks?.keep(task.id, outcome.data['loginLink'])
    await logs.flush(attempt.id)
    const isPutBack =
      !outcome.isOk && driver.isOverload(outcome.code) && !this.#isCancelled(task.id)
    const runEnd: RunEnd = isPutBack
      ? await this.#putBack(task, attempt, outcome)
      : await finishTask(this.#parts, task.id, attempt.id, outcome).then(() => ({ state: 'ended' }))
    // Only now: until the result is stored, the folder on the server is the only place where it lies.
    void last?.runs.remove([attempt.id]).catch(() => undefined)
    return runEnd
  }

  /** What is typed only once is put in only here, on its way to the backend. */
  #reveal(request: BackendRequest, taskId: Id): BackendRequest {
    const { secrets } = this.#parts
    if (secrets === undefined) return request
    const options = revealSecrets(request.command.options, taskId, secrets)
    return { ...request, command: { ...request.command, options } }
  }

  /** Starts where that is still to be done, then reads on over every break until the run has ended. */
  async #follow(
    task: Task,
    attemptId: Id,
    output: OutputLog,
    first: Connection | undefined,
    signal: AbortSignal,
    stages: (connection: Connection) => Promise<readonly RunStage[]>,
  ): Promise<{ end: RunEnding; last: Connection | undefined }> {
    const { activities, connect, now, pause } = this.#parts
    const course: Course = { failures: 0, claim: first === undefined ? 'possible' : 'none' }
    for (let next = first; ; next = undefined) {
      let connection: Connection | undefined
      try {
        connection = next ?? (await connect(task.backendId, signal))
        activities.update(task.id, { doubtSince: null, doubtReason: null })
        return {
          end: await this.#attend(task.id, attemptId, output, connection, signal, stages, course),
          last: connection,
        }
      } catch (error) {
        if (signal.aborted) throw signal.reason
        if (!(error instanceof AppError)) throw error
        if (isRefusal(error, course)) return { end: { state: 'refused', error }, last: connection }
        course.claim = 'possible'
        if (activities.get(task.id)?.doubtSince == null) {
          output.note('info', `Lost sight of the task, which goes on there: ${error.message}`)
          activities.update(task.id, { doubtSince: now(), doubtReason: error.message })
        }
        await pause(RECONNECT_MS[Math.min(course.failures++, RECONNECT_MS.length - 1)] ?? 0, signal)
      }
    }
  }

  /** Follows over one connection until the run has ended, with a second claim where the first never started. */
  async #attend(
    taskId: Id,
    attemptId: Id,
    output: OutputLog,
    connection: Connection,
    signal: AbortSignal,
    stages: (connection: Connection) => Promise<readonly RunStage[]>,
    course: Course,
  ): Promise<Ended> {
    const { activities, store, now } = this.#parts
    for (;;) {
      const attempt = store.get('attempt', attemptId)
      const offsets = output.offsets()
      if (this.#isCancelled(taskId)) {
        const run = await connection.runs.cancel(attemptId, { graceMs: CANCEL_GRACE_MS })
        if (run.state === 'absent') return run
      } else if (offsets.length === 0) {
        await this.#start(attempt, connection, signal, stages, course)
        // A cancel that came while the claim was on its way found nothing to stop.
        if (this.#isCancelled(taskId))
          await connection.runs.cancel(attemptId, { graceMs: CANCEL_GRACE_MS })
      }
      let ended: Ended | undefined
      for await (const event of connection.runs.follow(attemptId, offsets, { signal })) {
        course.failures = 0
        activities.update(taskId, { lastSeenAt: now() })
        if (event.event === 'data') output.take(event)
        if (event.event === 'ended') ended = event.run
      }
      if (signal.aborted) throw signal.reason
      if (ended === undefined)
        throw new AppError('ssh.connection-lost', 'The server stopped telling about the task.')
      if (ended.state !== 'never-started' || attempt.claim === 2) return ended
      await this.#claimAgain(attempt)
    }
  }

  /**
   * The rename on the far side is the claim, so asking again starts nothing twice. What cannot be asked for again, as its
   * password is gone by now, may have begun: only the far side knows.
   */
  async #start(
    attempt: Attempt,
    connection: Connection,
    signal: AbortSignal,
    stages: (connection: Connection) => Promise<readonly RunStage[]>,
    course: Course,
  ): Promise<void> {
    try {
      const { id, claim } = attempt
      await connection.runs.start({ id, claim, stages: await stages(connection) }, { signal })
      course.claim = 'possible'
    } catch (error) {
      if (!isAppError(error, 'task.secret-gone') || course.claim === 'none') throw error
    }
  }

  #isCancelled(taskId: Id): boolean {
    return this.#parts.store.get('task', taskId).cancelRequestedAt !== null
  }

  async #claimAgain(attempt: Attempt): Promise<void> {
    await this.#parts.store.commit(new ChangeSet().put('attempt', { ...attempt, claim: 2 }))
  }

  /** The machine is too busy: back to the queue, as if it had not been tried. */
  async #putBack(
    task: Task,
    attempt: Attempt,
    outcome: Extract<Outcome, { isOk: false }>,
  ): Promise<RunEnd> {
    const { store, now, activities } = this.#parts
    const { code: errorCode, message: errorMessage } = outcome
    await store.commit(
      new ChangeSet()
        .put('attempt', {
          ...attempt,
          status: 'cancelled',
          endedAt: now(),
          errorCode,
          errorMessage,
        })
        .put('task', { ...store.get('task', task.id), status: 'queued', startedAt: null }),
    )
    activities.update(task.id, { progress: null, lastSeenAt: null })
    const waiting: Waiting = {
      reason: 'overload',
      message: outcome.message,
      retryAt: now() + 30_000,
    }
    return { state: 'put-back', waiting, code: outcome.code }
  }

  /** A task that cannot even be asked for (refused login, no Node there, its feature switched off): it fails. */
  async #refuse(task: Task, error: unknown): Promise<RunEnd> {
    const code = error instanceof AppError ? error.code : 'hook.failed'
    const message = error instanceof Error ? error.message : String(error)
    const attempt = await this.#begin(task.id, NOTHING_SENT)
    if (attempt === undefined) return { state: 'ended' }
    this.#parts.logs.append(attempt.id, [{ ...this.#note(message), level: 'error' }])
    const outcome: Outcome = { isOk: false, code, message, contexts: [], removedContexts: [] }
    await finishTask(this.#parts, task.id, attempt.id, outcome)
    return { state: 'ended' }
  }

  #note(text: string) {
    return {
      kind: 'message' as const,
      level: 'info' as const,
      text,
      serverAt: null,
      arrivedAt: this.#parts.now(),
      stage: null,
      progress: null,
      source: null,
    }
  }
}

const withMaskedMessage = (outcome: Outcome, mask: (text: string) => string): Outcome =>
  outcome.isOk ? outcome : { ...outcome, message: maskAddresses(mask(outcome.message)) }

function newAttempt(
  task: Task,
  { id, now, sent }: { id: Id; now: number; sent: Attempt['sent'] },
): Attempt {
  return {
    id,
    taskId: task.id,
    number: task.attempts + 1,
    status: 'processing',
    startedAt: now,
    endedAt: null,
    sent,
    claim: 1,
    errorCode: null,
    errorMessage: null,
  }
}

/** How following a run goes: failures in a row, and whether the backend may have taken it. */
interface Course {
  failures: number
  claim: 'none' | 'possible'
}

/** Once the backend may have taken the run, only its own word ends it; or that there is nobody to ask, or nothing to say. */
const isRefusal = (error: AppError, { claim }: Course): boolean =>
  claim === 'none'
    ? !isAboutConnection(error)
    : error.code === 'object.not-found' || error.code === 'input.invalid'

/** What may go away by itself or by a word of the operator: the run itself is not touched by it. */
const isAboutConnection = (error: AppError): boolean =>
  error.code.startsWith('ssh.') ||
  error.code.startsWith('secret.') ||
  error.code === 'run.start-failed'
