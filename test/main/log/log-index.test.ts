import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { LogLevel, LogState } from '#shared/domain/task.ts'
import { LogIndex } from '../../../main/log/log-index.ts'
import { TaskLogs, type NewLogEntry } from '../../../main/log/task-log.ts'
import { anId } from '../../support/objects.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const ID = anId(1)
const MANY = 30_000

function openLogs(folder: string, ended = new Set<string>()): TaskLogs {
  const logs = new TaskLogs({ folder, isEnded: (id) => ended.has(id) })
  onTestFinished(() => logs.close())
  return logs
}

const anEntry = (text: string, facts: Partial<NewLogEntry> = {}): NewLogEntry => ({
  kind: 'message',
  level: 'info',
  text,
  serverAt: null,
  arrivedAt: 5,
  stage: 'command',
  progress: null,
  source: { stage: 1, stream: 'out', end: 1 },
  ...facts,
})

/** Every hundredth line is a warning, every thousandth an error. */
const levelOf = (index: number): LogLevel =>
  index % 1000 === 999 ? 'error' : index % 100 === 99 ? 'warning' : 'info'

const longLog = (count = MANY): NewLogEntry[] =>
  Array.from({ length: count }, (_, index) => anEntry(`line ${index}`, { level: levelOf(index) }))

const fileOf = (folder: string, end: string): string =>
  path.join(folder, ID.slice(-2), `${ID}.${end}`)

const search = async (logs: TaskLogs, text: string, levels?: LogLevel[]): Promise<number[]> => {
  const hits: number[] = []
  for await (const found of logs.search(ID, { text, levels })) hits.push(...found.hits)
  return hits
}

describe('a log seen by level', () => {
  test('is paged among the lines of those levels', async () => {
    const logs = openLogs(temporaryFolder())
    logs.append(ID, longLog())
    const { entries, total } = await logs.page(ID, 10, 3, ['warning', 'error'])
    expect(total).toBe(300)
    expect(entries.map(({ index, text, level }) => [index, text, level])).toEqual([
      [1099, 'line 1099', 'warning'],
      [1199, 'line 1199', 'warning'],
      [1299, 'line 1299', 'warning'],
    ])
    expect(logs.placeOf(ID, ['warning', 'error'], 1199)).toBe(11)
    expect((await logs.page(ID, 0, 5, ['debug'])).entries).toEqual([])
  })

  test('leads from error to error, both ways and round the end', () => {
    const logs = openLogs(temporaryFolder())
    logs.append(ID, longLog(3000))
    expect(logs.findNext(ID, ['error'], -1, 1)).toBe(999)
    expect(logs.findNext(ID, ['error'], 999, 1)).toBe(1999)
    expect(logs.findNext(ID, ['error'], 2999, 1)).toBe(999)
    expect(logs.findNext(ID, ['error'], -1, -1)).toBe(2999)
    expect(logs.findNext(ID, ['error', 'warning'], 999, -1)).toBe(899)
    expect(logs.findNext(ID, ['debug'], -1, 1)).toBeUndefined()
    expect(logs.findNext(anId(9), ['error'], -1, 1)).toBeUndefined()
  })
})

describe('searching a log', () => {
  test('finds every line that holds the text, in any case, also among levels', async () => {
    const logs = openLogs(temporaryFolder(), new Set([ID]))
    logs.append(ID, [...longLog(2999), anEntry('a "Quoted"\\ needle'), anEntry('plain')])
    expect(await search(logs, 'QUOTED')).toEqual([2999])
    expect(await search(logs, '"quoted"\\')).toEqual([2999])
    expect(await search(logs, 'LINE 99', ['warning'])).toEqual([99])
    expect(await search(logs, 'LINE 99', ['warning', 'error'])).toEqual([99, 999])
    expect(await search(logs, 'arrivedAt')).toEqual([])
  })

  test('sees the text as it is shown, without the sequences of a terminal', async () => {
    const logs = openLogs(temporaryFolder(), new Set([ID]))
    logs.append(ID, [anEntry('nee\u001b[31mdle\u001b[0m'), anEntry('Größe')])
    expect(await search(logs, 'needle')).toEqual([0])
    expect(await search(logs, 'GRÖßE')).toEqual([1])
  })

  test('goes on with what comes, until the attempt ends', async () => {
    const ended = new Set<string>()
    const logs = openLogs(temporaryFolder(), ended)
    logs.append(ID, [anEntry('needle'), anEntry('hay')])
    const found = search(logs, 'needle')
    await logs.flush(ID)
    logs.append(ID, [anEntry('hay'), anEntry('a needle')])
    ended.add(ID)
    logs.wake([ID])
    expect(await found).toEqual([0, 3])
  })

  test('ends when nobody wants it any more', async () => {
    const logs = openLogs(temporaryFolder())
    logs.append(ID, longLog())
    const stop = new AbortController()
    let batches = 0
    for await (const _ of logs.search(ID, { text: 'line' }, stop.signal)) {
      batches += 1
      stop.abort()
    }
    expect(batches).toBe(1)
  })
})

