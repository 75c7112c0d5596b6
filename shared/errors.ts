/**
 * Every way in which the application stops, by code. A caller looks at the code, never at the text.
 * `isRetryable` marks what may go away by itself; only the dispatcher and the connection pool retry.
 */
export const ERRORS = {
  'input.invalid': { isRetryable: false },
  'object.not-found': { isRetryable: false },
  'object.name-taken': { isRetryable: false },
  'object.in-use': { isRetryable: false },
  'object.changed-meanwhile': { isRetryable: true },

  'store.locked': { isRetryable: true },
  'store.newer-format': { isRetryable: false },
  'store.damaged': { isRetryable: false },
  'store.write-failed': { isRetryable: true },

  'ssh.no-such-host': { isRetryable: true },
  'ssh.unreachable': { isRetryable: true },
  'ssh.not-ssh': { isRetryable: false },
  'ssh.timeout': { isRetryable: true },
  'ssh.connection-lost': { isRetryable: true },
  'ssh.host-key-unknown': { isRetryable: false },
  'ssh.host-key-changed': { isRetryable: false },
  'ssh.host-key-revoked': { isRetryable: false },
  'ssh.auth-failed': { isRetryable: false },
  'ssh.key-missing': { isRetryable: false },
  'ssh.key-invalid': { isRetryable: false },
  'ssh.passphrase-needed': { isRetryable: false },
  'ssh.passphrase-wrong': { isRetryable: false },
  'ssh.password-needed': { isRetryable: false },
  'ssh.no-agent': { isRetryable: false },
  'ssh.root-refused': { isRetryable: false },
  'ssh.account-locked': { isRetryable: false },
  'ssh.shell-slow': { isRetryable: false },
  'ssh.channels-refused': { isRetryable: true },
  'ssh.proxy-unsupported': { isRetryable: false },

  'bootstrap.script-changed': { isRetryable: false },
  'bootstrap.password-needed': { isRetryable: false },
  'bootstrap.password-wrong': { isRetryable: false },
  'bootstrap.not-root': { isRetryable: false },

  'run.lost': { isRetryable: false },
  'run.never-started': { isRetryable: false },
  'run.time-limit': { isRetryable: false },
  'run.start-failed': { isRetryable: true },

  'backend.no-node': { isRetryable: false },
  'backend.bad-output': { isRetryable: false },
  'backend.no-result': { isRetryable: false },
  'backend.home-full': { isRetryable: false },
  'backend.program-install-failed': { isRetryable: true },
  'backend.no-drush': { isRetryable: false },
  'backend.unknown-context': { isRetryable: false },
  'backend.broken-context': { isRetryable: false },
  'backend.wrong-context': { isRetryable: false },
  'backend.options-lost': { isRetryable: false },
  'backend.unknown-service': { isRetryable: false },
  'backend.reload-failed': { isRetryable: false },
  'backend.memory-limit': { isRetryable: false },
  'backend.killed': { isRetryable: false },
  'backend.no-frontend': { isRetryable: false },
  'backend.no-logs': { isRetryable: false },
  'backend.refused': { isRetryable: false },

  'task.not-allowed': { isRetryable: false },
  'task.already-waiting': { isRetryable: false },
  'task.unknown-type': { isRetryable: false },
  'task.not-cancellable': { isRetryable: false },
  'task.secret-gone': { isRetryable: false },
  'task.predecessor-failed': { isRetryable: false },
  'task.no-preview': { isRetryable: false },

  'queue.paused': { isRetryable: false },
  'queue.unknown': { isRetryable: false },

  'crontab.missing': { isRetryable: false },
  'crontab.refused': { isRetryable: false },

  'hook.failed': { isRetryable: false },
  'feature.unknown': { isRetryable: false },
  'feature.required': { isRetryable: false },
  'extension.not-understood': { isRetryable: false },
  'extension.broken': { isRetryable: false },
  'secret.missing': { isRetryable: false },
  'download.missing': { isRetryable: false },
  'download.changed': { isRetryable: false },
  'export.unreadable': { isRetryable: false },
  'export.wrong-passphrase': { isRetryable: false },
  'export.not-empty': { isRetryable: false },
  'terminal.missing': { isRetryable: false },
  'demo.unsupported': { isRetryable: false },
  'demo.no-account': { isRetryable: false },
} as const satisfies Record<string, { isRetryable: boolean }>

export type ErrorCode = keyof typeof ERRORS

export interface AppErrorOptions {
  /** Plain facts for whoever handles the error: no secrets, no class instances. */
  data?: Readonly<Record<string, unknown>>
  cause?: unknown
}

/** What stops us, with a code from {@link ERRORS}. The message names the object and, where there is one, the way out. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly data: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.data = options.data ?? {}
  }

  get isRetryable(): boolean {
    return ERRORS[this.code].isRetryable
  }
}

export const isAppError = (error: unknown, code?: ErrorCode): error is AppError =>
  error instanceof AppError && (code === undefined || error.code === code)
