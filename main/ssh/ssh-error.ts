import { AppError, type AppErrorOptions, type ErrorCode } from '#shared/errors.ts'

/**
 * What stopped us, and what to do, as two sentences without a full stop in the first. The message holds both; the
 * connection check shows them apart, from `data`.
 */
export const sshError = (
  code: ErrorCode,
  what: string,
  remedy: string,
  { data, cause }: AppErrorOptions = {},
): AppError => new AppError(code, `${what}. ${remedy}`, { cause, data: { ...data, what, remedy } })
