import { describe, expect, test } from 'vitest'
import {
  judgeChannels,
  judgeClock,
  judgeLock,
  judgeShellSpeed,
} from '../../../main/ssh/far-checks.ts'
import { parseFarSide } from '../../../main/ssh/far-side.ts'

const asked = { host: 'h', askedAt: 1_000_000, answeredAt: 1_000_200 }
const lines = (...pairs: string[]): string => pairs.map((pair) => `hd:${pair}\n`).join('')
const codeOf = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
  return undefined
}

describe('what the far side says of itself', () => {
  const usual = ['uid=1001', 'user=web', 'clock=1000.100000000', 'home=/home/web', 'system=Linux']

  test('is read, whatever a login script prints around it', () => {
    const output = `Welcome!\nno newline: ${lines(...usual, 'node=/usr/bin/node', 'version=v20.1.2')}bye`
    expect(parseFarSide(output, asked)).toEqual({
      uid: 1001,
      user: 'web',
      home: '/home/web',
      system: 'Linux',
      clockOffsetMs: 0,
      node: { path: '/usr/bin/node', version: 'v20.1.2' },
    })
  })

  test('has no node where there is none, or one that does not say its version', () => {
    expect(parseFarSide(lines(...usual), asked).node).toBeNull()
    expect(parseFarSide(lines(...usual, 'node=/n', 'version=oops'), asked).node).toBeNull()
  })

  test('is about half a second wrong where its date knows whole seconds only', () => {
    expect(parseFarSide(lines('uid=1', 'home=/h', 'clock=1060.%N'), asked).clockOffsetMs).toBe(
      60_400,
    )
  })

  test.each([
    ['root', lines('uid=0'), 'ssh.root-refused'],
    ['nothing', '', 'backend.bad-output'],
    ['no number', lines('uid=x', 'home=/h'), 'backend.bad-output'],
    ['no home', lines('uid=1', 'home='), 'backend.bad-output'],
  ])('is refused where it is %s', (_what, output, code) => {
    expect(codeOf(() => parseFarSide(output, asked))).toBe(code)
  })
})

describe('what a check makes of what it found', () => {
  test('a shell is slow above 50 ms beside the network', () => {
    expect(judgeShellSpeed([210, 5000, 205], 80).state).toBe('ok')
    expect(judgeShellSpeed([211, 5000, 212], 80).state).toBe('warning')
  })

  test.each([
    ['web L 2024-01-01 0 99999 7 -1', 'warning'],
    ['web LK 2024-01-01', 'warning'],
    ['web P 2024-01-01', 'ok'],
    ['web NP 2024-01-01', 'ok'],
    ['web:!:19000:0:99999:7:::', 'warning'],
    ['web:*:19000:0:99999:7:::', 'ok'],
    ['', 'ok'],
  ])('“%s” is %s', (output, state) => {
    expect(judgeLock('web', output).state).toBe(state)
  })

  test('a clock is off above 30 s, in either direction', () => {
    expect(judgeClock(30_000).state).toBe('ok')
    expect(judgeClock(30_001).message).toContain('ahead')
    expect(judgeClock(-30_001).message).toContain('behind')
  })

  test('fewer than four channels are few', () => {
    expect(judgeChannels(4).state).toBe('ok')
    expect(judgeChannels(3).state).toBe('warning')
  })
})
