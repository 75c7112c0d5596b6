import { describe, expect, test } from 'vitest'
import { keptUntil, parseRules } from '#shared/domain/retention.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

describe('until when backups are kept', () => {
  const rules = parseRules('7d 1d')
  const backup = (id: string, createdAt: number) => ({ id, createdAt })

  test('is when a newer one of the same day has become as old as the rule says', () => {
    const backups = [backup('morning', HOUR), backup('evening', 20 * HOUR), backup('next', 2 * DAY)]
    const ends = keptUntil(backups, rules, 3 * DAY)
    expect(ends.get('morning')).toBe(20 * HOUR + 7 * DAY + 1)
    expect(ends.get('evening')).toBeNull()
    expect(ends.get('next')).toBeNull()
  })

  test('is now where the rule would have it gone already', () => {
    const ends = keptUntil([backup('a', HOUR), backup('b', 2 * HOUR)], rules, 30 * DAY)
    expect(ends.get('a')).toBe(30 * DAY)
  })

  test('is not known without rules', () => {
    expect(keptUntil([backup('a', 1)], [], DAY).get('a')).toBeNull()
  })
})
