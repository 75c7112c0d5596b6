import type { BulkOffer } from '#shared/contract/bulk.ts'

/** Reasons are said of one object; each beginning, as it is said of several. */
const BEGINNINGS: readonly (readonly [one: RegExp, several: string])[] = [
  [/^(The \w+|It) is not /, 'None of them is '],
  [/^(The \w+|It) has no /, 'None of them has a '],
  [/^(The \w+|It) is /, 'All of them are '],
  [/^(The \w+|It) was /, 'All of them were '],
]

/** Why a task can be asked for of none of the objects; where their reasons differ, that they do. */
export function toBulkRefusal({ refused }: Pick<BulkOffer, 'refused'>): string {
  const [reason = '', ...others] = new Set(refused.map((one) => one.reason))
  if (others.length > 0) return 'Not possible for any of them, for different reasons.'
  if (refused.length < 2) return reason
  const beginning = BEGINNINGS.find(([one]) => one.test(reason))
  return beginning === undefined
    ? reason
    : reason.replace(...beginning).replace(': enable it first.', ': enable them first.')
}
