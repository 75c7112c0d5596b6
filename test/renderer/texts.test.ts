import { describe, expect, test } from 'vitest'
import { toDurationText, toTickingText } from '../../renderer/lib/duration.ts'
import { toComingText, toExactText, toInstantText } from '../../renderer/lib/instant.ts'
import { toSafeAddress } from '../../renderer/lib/safe-address.ts'
import { shortenMiddle, splitForMiddle } from '../../renderer/lib/shorten-middle.ts'
import { toSizeText } from '../../renderer/lib/size.ts'
import { toValueText } from '../../renderer/lib/value-text.ts'

describe('a duration', () => {
  test.each([
    [0, '0 s'],
    [-5, '0 s'],
    [800, '0.8 s'],
    [1_000, '1 s'],
    [9_949, '9.9 s'],
    [14_000, '14 s'],
    [59_600, '1 min'],
    [200_000, '3 min 20 s'],
    [2 * 3_600_000 + 5 * 60_000, '2 h 5 min'],
    [76 * 3_600_000, '3 d 4 h'],
  ])('of %d ms reads “%s”', (ms, text) => {
    expect(toDurationText(ms)).toBe(text)
  })

  test('that counts up has whole seconds', () => {
    expect(toTickingText(1_900)).toBe('1 s')
  })
})

describe('an instant', () => {
  const now = new Date(2026, 4, 4, 9, 12, 33).getTime()

  test.each([
    [0, 'now'],
    [-60_000, 'now'],
    [12_000, '12 s ago'],
    [5 * 60_000, '5 min ago'],
    [23 * 3_600_000, '23 h ago'],
    [24 * 3_600_000, '2026-05-03 09:12'],
  ])('%d ms ago reads “%s”', (age, text) => {
    expect(toInstantText(now - age, now)).toBe(text)
  })

  test.each([
    [1_000, 'at 09:12:34'],
    [15 * 3_600_000, 'tomorrow at 00:12:33'],
    [7 * 24 * 3_600_000, '2026-05-11 at 09:12:33'],
  ])('%d ms from now reads “%s”', (wait, text) => {
    expect(toComingText(now + wait, now)).toBe(text)
  })

  test('is exact to the second on hover', () => {
    expect(toExactText(now)).toBe('2026-05-04 09:12:33')
  })
})

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1_000, '1 kB'],
  [12_345, '12 kB'],
  [999_700, '1 MB'],
  [1_400_000_000, '1.4 GB'],
])('%d bytes read “%s”', (bytes, text) => {
  expect(toSizeText(bytes)).toBe(text)
})

describe('a long name', () => {
  const name = 'spring-campaign.staging.customers.example.org'

  test('keeps its start and its domain', () => {
    expect(shortenMiddle(name, 24)).toBe('spring-cam…s.example.org')
    expect([...shortenMiddle(name, 24)]).toHaveLength(24)
  })

  test('stays whole where there is room', () => {
    expect(shortenMiddle('www.example.com', 15)).toBe('www.example.com')
    expect(splitForMiddle('www.example.com')).toEqual({ start: '', end: 'www.example.com' })
  })

  test('is never cut inside a character', () => {
    expect(shortenMiddle('😀'.repeat(10), 5)).toBe('😀…😀😀😀')
  })

  test('is split without losing a letter', () => {
    const { start, end } = splitForMiddle(name)
    expect(start + end).toBe(name)
    expect(end).toHaveLength(18)
  })
})

describe('an address that a server named', () => {
  test('becomes a link only where it is a web address', () => {
    expect(toSafeAddress('http://shop.localhost:8080/')).toBe('http://shop.localhost:8080/')
    expect(toSafeAddress('javascript:alert(1)')).toBeUndefined()
    expect(toSafeAddress('data:text/html,x')).toBeUndefined()
    expect(toSafeAddress('https://user:pass@example.com/')).toBeUndefined()
    expect(toSafeAddress('not an address')).toBeUndefined()
    expect(toSafeAddress(null)).toBeUndefined()
  })
})

describe('a value that was sent', () => {
  test('is dots where its key speaks of a secret', () => {
    expect(toValueText('db_password', 'hunter2')).toBe('••••••••')
    expect(toValueText('api_token', { a: 1 })).toBe('••••••••')
    expect(toValueText('db_password', null)).toBe('(unset)')
  })

  test('is one text of bounded length', () => {
    expect(toValueText('aliases', ['a', 'b'])).toBe('["a","b"]')
    expect(toValueText('note', 'x'.repeat(5_000))).toHaveLength(2_000)
    expect(toValueText('note', '\u001b[31mred')).toBe('red')
  })
})
