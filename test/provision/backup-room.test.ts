import { describe, expect, test } from 'vitest'
import { refuseWithoutRoom } from '../../provision/commands/site-backup.ts'

const MB = 1_000_000

describe('room for a backup', () => {
  test('is enough for the dump beside the archive, and for all that is packed', () => {
    const sizes = { databaseBytes: 200 * MB, fileBytes: 100 * MB }
    expect(() => refuseWithoutRoom({ ...sizes, free: 500 * MB })).not.toThrow()
    expect(() => refuseWithoutRoom({ ...sizes, free: 500 * MB - 1 })).toThrow(
      expect.objectContaining({ code: 'PROVISION_NO_SPACE' }),
    )
  })

  test('is told in figures where there is not enough', () => {
    const sizes = { databaseBytes: 3000 * MB, fileBytes: 10 * MB, free: 900 * MB }
    expect(() => refuseWithoutRoom(sizes)).toThrow(
      'A backup may need 6010 MB (a database of 3000 MB, as a dump and packed, and files of 10 MB), and only 900 MB are free.',
    )
  })
})
