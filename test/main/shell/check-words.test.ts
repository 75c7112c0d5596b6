import { describe, expect, test } from 'vitest'
import { checkWords } from '../../../main/shell/dispatch/check-words.ts'
import { USAGE } from '../../../main/shell/dispatch/usage.ts'

const check = (line: string) => () => checkWords(line.split(' '))

describe('the words of a command', () => {
  test.each(['dispatch', 'import a@b', 'site show x', 'crontab print', 'crontab print web1'])(
    '“%s” is one',
    (line) => expect(check(line)).not.toThrow(),
  )

  test('“task add” takes as many fields as one likes', () => {
    expect(check('task add @site clone new_uri=a b=c d=e')).not.toThrow()
    expect(check('task add @site')).toThrow('lacks a word. It is written: hosting-desk task add')
  })

  test.each([
    ['site show', 'lacks a word. It is written: hosting-desk site show NAME'],
    ['site show a b', 'has a word too many. It is written: hosting-desk site show NAME'],
    ['crontab print a b', 'has a word too many'],
    ['dispatch now', 'has a word too many. It is written: hosting-desk dispatch'],
    ['task', '“task” is no command'],
    ['task florp', '“task florp” is no command'],
    ['constructor', '“constructor” is no command'],
  ])('“%s” is refused: %s', (line, said) => expect(check(line)).toThrow(said))

  test('each command that the help lists is known', () => {
    const shown = [...USAGE.matchAll(/^ {2}hosting-desk (\S+)((?: \w+\b(?! ?=))?)/gm)]
    expect(shown.length).toBeGreaterThan(15)
    for (const [, topics = '', action = ''] of shown)
      for (const topic of topics.split('|')) {
        const words = [topic, ...(/^ [a-z]+$/.test(action) ? [action.trim()] : [])]
        expect(() => checkWords([...words, 'a', 'b', 'c', 'd'])).not.toThrow('is no command')
      }
  })
})
