import { AppError } from '#shared/errors.ts'

/** Refused input with its reason at one field of the form. */
export const problemAt = (field: string, message: string): AppError =>
  new AppError('input.invalid', message, { data: { problems: { [field]: message } } })
