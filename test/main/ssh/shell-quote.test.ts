import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { commandLine, quoteWord } from '../../../main/ssh/shell-quote.ts'
import { isAppError } from '#shared/errors.ts'

const HOSTILE = [
  "'",
  "''",
  '"',
  '\\',
  "\\'",
  '\n',
  '$(touch /tmp/x)',
  '`id`',
  '${HOME}',
  '!!',
  '*',
  '~',
  '',
  ' ',
  '-n',
  '; id',
  '&& id',
  '| id',
  '> /tmp/x',
  '#',
  '\t',
  '\r',
  '\u0001',
  'é\u2028😀',
  'x'.repeat(100_000),
]

describe.each(['dash', 'bash'])('a quoted word in %s', (shell) => {
  test('is that word', () => {
    const line = `printf '%s\\0' ${HOSTILE.map(quoteWord).join(' ')}`
    const output = execFileSync(shell, ['-c', line], { encoding: 'utf8' })
    expect(output.split('\0').slice(0, -1)).toEqual(HOSTILE)
  })
})

describe('a command line', () => {
  test('hands values to a script as its arguments, never as its text', () => {
    const line = commandLine(['$(id)', "it's"], 'printf "%s|" "$@"')
    expect(execFileSync('sh', ['-c', line], { encoding: 'utf8' })).toBe("$(id)|it's|")
  })

  test('leaves plain words as they are', () => {
    expect(commandLine(['/usr/bin/node', '--version', 'a=b'])).toBe("/usr/bin/node --version 'a=b'")
  })

  test('refuses what no shell can carry', () => {
    expect(() => quoteWord('a\0b')).toThrow(
      expect.toSatisfy((error) => isAppError(error, 'input.invalid')),
    )
  })
})
