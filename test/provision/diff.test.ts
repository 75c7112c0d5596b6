import { describe, expect, test } from 'vitest'
import { unifiedDiff } from '../../provision/steps/diff.ts'
import { fitDiffs, planChange } from '../../provision/steps/preview.ts'

const lines = (count: number, changed: Record<number, string> = {}): string =>
  Array.from({ length: count }, (_, index) => `${changed[index] ?? `line ${index}`}\n`).join('')

describe('a diff', () => {
  test('shows what changes with three lines around, and where', () => {
    expect(unifiedDiff(lines(20), lines(20, { 10: 'new' }))).toBe(
      '@@ -8 +8 @@\n line 7\n line 8\n line 9\n-line 10\n+new\n line 11\n line 12\n line 13\n',
    )
  })

  test('has one part for each place, numbered on both sides', () => {
    const diff = unifiedDiff(lines(40), `first\n${lines(40, { 30: '' }).replace('\n\n', '\n')}`)
    expect(diff.match(/^@@.*@@$/gm)).toEqual(['@@ -1 +1 @@', '@@ -28 +29 @@'])
    expect(diff).toContain('\n-line 30\n')
  })

  test('of a new file is all of it, and of the same text nothing', () => {
    expect(unifiedDiff('', 'a\nb\n')).toBe('@@ -1 +1 @@\n+a\n+b\n')
    expect(unifiedDiff('a\n', 'a\n')).toBe('')
  })

  test('is cut where it is long, and only counted where comparing would take long', () => {
    const long = unifiedDiff('', lines(1000)).split('\n')
    expect(long).toHaveLength(202)
    expect(long.at(-2)).toBe('… and 801 lines more')
    expect(unifiedDiff(lines(2000), lines(3))).toBe('@@ 2000 lines become 3 @@\n')
  })

  test.each([
    "define('DB_PASSWORD', 'hunter2');",
    "$databases['password'] = 'hunter2';",
    'AUTH_SALT=hunter2',
    'api_key: hunter2',
    'fastcgi_param SECRET hunter2;',
  ])('shows no secret: %s', (line) => {
    const [out, back] = [unifiedDiff('', `${line}\n`), unifiedDiff(`${line}\n`, 'x\n')]
    expect(`${out}${back}`).not.toContain('hunter2')
    expect(out).toContain('+(a line with a secret)')
  })
})

test('diffs that do not fit into one line together are left out, and their changes are not', () => {
  const change = (diff: string) => ({ kind: 'file', action: 'change', target: '/x', diff }) as const
  const fitted = fitDiffs([change('12345'), change('123456'), change('123')], 8)
  expect(fitted.map(({ target, diff }) => [target, diff])).toEqual([
    ['/x', '12345'],
    ['/x', undefined],
    ['/x', '123'],
  ])
})

describe('a planned change', () => {
  test('of what is so already is none', () => {
    expect(planChange('file', '/x', { before: 'a', after: 'a' })).toEqual([])
  })

  test('shows neither a key nor what is marked as secret', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMIIB\n'
    expect(planChange('file', '/x', { before: undefined, after: key })).toEqual([
      { kind: 'file', action: 'create', target: '/x' },
    ])
    expect(planChange('file', '/x', { before: 'a', after: 'b', isSecret: true })).toEqual([
      { kind: 'file', action: 'change', target: '/x' },
    ])
  })
})
