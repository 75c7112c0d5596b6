import { describe, expect, test } from 'vitest'
import { refuseWithoutRoom, type Size } from '../../provision/commands/room.ts'

const MB = 1_000_000
const size = (database: number, files: number): Size => ({
  databaseBytes: database * MB,
  fileBytes: files * MB,
})
const disk = (freeBytes: number, folder = '/srv/hd') => ({ folder, freeBytes })
const noSpace = expect.objectContaining({ code: 'PROVISION_NO_SPACE' }) as Error

describe('room', () => {
  test.each([
    [
      'a backup: the dump beside the archive, and all that is packed',
      { packed: size(200, 100) },
      500,
    ],
    ['a backup that is unpacked: beside the archive, and loaded', { made: size(200, 100) }, 500],
    [
      'a copy out of a backup that is made first: the archive stays, the first dump does not',
      { packed: size(200, 100), made: size(200, 100) },
      800,
    ],
    [
      'a restore of something small: packing takes the most',
      { packed: size(200, 100), made: size(10, 10) },
      500,
    ],
  ])('is enough for %s', (_what, wanted, needed) => {
    expect(() => refuseWithoutRoom(wanted, { home: disk(needed * MB) })).not.toThrow()
    expect(() => refuseWithoutRoom(wanted, { home: disk(needed * MB - 1) })).toThrow(noSpace)
  })

  test('is looked for where the database is, too, where that is another disk', () => {
    const wanted = { made: size(200, 100) }
    const database = (free: number) => disk(free, '/var/lib/mysql')
    const home = disk(300 * MB)
    expect(() => refuseWithoutRoom(wanted, { home, database: database(200 * MB) })).not.toThrow()
    expect(() => refuseWithoutRoom(wanted, { home, database: database(90 * MB) })).toThrow(
      'This may need 200 MB (to load a database of 200 MB), and only 90 MB are free where /var/lib/mysql lies',
    )
  })

  test('is told in figures, with the way out, where there is not enough', () => {
    const wanted = { packed: size(3000, 10), made: size(3000, 10) }
    expect(() => refuseWithoutRoom(wanted, { home: disk(900 * MB) })).toThrow(
      'This may need 9020 MB (for a backup with a database of 3000 MB, as a dump and packed, and files of 10 MB; to unpack a database of 3000 MB and files of 10 MB; to load that database 3000 MB), and only 900 MB are free where /srv/hd lies: delete old backups, or make the disk larger.',
    )
  })
})
