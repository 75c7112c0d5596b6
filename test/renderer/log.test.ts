import { describe, expect, test } from 'vitest'
import type { LogEntry } from '#shared/domain/task.ts'
import { splitColours } from '../../renderer/lib/ansi.ts'
import { toElapsedText } from '../../renderer/lib/duration.ts'
import { LineHeights } from '../../renderer/lib/line-heights.ts'
import { splitAtHits, toLogText, toPieces } from '../../renderer/lib/log-search.ts'
import { PageCache } from '../../renderer/lib/page-cache.ts'
import { RisingNumbers } from '../../renderer/lib/rising-numbers.ts'
import { scrollScale } from '../../renderer/lib/scroll-scale.ts'
import { addToStages, endStages, toStepState, type Stage } from '../../renderer/lib/steps.ts'
import { aLine } from '../support/fake-tasks.ts'

const aStep = (index: number, title: string, changed: Partial<LogEntry> = {}): LogEntry =>
  aLine(index, title, 'info', {
    kind: 'progress',
    progress: { step: index, of: 9, title },
    serverAt: index * 1000,
    ...changed,
  })

describe('the heights of lines', () => {
  test('a line takes one row until it was seen to take more', () => {
    const heights = new LineHeights()
    expect(heights.totalOf(1_000_000)).toBe(1_000_000)
    expect(heights.lineAt(999_999, 1_000_000)).toBe(999_999)
    expect(heights.set(500, 1)).toBe(false)
    expect(heights.set(500, 4)).toBe(true)
    expect(heights.set(500, 4)).toBe(false)
    expect(heights.totalOf(1_000_000)).toBe(1_000_003)
    expect([500, 501, 999_999].map((line) => heights.rowsBefore(line))).toEqual([
      500, 504, 1_000_002,
    ])
  })

  test('every row belongs to the line that takes it', () => {
    const heights = new LineHeights()
    const rows = (line: number): number => (line % 7 === 0 ? 3 : line % 300 === 5 ? 9 : 1)
    const count = 1500
    for (let line = 0; line < count; line++) heights.set(line, rows(line))
    const owners = Array.from({ length: count }, (_, line) =>
      Array.from({ length: rows(line) }, () => line),
    ).flat()
    expect(heights.totalOf(count)).toBe(owners.length)
    expect(owners.map((_, row) => heights.lineAt(row, count))).toEqual(owners)
    expect(owners.map((line) => heights.rowsBefore(line))).toEqual(
      owners.map((line) => owners.indexOf(line)),
    )
  })

  test('places outside of the lines are those at their ends', () => {
    const heights = new LineHeights()
    heights.set(3, 2)
    expect(heights.lineAt(-5, 10)).toBe(0)
    expect(heights.lineAt(1e9, 10)).toBe(9)
    heights.clear()
    expect(heights.totalOf(10)).toBe(10)
  })

  test('what is too high for a browser is scrolled through in larger steps, to both its ends', () => {
    expect(scrollScale(200_000, 500)).toEqual({ height: 200_000, factor: 1 })
    const { height, factor } = scrollScale(80_000_000, 500)
    expect(height).toBeLessThan(17_000_000)
    expect((height - 500) * factor).toBeCloseTo(80_000_000 - 500)
  })
})

describe('the colours of a line', () => {
  test('are kept, as far as they hide nothing', () => {
    expect(splitColours('a \u001b[31mred\u001b[0m b')).toEqual([
      { text: 'a ', colour: '' },
      { text: 'red', colour: 'text-red-700 dark:text-red-400' },
      { text: ' b', colour: '' },
    ])
    const hidden = splitColours('\u001b[30;40;8mx\u001b[38;5;16;48;2;1;2;31my\u001b[1;39mz')
    expect(hidden).toEqual([
      { text: 'x', colour: 'text-dimmed' },
      { text: 'y', colour: 'text-dimmed' },
      { text: 'z', colour: 'font-semibold' },
    ])
  })

  test('and hits are cut at each other’s ends, and nothing is lost', () => {
    const pieces = toPieces('ab\u001b[32mcd\u001b[0mef', 'BCDE')
    expect(pieces.map(({ text, isHit }) => `${text}${isHit ? '!' : ''}`)).toEqual([
      'a',
      'b!',
      'cd!',
      'e!',
      'f',
    ])
    expect(pieces[2]?.colour).toContain('green')
  })

  test('other sequences and characters that turn the text around are gone', () => {
    const pieces = toPieces('a\u001b]0;title\u0007b\u202ec\u001b[2Jd', '')
    expect(pieces).toEqual([{ text: 'abcd', colour: '', isHit: false }])
  })
})

