import { describe, expect, test } from 'vitest'
import {
  addToCrontab,
  crontabEntry,
  removeFromCrontab,
} from '../../../main/crontab/crontab-text.ts'

const ours = {
  name: 'server',
  path: '/usr/bin:/bin',
  command: '/usr/bin/node x dispatch >/dev/null',
}
const entry = crontabEntry(ours)

/** Crontabs of other people, with what could go wrong in each. */
const FOREIGN: Readonly<Record<string, string>> = {
  none: '',
  'one line': '0 5 * * * backup\n',
  'a last line without its newline': 'MAILTO=me\n0 5 * * * backup',
  'lines that end as on Windows': 'MAILTO=me\r\n0 5 * * * backup\r\n',
  'empty lines at the end': '0 5 * * * backup\n\n\n',
  'a SHELL and a PATH of its own': 'SHELL=/bin/sh\nPATH=/usr/bin:/bin\n@daily x\n',
  'lines that look like ours': `# BEGIN hosting-desk other\n* * * * * node cli.js dispatch\n# END hosting-desk other\n`,
  'a comment that names our mark': '# see “# BEGIN hosting-desk server” below\n',
  'our mark with a space before it': ' # BEGIN hosting-desk server\n0 1 * * * a\n',
  'an end mark alone': '# END hosting-desk server\n0 1 * * * a\n',
  'bytes that are no text': '0 1 * * * echo \u00ff\u0080 %\n',
}

describe('the lines of ours', () => {
  test('are a shell, a path and the command, between two marks', () => {
    expect(entry).toBe(
      '# BEGIN hosting-desk server\nSHELL=/bin/sh\nPATH=/usr/bin:/bin\n' +
        '* * * * * /usr/bin/node x dispatch >/dev/null\n# END hosting-desk server\n',
    )
  })

  test('escape a percent sign, at which cron would end the command', () => {
    expect(crontabEntry({ ...ours, command: 'x 100% dispatch' })).toContain(
      String.raw`x 100\% dispatch`,
    )
  })

  test.each(['a\nb', 'a\rb', 'a\0b', 'x'.repeat(1000)])(
    'are refused where cron could not read %j',
    (command) => {
      expect(() => crontabEntry({ ...ours, command })).toThrow(/crontab/)
    },
  )

  test('leave out of the path what cron reads otherwise, and what does not fit', () => {
    const path = ['relative', '/with space', "/quo'te", '/usr/bin', `/${'x'.repeat(990)}`, '/bin']
    expect(crontabEntry({ ...ours, path: path.join(':') })).toContain('\nPATH=/usr/bin:/bin\n')
    expect(crontabEntry({ ...ours, path: '' })).toContain('\nPATH=/usr/bin:/bin\n')
  })
})

describe.each(Object.entries(FOREIGN))('a crontab with %s', (_what, foreign) => {
  test('keeps its bytes when our lines come, come again and go', () => {
    const once = addToCrontab(foreign, ours)
    expect(once.startsWith(foreign)).toBe(true)
    expect(addToCrontab(once, ours)).toBe(once)
    expect(removeFromCrontab(once, ours.name)).toBe(foreign)
  })

  test('is not changed by a removal where nothing is ours', () => {
    expect(removeFromCrontab(foreign, ours.name)).toBe(foreign)
  })
})

describe('our lines in a crontab', () => {
  test('are replaced where the command has changed', () => {
    const old = addToCrontab('a\n', { ...ours, path: '/opt/old', command: 'old dispatch' })
    expect(addToCrontab(old, ours)).toBe(`a\n${entry}`)
  })

  test('move to the end, so that their path holds for nobody else', () => {
    expect(addToCrontab(`a\n${entry}b\n`, ours)).toBe(`a\nb\n${entry}`)
  })

  test('go however often they are there', () => {
    expect(removeFromCrontab(`${entry}a\n${entry}${entry}b`, ours.name)).toBe('a\nb')
  })

  test('go also where an editor has turned their line ends', () => {
    expect(removeFromCrontab(`a\r\n${entry.replaceAll('\n', '\r\n')}`, ours.name)).toBe('a\r\n')
  })

  test('stay apart from those of another desk', () => {
    const other = { ...ours, name: 'desk-1' }
    const both = addToCrontab(addToCrontab('a\n', other), ours)
    expect(removeFromCrontab(both, ours.name)).toBe(addToCrontab('a\n', other))
    expect(removeFromCrontab(both, other.name)).toBe(addToCrontab('a\n', ours))
  })

  test('go alone where somebody wrote between them', () => {
    const [begin = '', ...rest] = entry.split(/(?<=\n)/)
    const mixed = [begin, '0 5 * * * backup\n', ...rest].join('')
    expect(removeFromCrontab(`a\n${mixed}b\n`, ours.name)).toBe('a\n0 5 * * * backup\nb\n')
  })

  test('go where their end mark is missing, and what follows stays', () => {
    const cut = entry.replace('# END hosting-desk server\n', '')
    expect(removeFromCrontab(`a\n${cut}0 5 * * * backup\n`, ours.name)).toBe(
      'a\n0 5 * * * backup\n',
    )
    expect(removeFromCrontab(`${cut}0 1 * * * b\n${entry}`, ours.name)).toBe('0 1 * * * b\n')
  })

  test('leave the line break that they needed where a line was written behind them', () => {
    const installed = addToCrontab('0 5 * * * backup', ours)
    expect(removeFromCrontab(`${installed}later\n`, ours.name)).toBe('0 5 * * * backup\nlater\n')
  })
})
