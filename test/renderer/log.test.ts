import { describe, expect, test } from 'vitest'
import type { LogEntry } from '#shared/domain/task.ts'
import { LogDigest } from '../../renderer/lib/log-digest.ts'
import { includesText, splitAtHits, toLogText } from '../../renderer/lib/log-search.ts'
import { PageCache } from '../../renderer/lib/page-cache.ts'
import { endStages, toStepState } from '../../renderer/lib/steps.ts'
import { aLine } from '../support/fake-tasks.ts'

const aStep = (index: number, title: string, changed: Partial<LogEntry> = {}): LogEntry =>
  aLine(index, title, 'info', {
    kind: 'progress',
    progress: { step: index, of: 9, title },
    serverAt: index * 1000,
    ...changed,
  })

describe('the digest of a log', () => {
  test('takes each line once, in order, and nothing past a gap', () => {
    const digest = new LogDigest()
    digest.add([aLine(0, 'a'), aLine(1, 'b', 'error')])
    digest.add([aLine(1, 'b', 'error'), aLine(2, 'c'), aLine(4, 'lost')])
    expect(digest.length).toBe(3)
    expect(digest.levelAt(1)).toBe('error')
    expect(digest.levelAt(3)).toBeUndefined()
  })

  test('finds the next error, round the end to the start', () => {
    const digest = new LogDigest()
    digest.add([aLine(0, 'a'), aLine(1, 'b', 'error'), aLine(2, 'c'), aLine(3, 'd', 'error')])
    expect(digest.nextOf('error', -1)).toBe(1)
    expect(digest.nextOf('error', 1)).toBe(3)
    expect(digest.nextOf('error', 3)).toBe(1)
    expect(digest.nextOf('warning', -1)).toBe(-1)
  })

  test('keeps one byte a line however long the log is', () => {
    const digest = new LogDigest()
    for (let from = 0; from < 100_000; from += 5_000)
      digest.add(
        Array.from({ length: 5_000 }, (_, at) =>
          aLine(from + at, 'x', (from + at) % 1000 === 0 ? 'warning' : 'info'),
        ),
      )
    expect(digest.length).toBe(100_000)
    expect(digest.indexesOf(['warning', 'error'])).toHaveLength(100)
  })
})

describe('the stages of a run', () => {
  const digestOf = (...entries: LogEntry[]): LogDigest => {
    const digest = new LogDigest()
    digest.add(entries)
    return digest
  }

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
  test('is blind to case', () => {
    expect(includesText('Nginx: [EMERG]', 'emerg')).toBe(true)
    expect(includesText('anything', '')).toBe(true)
    expect(includesText('anything', 'else')).toBe(false)
  })

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