describe('rising numbers', () => {
  const numbers = new RisingNumbers()
  numbers.add([3, 5, 8])
  numbers.add(Array.from({ length: 200 }, (_, at) => 100 + at))

  test('know what they hold, and where', () => {
    expect(numbers).toHaveLength(203)
    expect([3, 4, 8, 299, 300].map((one) => numbers.has(one))).toEqual([
      true,
      false,
      true,
      true,
      false,
    ])
    expect(numbers.placeOf(8)).toBe(2)
  })

  test('lead from one to the next, round both ends', () => {
    expect([numbers.next(-1, 1), numbers.next(5, 1), numbers.next(299, 1)]).toEqual([3, 8, 3])
    expect([numbers.next(5, -1), numbers.next(3, -1), numbers.next(-1, -1)]).toEqual([3, 299, 299])
    expect(new RisingNumbers().next(0, 1)).toBeUndefined()
  })
})

test('how long after the beginning a line came is told to a tenth', () => {
  expect([0, 450, 62_345, 7_509_000].map(toElapsedText)).toEqual([
    '+0.0 s',
    '+0.4 s',
    '+1:02.3',
    '+2:05:09',
  ])
})

describe('the stages of a run', () => {
  const digestOf = (...entries: LogEntry[]): { stages: readonly Stage[] } => ({
    stages: entries.reduce<readonly Stage[]>(addToStages, []),
  })

  test('a step ends when the next begins, and a stage when the next does', () => {
    const { stages } = digestOf(
      aStep(0, 'Save', { stage: 'save' }),
      aStep(1, 'Copy', { stage: 'command' }),
      aLine(2, 'copied', 'info', { stage: 'command' }),
      aStep(3, 'Reload', { stage: 'command' }),
    )
    expect(stages.map(({ name, endedAt }) => [name, endedAt])).toEqual([
      ['save', 1000],
      ['command', null],
    ])
    expect(stages[1]?.steps.map(({ title, endedAt }) => [title, endedAt])).toEqual([
      ['Copy', 3000],
      ['Reload', null],
    ])
  })

  test('nothing runs any more once the attempt has ended', () => {
    const { stages } = digestOf(aStep(0, 'Save', { stage: 'save' }))
    expect(endStages(stages, 700)[0]?.steps[0]?.endedAt).toBe(700)
  })

  test('a title from a server carries no escapes', () => {
    const { stages } = digestOf(aStep(0, 'Save\u001b[31m\u202e', { stage: 's\u0007' }))
    expect(stages[0]).toMatchObject({ name: 's', steps: [{ title: 'Save' }] })
  })

  test('a server cannot fill the memory with steps', () => {
    const { stages } = digestOf(
      ...Array.from({ length: 2_000 }, (_, index) => aStep(index, 'again')),
    )
    expect(stages[0]?.steps.length).toBeLessThan(501)
  })

  test('the last step of a failed attempt is the one that failed', () => {
    const step = { title: 'x', startedAt: 0, endedAt: 5, index: 0 }
    expect(toStepState(step, true, 'error')).toBe('failed')
    expect(toStepState(step, false, 'error')).toBe('done')
    expect(toStepState(step, true, 'cancelled')).toBe('stopped')
    expect(toStepState({ ...step, endedAt: null }, true, 'processing')).toBe('running')
  })
})

describe('searching a log', () => {
  test('marks every hit and loses no letter', () => {
    expect(splitAtHits('a-A-b', 'a')).toEqual(['', 'a', '-', 'A', '-b'])
    expect(splitAtHits('abc', '')).toEqual(['abc'])
    expect(splitAtHits('.*', '.')).toEqual(['', '.', '*'])
  })

  test('shows a line unmarked whose letters change their number in lower case', () => {
    expect(splitAtHits('İstanbul', 'stan')).toEqual(['İstanbul'])
  })
})

test('a saved log has a time, a level and the text in each line', () => {
  const line = aLine(0, 'Saved', 'success', { serverAt: 0 })
  expect(toLogText([line])).toBe('1970-01-01T00:00:00.000Z success Saved\n')
})

test('the page that was not looked at longest goes first', () => {
  const cache = new PageCache<number>(2)
  cache.set(0, [0])
  cache.set(1, [1])
  cache.get(0)
  cache.set(2, [2])
  expect([cache.get(0), cache.get(1), cache.get(2)]).toEqual([[0], undefined, [2]])
  expect(cache.size).toBe(2)
})
