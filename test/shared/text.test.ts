import { expect, test } from 'vitest'
import { cleanText } from '#shared/text.ts'

test.each([
  ['colours', '\u001b[31mred\u001b[0m', 'red'],
  ['a title sequence', '\u001b]0;owned\u0007text', 'text'],
  ['a sequence that never ends', '\u001b]52;c;ZWNobw', ''],
  ['cursor movement and bells', 'a\u001b[2Jb\u0007c\rd', 'abcd'],
  ['characters that turn the direction', 'a\u202etxt.exe\u2066', 'atxt.exe'],
])('%s are taken out', (_what, from, to) => {
  expect(cleanText(from)).toBe(to)
})

test('colours stay where they are asked for, and nothing else does', () => {
  const text = '\u001b[31mred\u001b[0m\u001b[2J\u001b]0;t\u0007'
  expect(cleanText(text, { keepColours: true })).toBe('\u001b[31mred\u001b[0m')
})
