import type { FormProblems } from '#shared/domain/form.ts'
import { AppError } from '#shared/errors.ts'

/** Refused input with its reason at one field of the form. */
export const problemAt = (field: string, message: string): AppError =>
  new AppError('input.invalid', message, { data: { problems: { [field]: message } } })

/** Refuses input with everything that is wrong with it, each at its field; passes where nothing is. */
export function refuse(problems: FormProblems): void {
  const [first] = Object.values(problems)
  if (first !== undefined) throw new AppError('input.invalid', first, { data: { problems } })
}
