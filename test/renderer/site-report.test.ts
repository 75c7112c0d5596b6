import { describe, expect, test } from 'vitest'
import { describeLimits, findTroubles } from '../../renderer/lib/site-report.ts'
import { aSiteReport } from '../support/objects.ts'

const report = aSiteReport()

describe('a site’s report', () => {
  test('has no trouble where all is well, or nobody knows', () => {
    expect(findTroubles(report)).toEqual([])
    const unknown = { ...report, database: null, isInMaintenance: null, pendingUpdates: null }
    expect(findTroubles(unknown)).toEqual([])
  })

  test('says each trouble in a sentence', () => {
    const database = { isAnswering: false, version: null }
    expect(findTroubles({ ...report, database, isInMaintenance: true, pendingUpdates: 2 })).toEqual(
      [
        'Its database does not answer.',
        'In maintenance: visitors see a notice.',
        '2 updates of its database wait.',
      ],
    )
    expect(findTroubles({ ...report, pendingUpdates: 1 })).toEqual([
      'An update of its database waits.',
    ])
  })
})

test('limits of PHP are those that there are', () => {
  expect(describeLimits(report.php)).toBe('256M of memory, 64M an upload, 60 s a page')
  const without = { version: '8.2', memoryLimit: '-1', uploadLimit: null, maxSeconds: 0 }
  expect(describeLimits(without)).toBe('')
  expect(describeLimits(null)).toBe('')
})
