import type { ErrorCode, ExtensionCode } from './error-codes.ts'

/** What stops a command. Its code goes to the frontend as it is; the message names the object and the way out. */
export class ProvisionError extends Error {
  override readonly name = 'ProvisionError'
  readonly code: ErrorCode | ExtensionCode

  constructor(code: ErrorCode | ExtensionCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.code = code
  }
}

export const cancelled = (): ProvisionError =>
  new ProvisionError('PROVISION_CANCELLED', 'Cancelled; what had been done was taken back.')

/** Does `work`; where it fails with one of the codes `from`, the failure gets the code that says what was tried. */
export async function asCode<Result>(
  code: ErrorCode,
  from: readonly ErrorCode[],
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const isNamed = error instanceof ProvisionError && from.some((one) => one === error.code)
    throw isNamed ? new ProvisionError(code, error.message, { cause: error }) : error
  }
}

const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined

export const hasErrno = (error: unknown, ...codes: string[]): boolean => {
  const code = errnoOf(error)
  return code !== undefined && codes.includes(code)
}

/** Any error as one with a code that the frontend knows. */
export function toProvisionError(error: unknown): ProvisionError {
  if (error instanceof ProvisionError) return error
  const message = error instanceof Error ? error.message : String(error)
  const options = { cause: error }
  switch (errnoOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new ProvisionError(
        'PROVISION_NO_SPACE',
        `There is no room left on the server: ${message}`,
        options,
      )
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new ProvisionError(
        'PROVISION_NO_PERMISSION',
        `The account may not do this: ${message}`,
        options,
      )
    default:
      return new ProvisionError('PROVISION_FAILED', message, options)
  }
}