describe('watching a log', () => {
  const progress = (title: string) => ({ step: 1, of: 2, title })

  test('tells how it stands with its last lines and what begins in it, and ends with the attempt', async () => {
    const ended = new Set<string>()
    const logs = openLogs(temporaryFolder(), ended)
    logs.append(ID, [
      anEntry('first', { source: { stage: 0, stream: 'out', end: 1 } }),
      anEntry('second'),
      anEntry('Copy', { kind: 'progress', progress: progress('Copy') }),
      anEntry('copied'),
    ])
    const states: LogState[] = []
    for await (const state of logs.watch(ID)) {
      states.push(state)
      if (states.length > 1) continue
      logs.append(ID, [anEntry('Reload', { kind: 'progress', progress: progress('Reload') })])
      logs.append(ID, longLog(500))
      ended.add(ID)
    }
    expect(states.map(({ landmarks }) => landmarks.map(({ text }) => text))).toEqual([
      ['first', 'second', 'Copy'],
      ['Reload'],
    ])
    expect(states[1]).toMatchObject({ isEnded: true, counts: { info: 500, warning: 5, error: 0 } })
    expect(states[1]?.tail).toHaveLength(100)
    expect(states[1]?.tail.at(-1)).toMatchObject({ index: 504, text: 'line 499' })
  })

  test('a server cannot fill the memory with steps, and its newest progress is known all the same', () => {
    const index = new LogIndex()
    for (let line = 0; line < 5000; line++)
      index.add({ source: null, level: 'info', isProgress: line < 4000 }, 10)
    expect(index.landmarks).toHaveLength(1001)
    expect(index.landmarks.at(-1)).toBe(3999)
  })
})

describe('the index of a long log', () => {
  test('is kept beside it, so that the next process need not read it through', async () => {
    const folder = temporaryFolder()
    const first = openLogs(folder)
    first.append(ID, longLog())
    await first.flush(ID)
    // What the kept index covers is not read again: damage there goes unseen, and what follows is found.
    const size = fs.statSync(fileOf(folder, 'jsonl')).size
    fs.appendFileSync(
      fileOf(folder, 'jsonl'),
      fs.readFileSync(fileOf(folder, 'jsonl')).subarray(0, 7),
    )
    const next = openLogs(folder, new Set([ID]))
    expect(next.warnings(ID)).toBe(270)
    expect(next.offsets(ID)).toEqual(first.offsets(ID))
    expect(fs.statSync(fileOf(folder, 'jsonl')).size).toBe(size)
    next.append(ID, [anEntry('one more', { level: 'warning' })])
    expect((await next.page(ID, MANY, 2)).entries.map(({ text }) => text)).toEqual(['one more'])
    expect(await search(next, 'line 29999')).toEqual([29_999])
  })

  test.each([
    ['torn', (bytes: Buffer) => bytes.subarray(0, bytes.length - 5)],
    ['overwritten', (bytes: Buffer) => bytes.fill(1, bytes.length - 100)],
    ['empty', () => Buffer.alloc(0)],
  ])('is made anew where what was kept is %s', async (_, damage) => {
    const folder = temporaryFolder()
    const first = openLogs(folder)
    first.append(ID, longLog())
    await first.flush(ID)
    const kept = fs.readFileSync(fileOf(folder, 'index'))
    fs.writeFileSync(fileOf(folder, 'index'), damage(kept))
    const next = openLogs(folder)
    expect(next.warnings(ID)).toBe(270)
    expect((await next.page(ID, 0, 1)).total).toBe(MANY)
  })

  test('is of no use for a log that is shorter by now', async () => {
    const folder = temporaryFolder()
    const first = openLogs(folder)
    first.append(ID, longLog())
    await first.flush(ID)
    fs.truncateSync(fileOf(folder, 'jsonl'), 1000)
    const { total, entries } = await openLogs(folder).page(ID, 0, 1000)
    expect(entries).toHaveLength(total)
    expect(total).toBeLessThan(10)
  })

  test('goes with its log, and a short log has none', async () => {
    const folder = temporaryFolder()
    const logs = openLogs(folder)
    logs.append(ID, longLog())
    await logs.flush(ID)
    await logs.remove(ID)
    logs.append(ID, longLog(10))
    await logs.flush(ID)
    expect(fs.readdirSync(path.dirname(fileOf(folder, 'index')))).toEqual([`${ID}.jsonl`])
  })
})
