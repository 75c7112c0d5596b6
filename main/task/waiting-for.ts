import type { Id } from '#shared/domain/json.ts'
import type { Waiting } from '#shared/domain/task.ts'
import type { AppError } from '#shared/errors.ts'

/** What a task waits for that cannot reach its backend; undefined where waiting would not help. */
export function waitingFor(error: AppError, backendId: Id): Waiting | undefined {
  switch (error.code) {
    case 'ssh.host-key-unknown':
    case 'ssh.host-key-changed':
    case 'ssh.host-key-revoked':
      return { reason: 'host-key', backendId }
    case 'secret.missing':
    case 'ssh.password-needed':
    case 'ssh.passphrase-needed':
    case 'ssh.passphrase-wrong':
      return { reason: 'secret', backendId }
    default:
      return error.isRetryable
        ? { reason: 'unreachable', backendId, message: error.message, retryAt: null }
        : undefined
  }
}
