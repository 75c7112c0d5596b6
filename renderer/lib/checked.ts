import type { z } from 'zod'
import type { FormProblems } from '#shared/domain/form.ts'

/** What was typed, as main takes it, or what is wrong with each field. */
export type Checked<Facts> = { facts: Facts } | { problems: FormProblems }

export const toChecked = <Facts>(parsed: z.ZodSafeParseResult<Facts>): Checked<Facts> =>
  parsed.success ? { facts: parsed.data } : { problems: toProblems(parsed.error) }

/** Both, or all that is wrong with either. */
export const both = <One extends object, Other extends object>(
  one: Checked<One>,
  other: Checked<Other>,
): Checked<One & Other> =>
  'facts' in one && 'facts' in other
    ? { facts: { ...one.facts, ...other.facts } }
    : {
        problems: {
          ...('problems' in other ? other.problems : {}),
          ...('problems' in one ? one.problems : {}),
        },
      }

/** The first problem of each field, by its path. */
export function toProblems(error: z.ZodError): FormProblems {
  const problems: FormProblems = {}
  for (const { path, message } of error.issues) problems[path.join('.')] ??= message
  return problems
}
