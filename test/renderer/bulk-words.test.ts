import { describe, expect, test } from 'vitest'
import { toBulkRefusal } from '../../renderer/lib/bulk-words.ts'

const said = (...reasons: string[]): string =>
  toBulkRefusal({
    refused: reasons.map((reason, index) => ({ objectId: String(index), name: 'a', reason })),
  })

describe('why nothing of it can be done with what is selected', () => {
  test('is the reason itself of one object', () => {
    expect(said('The site is enabled already.')).toBe('The site is enabled already.')
  })

  test.each([
    ['The site is enabled already.', 'All of them are enabled already.'],
    ['The site was deleted.', 'All of them were deleted.'],
    ['The site has no backup yet.', 'None of them has a backup yet.'],
    ['The site is not installed yet.', 'None of them is installed yet.'],
    ['The site is disabled: enable it first.', 'All of them are disabled: enable them first.'],
    ['It is not locked.', 'None of them is locked.'],
    ['Static files have no regular work to do.', 'Static files have no regular work to do.'],
  ])('of several: %s → %s', (reason, several) => {
    expect(said(reason, reason)).toBe(several)
  })

  test('is not told where it differs', () => {
    expect(said('The site was deleted.', 'The site is enabled already.')).toBe(
      'Not possible for any of them, for different reasons.',
    )
  })
})
