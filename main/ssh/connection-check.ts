import { CheckStage, type CheckEvent, type HostKey } from '#shared/contract/backend.ts'
import { isAppError } from '#shared/errors.ts'
import { Channel } from '../lib/listeners.ts'
import { FAR_CHECKS, type FarStage, type Finding } from './far-checks.ts'
import { openConnection, type OpenConnection, type OpenParts } from './open-connection.ts'

const STAGES = CheckStage.options

/**
 * Goes through each stage of a connection, one after the other, and tells of each as it begins and as it ends: which
 * one failed, and what to do; `more` are stages after those of this folder. What comes after a failure is `skipped`. Stores nothing, and leaves no connection open.
 */
export async function* checkConnection(
  parts: Omit<OpenParts, 'signal'> & { signal?: AbortSignal; more?: readonly FarStage[] },
): AsyncGenerator<CheckEvent, void> {
  const left = new AbortController()
  const signal = parts.signal ? AbortSignal.any([parts.signal, left.signal]) : left.signal
  const events = new Channel<CheckEvent>()
  const work = carryOut({ ...parts, signal }, new Progress(events)).finally(() => events.close())
  // Its error is thrown below, once all events were read.
  work.catch(() => {})
  try {
    yield* events
    await work
  } finally {
    left.abort(new Error('The check is not watched any more'))
    await work.catch(() => {})
  }
}

async function carryOut(
  parts: OpenParts & { more?: readonly FarStage[] },
  progress: Progress,
): Promise<void> {
  progress.begin('resolve')
  let connection: OpenConnection | undefined
  try {
    connection = await openWatched(parts, progress)
    for (const { stage, check } of [...FAR_CHECKS, ...(parts.more ?? [])]) {
      progress.begin(stage)
      progress.end(await check(connection, parts))
    }
  } catch (error) {
    parts.signal?.throwIfAborted()
    progress.fail(error)
  } finally {
    connection?.close()
  }
}

function openWatched(parts: OpenParts, progress: Progress): Promise<OpenConnection> {
  return openConnection(parts, {
    resolved(addresses, { jumps }) {
      const over = jumps.map(({ host }) => host).join(', ')
      progress.pass(`${addresses.join(', ')}${over === '' ? '' : `, over ${over}`}`, 'connect')
    },
    connected(latencyMs) {
      progress.pass(`Reached, ${latencyMs.toFixed(1)} ms away`, 'host-key')
    },
    hostKey(shown, verdict) {
      if (verdict !== 'known') return
      const message = `${shown.type} ${shown.fingerprint} is known`
      progress.pass(message, 'authentication', { shown, known: [shown] })
    },
    authenticated() {
      progress.pass(`Logged in as ${parts.address.user}`, 'user')
    },
  })
}

/** Which stage is being gone through, and since when. */
class Progress {
  readonly #events: Channel<CheckEvent>
  #stage: CheckStage = 'resolve'
  #startedAt = 0

  constructor(events: Channel<CheckEvent>) {
    this.#events = events
  }

  begin(stage: CheckStage): void {
    const isUnderWay = stage === this.#stage && this.#startedAt > 0
    if (isUnderWay) return
    this.#stage = stage
    this.#startedAt = performance.now()
    this.#tell({ state: 'running', message: '', remedy: null, code: null }, null)
  }

  pass(message: string, next: CheckStage, hostKey: CheckEvent['hostKey'] = null): void {
    this.end({ state: 'ok', message, remedy: null, code: null }, hostKey)
    this.begin(next)
  }

  end(finding: Finding, hostKey: CheckEvent['hostKey'] = null): void {
    this.#tell(finding, Math.round(performance.now() - this.#startedAt), hostKey)
  }

  fail(error: unknown): void {
    this.end(toFinding(error), toHostKeyQuestion(error))
    for (const stage of STAGES.slice(STAGES.indexOf(this.#stage) + 1)) {
      this.#stage = stage
      this.#tell({ state: 'skipped', message: '', remedy: null, code: null }, null)
    }
  }

  #tell(
    { dialect = null, ...finding }: Omit<Finding, 'state'> & Pick<CheckEvent, 'state'>,
    durationMs: number | null,
    hostKey: CheckEvent['hostKey'] = null,
  ): void {
    this.#events.push({ stage: this.#stage, ...finding, dialect, durationMs, hostKey })
  }
}

function toFinding(error: unknown): Finding {
  if (!isAppError(error)) {
    const message = error instanceof Error ? error.message : String(error)
    return { state: 'failed', message, remedy: 'Try again.', code: null }
  }
  const { what, remedy } = error.data
  return {
    state: 'failed',
    message: typeof what === 'string' ? what : error.message,
    remedy: typeof remedy === 'string' ? remedy : null,
    code: error.code,
  }
}

/** What the operator is asked to compare. The errors of host keys carry it. */
function toHostKeyQuestion(error: unknown): CheckEvent['hostKey'] {
  if (!isAppError(error) || !error.code.startsWith('ssh.host-key-')) return null
  return { shown: error.data['shown'] as HostKey, known: error.data['known'] as HostKey[] }
}
