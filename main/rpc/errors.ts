import { ORPCError, ValidationError } from '@orpc/server'
import type { DeskError } from '#shared/contract/base.ts'
import type { FormProblems } from '#shared/domain/form.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import { AppError } from '#shared/errors.ts'

/** Any error as the contract carries it. What is no AppError and no bad input is a bug: told to `onBug`, not to the caller. */
export function toRpcError(error: unknown, onBug: (error: unknown) => void): unknown {
  if (error instanceof AppError) return toDeskError(error)
  if (error instanceof ORPCError) {
    const cause: unknown = error.cause
    if (cause instanceof ValidationError && error.code === 'BAD_REQUEST') return toInputError(cause)
    return error
  }
  onBug(error)
  return new ORPCError('INTERNAL_SERVER_ERROR', {
    message:
      'Hosting Desk made a mistake and stopped this action. Nothing was lost; its log has the details.',
  })
}

function toDeskError(error: AppError): ORPCError<'DESK', DeskError> {
  const { problems, ...facts } = error.data
  return new ORPCError('DESK', {
    status: 422,
    defined: true,
    message: error.message,
    data: {
      code: error.code,
      facts: JSON.parse(JSON.stringify(facts)) as JsonRecord,
      ...(problems === undefined ? {} : { problems: problems as FormProblems }),
    },
  })
}

/** Where the contract's own check says no: each problem at its field, the first one of each. */
function toInputError(error: ValidationError): ORPCError<'DESK', DeskError> {
  const problems: FormProblems = {}
  for (const { path, message } of error.issues) {
    const field = (path ?? [])
      .map((part) => String(typeof part === 'object' ? part.key : part))
      .join('.')
    problems[field] ??= message
  }
  const [first = 'The input is not as it should be.'] = Object.values(problems)
  return new ORPCError('DESK', {
    status: 422,
    defined: true,
    message: first,
    data: { code: 'input.invalid', facts: {}, problems },
  })
}
