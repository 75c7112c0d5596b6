import { describe, expect, test } from 'vitest'
import {
  judgeLock,
  judgeRootRights,
  judgeShell,
  judgeUser,
} from '../../provision/doctor/account-checks.ts'
import { judgeGrants } from '../../provision/doctor/database-checks.ts'
import {
  judgeBootstrap,
  judgeClock,
  judgeInodes,
  judgeLinks,
  judgeNode,
  judgeSpace,
} from '../../provision/doctor/machine-checks.ts'
import { strangersOf } from '../../provision/doctor/slot-checks.ts'

const GB = 1024 ** 3
const space = (free: number, size: number) => ({
  device: 1,
  freeBytes: free * GB,
  sizeBytes: size * GB,
  freeInodes: 100,
  inodes: 1000,
})
const severity = (found: unknown): unknown =>
  [found].flat().map((one) => (one as { severity: string }).severity)

describe('the account', () => {
  test('root is an error, anybody else is named', () => {
    expect(severity(judgeUser(0, 'root'))).toEqual(['error'])
    expect(judgeUser(1001, 'hd')).toMatchObject({
      severity: 'ok',
      message: 'Tasks run as hd (1001), not as root.',
    })
  })

  test('L and LK are locked, a password is not, and silence says nothing', () => {
    for (const output of ['hd L 2026-11-25 0 99999 7 -1', 'hd LK'])
      expect(severity(judgeLock('hd', output))).toEqual(['warning'])
    for (const output of ['hd P 2026-11-25 0 99999 7 -1', 'hd NP', ''])
      expect(severity(judgeLock('hd', output))).toEqual(['ok'])
  })

  test('a quick shell is fine, a slow one is told with its time', () => {
    expect(severity(judgeShell('/bin/sh', 3))).toEqual(['ok'])
    expect(judgeShell('/bin/bash', 800).message).toContain('takes 800 ms')
  })

  test('each way to root is told', () => {
    expect(severity(judgeRootRights('hd', ['hd', 'hd01'], ''))).toEqual(['ok'])
    const listed =
      'User hd may run the following commands on web1:\n    (ALL : ALL) NOPASSWD: ALL\n'
    expect(severity(judgeRootRights('hd', ['hd', 'docker', 'sudo'], listed))).toEqual([
      'error',
      'error',
      'error',
    ])
  })
})

describe('the machine', () => {
  test.each([
    [100, 500, 'ok'],
    [40, 500, 'warning'],
    [0.9, 5, 'warning'],
    [0.1, 5, 'error'],
    [9, 500, 'error'],
  ])('%d of %d GB free is %s', (free, size, expected) => {
    expect(severity(judgeSpace('/srv/hd', space(free, size)))).toEqual([expected])
  })

  test.each([
    [500, 'ok'],
    [50, 'warning'],
    [10, 'error'],
  ])('%d of 1000 files left is %s', (freeInodes, expected) => {
    expect(severity(judgeInodes('/srv/hd', { ...space(1, 1), freeInodes }))).toEqual([expected])
  })

  test('a file system without a fixed number of files has enough', () => {
    expect(severity(judgeInodes('/srv/hd', { ...space(1, 1), inodes: 0, freeInodes: 0 }))).toEqual([
      'ok',
    ])
  })

  test('a clock that is past, or kept right by nobody, is told', () => {
    const now = Date.UTC(2026, 10, 25, 12)
    expect(judgeClock(now, 'yes').message).toBe(
      'The clock says 2026-11-25 12:00 UTC, kept right over the network.',
    )
    expect(severity(judgeClock(now, ''))).toEqual(['ok'])
    expect(severity(judgeClock(now, 'no'))).toEqual(['warning'])
    expect(severity(judgeClock(0, 'yes'))).toEqual(['error'])
  })

  test('old versions and unguarded links are errors', () => {
    expect(severity(judgeNode('16.20.0'))).toEqual(['error'])
    expect(severity(judgeNode('18.0.0'))).toEqual(['ok'])
    expect(severity(judgeLinks('0'))).toEqual(['error'])
    expect(severity(judgeLinks(undefined))).toEqual(['ok'])
    expect(severity(judgeBootstrap(undefined))).toEqual(['info'])
  })
})

describe('the database account', () => {
  const usage =
    'GRANT USAGE ON *.* TO `hd`@`localhost` IDENTIFIED VIA unix_socket WITH MAX_USER_CONNECTIONS 20'
  const slots = ['hd01', 'hd02']
  const own = slots.map(
    (slot) => `GRANT ALL PRIVILEGES ON \`${slot}\\_%\`.* TO \`hd\`@\`localhost\``,
  )

  test('what the script gives is right, and nothing beside it', () => {
    expect(severity(judgeGrants('hd', slots, '10.11', [usage, ...own]))).toEqual(['ok'])
    for (const more of [
      'GRANT CREATE USER ON *.* TO `hd`@`localhost`',
      'GRANT SELECT ON `mysql`.* TO `hd`@`localhost`',
      `${own[0]} WITH GRANT OPTION`,
      'GRANT ALL PRIVILEGES ON `hd%`.* TO `hd`@`localhost`',
      'GRANT ALL PRIVILEGES ON `hd__\\_%`.* TO `hd`@`localhost`',
      'GRANT ALL PRIVILEGES ON `hd03\\_%`.* TO `hd`@`localhost`',
    ])
      expect(severity(judgeGrants('hd', slots, '10.11', [usage, ...own, more])), more).toEqual([
        'error',
      ])
  })

  test('what is missing is told', () => {
    expect(severity(judgeGrants('hd', slots, '10.11', [usage]))).toEqual(['error'])
    expect(judgeGrants('hd', slots, '10.11', [usage, ...own.slice(1)])).toMatchObject([
      { severity: 'error', message: expect.stringContaining('for 1 of its 2 slots') as string },
    ])
  })
})

test('strangers in the groups of slots are found', () => {
  expect(strangersOf('hd01:x:7001:hd\nhd02:x:7002:hd,bob,eve\nhd03:x:7003:\n', 'hd')).toEqual([
    { group: 'hd02', member: 'bob' },
    { group: 'hd02', member: 'eve' },
  ])
})
