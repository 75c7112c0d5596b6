import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { LogEntry } from '#shared/domain/task.ts'
import type { NewLogEntry } from '../../../main/log/task-log.ts'
import { TaskLogs } from '../../../main/log/task-log.ts'
import { MAX_TEXT, parseLine, parseLineStart, renderLine } from '../../../main/log/log-line.ts'
import { anId } from '../../support/objects.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const ID = anId(1)

function openLogs(folder: string, options: { maxBytes?: number; ended?: Set<string> } = {}) {
  const { ended = new Set(), ...parts } = options
  const logs = new TaskLogs({ folder, isEnded: (id) => ended.has(id), ...parts })
  onTestFinished(() => logs.close())
  return logs
}

const fileOf = (folder: string): string => path.join(folder, ID.slice(-2), `${ID}.jsonl`)

const anEntry = (text: string, facts: Partial<NewLogEntry> = {}): NewLogEntry => ({
  kind: 'message',
  level: 'info',
  text,
  serverAt: null,
  arrivedAt: 5,
  stage: 'command',
  progress: null,
  source: null,
  ...facts,
})

/** Lines of standard output, ten bytes each. */
const lines = (from: number, count: number): NewLogEntry[] =>
  Array.from({ length: count }, (_, index) =>
    anEntry(`line ${from + index}`, {
      source: { stage: 1, stream: 'out', end: (from + index + 1) * 10 },
    }),
  )

const texts = ({ entries }: { entries: readonly LogEntry[] }): string[] =>
  entries.map(({ text }) => text)

describe('a log', () => {
  test('gives pages of what was appended, in order and without gaps', async () => {
    const logs = openLogs(temporaryFolder())
    logs.append(ID, lines(0, 3))
    logs.append(ID, lines(3, 2))
    expect(await logs.page(ID, 1, 3)).toMatchObject({
      total: 5,
      entries: [
        { index: 1, text: 'line 1' },
        { index: 2, text: 'line 2' },
        { index: 3, text: 'line 3' },
      ],
    })
    expect(await logs.page(ID, 5, 10)).toEqual({ total: 5, entries: [] })
    expect(await logs.page(anId(2), 0, 10)).toEqual({ total: 0, entries: [] })
  })

  test('is the same for another process that opens it', async () => {
    const folder = temporaryFolder()
    const entries = [
      anEntry('\u001b[31m"quoted"\n\\ \u2028 ü 🙂 </script>', { level: 'warning', serverAt: 9 }),
      anEntry('step', { kind: 'progress', progress: { step: 1, of: 3, title: 'Step' } }),
    ]
    const logs = openLogs(folder)
    logs.append(ID, entries)
    await logs.flush(ID)
    const { entries: read } = await openLogs(folder).page(ID, 0, 10)
    expect(read).toEqual(entries.map(({ source: _, ...entry }, index) => ({ ...entry, index })))
  })

  test('knows from where each stream goes on, in this process and in the next', async () => {
    const folder = temporaryFolder()
    const logs = openLogs(folder)
    expect(logs.offsets(ID)).toEqual([])
    logs.append(ID, [
      anEntry('a', { source: { stage: 0, stream: 'out', end: 7 } }),
      anEntry('b', { source: { stage: 1, stream: 'err', end: 12_345_678_901 }, level: 'warning' }),
      anEntry('c', { source: { stage: 0, stream: 'out', end: 19 } }),
      anEntry('ours', { level: 'warning' }),
    ])
    const expected = [
      { stage: 0, stream: 'out', offset: 19 },
      { stage: 1, stream: 'err', offset: 12_345_678_901 },
    ]
    expect(logs.offsets(ID)).toEqual(expected)
    expect(logs.warnings(ID)).toBe(2)
    await logs.flush(ID)
    const next = openLogs(folder)
    expect(next.offsets(ID)).toEqual(expected)
    expect(next.warnings(ID)).toBe(2)
  })

  test('torn at any byte goes on exactly behind its last whole line', async () => {
    const folder = temporaryFolder()
    const first = openLogs(folder)
    first.append(ID, lines(0, 2))
    await first.flush(ID)
    const whole = fs.readFileSync(fileOf(folder))
    for (let length = 0; length <= whole.length; length++) {
      fs.writeFileSync(fileOf(folder), whole.subarray(0, length))
      const logs = openLogs(folder)
      const next = (logs.offsets(ID)[0]?.offset ?? 0) / 10
      logs.append(ID, lines(next, 2 - next))
      await logs.flush(ID)
      expect(fs.readFileSync(fileOf(folder)), `torn at ${length}`).toEqual(whole)
    }
  })

  test('with a damaged line shows the others, and says which one cannot be read', async () => {
    const folder = temporaryFolder()
    const logs = openLogs(folder)
    logs.append(ID, lines(0, 3))
    await logs.flush(ID)
    const name = fileOf(folder)
    const text = fs.readFileSync(name, 'utf8').replace('"line 1"', '"line 1')
    fs.writeFileSync(name, text)
    const { entries } = await openLogs(folder).page(ID, 0, 10)
    expect(entries.map(({ text }) => text.slice(0, 10))).toEqual(['line 0', 'This line ', 'line 2'])
    expect(entries[1]).toMatchObject({ index: 1, level: 'warning' })
  })

  test('cuts a text that is too long and says so', async () => {
    const logs = openLogs(temporaryFolder())
    logs.append(ID, [anEntry('x'.repeat(MAX_TEXT + 1)), anEntry('y'.repeat(MAX_TEXT))])
    const [cut, whole] = (await logs.page(ID, 0, 2)).entries
    expect(cut?.text).toContain(`the whole text has ${MAX_TEXT + 1} characters`)
    expect(whole?.text).toBe('y'.repeat(MAX_TEXT))
  })

  test('takes no more than its greatest size, says so once, and still knows how far it has read', async () => {
    const folder = temporaryFolder()
    const logs = openLogs(folder, { maxBytes: 2000 })
    logs.append(ID, lines(0, 1000))
    await logs.flush(ID)
    expect(fs.statSync(fileOf(folder)).size).toBeLessThan(2500)
    const { entries, total } = await logs.page(ID, 0, 1000)
    expect(entries).toHaveLength(total)
    expect(entries.at(-1)?.text).toContain('greatest size')
    expect(logs.offsets(ID)[0]?.offset).toBe(10_000)
    const next = openLogs(folder, { maxBytes: 2000 })
    next.append(ID, lines(0, 10))
    expect((await next.page(ID, 0, 1)).total).toBe(total)
  })

  test('pages thirty thousand entries from any place', async () => {
    const logs = openLogs(temporaryFolder())
    logs.append(ID, lines(0, 30_000))
    for (const from of [0, 255, 256, 257, 17_777, 29_990]) {
      const page = await logs.page(ID, from, 20)
      expect(texts(page)).toEqual(
        Array.from({ length: Math.min(20, 30_000 - from) }, (_, index) => `line ${from + index}`),
      )
    }
  })

  test('that cannot be written says so when it is flushed, and loses nothing', async () => {
    const folder = path.join(temporaryFolder(), 'logs')
    fs.writeFileSync(folder, 'a file where the folder should be')
    const logs = openLogs(folder)
    expect(() => logs.append(ID, lines(0, 1))).toThrow()
    fs.rmSync(folder)
    logs.append(ID, lines(0, 2))
    fs.writeFileSync(folder, 'again')
    await expect(logs.flush(ID)).rejects.toMatchObject({ code: 'store.write-failed' })
    fs.rmSync(folder)
    await logs.flush(ID)
    expect(texts(await openLogs(folder).page(ID, 0, 9))).toEqual(['line 0', 'line 1'])
  })

  test('refuses an id that is none', () => {
    const logs = openLogs(temporaryFolder())
    expect(() => logs.append('../../etc/passwd', lines(0, 1))).toThrow()
    expect(() => logs.offsets('')).toThrow()
  })
})

describe('following a log', () => {
  /** All entries until the follower ends. */
  async function collect(batches: AsyncIterable<LogEntry[]>): Promise<string[]> {
    const all: string[] = []
    for await (const batch of batches) all.push(...batch.map(({ text }) => text))
    return all
  }

  test('gives what is there, then what comes, and ends with the attempt', async () => {
    const ended = new Set<string>()
    const logs = openLogs(temporaryFolder(), { ended })
    logs.append(ID, lines(0, 2))
    const followed = collect(logs.follow(ID, 1))
    for (let n = 2; n < 30; n++) {
      logs.append(ID, lines(n, 1))
      if (n % 5 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await logs.flush(ID)
    logs.append(ID, lines(30, 1))
    ended.add(ID)
    logs.wake([ID])
    expect(await followed).toEqual(Array.from({ length: 30 }, (_, index) => `line ${index + 1}`))
  })

  test('may begin before there is anything', async () => {
    const ended = new Set<string>()
    const logs = openLogs(temporaryFolder(), { ended })
    const followed = collect(logs.follow(ID, 0))
    await Promise.resolve()
    logs.append(ID, lines(0, 1))
    ended.add(ID)
    await logs.flush(ID)
    expect(await followed).toEqual(['line 0'])
  })

  test('ends with its signal, and with the logs', async () => {
    const logs = openLogs(temporaryFolder())
    const stop = new AbortController()
    const first = collect(logs.follow(ID, 0, stop.signal))
    const second = collect(logs.follow(ID, 0))
    stop.abort()
    expect(await first).toEqual([])
    await logs.close()
    expect(await second).toEqual([])
  })

  test('an attempt that ended long ago gives its log and ends', async () => {
    const logs = openLogs(temporaryFolder(), { ended: new Set([ID]) })
    logs.append(ID, lines(0, 2500))
    expect(await collect(logs.follow(ID, 0))).toHaveLength(2500)
  })
})

test('logs that are not to be kept are pruned, and others stay', async () => {
  const folder = temporaryFolder()
  const logs = openLogs(folder)
  for (const number of [1, 2, 3]) {
    logs.append(anId(number), lines(0, 1))
    await logs.flush(anId(number))
  }
  fs.writeFileSync(path.join(folder, 'note.txt'), 'not ours')
  expect(await logs.prune((id) => id === anId(2))).toBe(2)
  expect((await logs.page(anId(1), 0, 1)).total).toBe(0)
  expect((await logs.page(anId(2), 0, 1)).total).toBe(1)
  await logs.remove(anId(2))
  expect((await logs.page(anId(2), 0, 1)).total).toBe(0)
  expect(fs.existsSync(path.join(folder, 'note.txt'))).toBe(true)
})

describe('a line of a log', () => {
  test.each([
    [{ stage: 0, stream: 'out', end: 0 } as const, 'info' as const],
    [{ stage: 12, stream: 'err', end: Number.MAX_SAFE_INTEGER } as const, 'warning' as const],
    [null, 'error' as const],
    [null, 'warning' as const],
  ])('tells its source and level from its first bytes (%#)', (source, level) => {
    const line = Buffer.from(`ab\n${renderLine(anEntry('","level":"warning"', { source, level }))}`)
    expect(parseLineStart(line, 3)).toEqual({ source, level, isProgress: false })
  })

  test('that is a step’s says so in its first bytes', () => {
    const progress = { step: 1, of: 2, title: 'Copy' }
    const line = renderLine(anEntry('Copy', { kind: 'progress', level: 'success', progress }))
    expect(parseLineStart(Buffer.from(line), 0)).toMatchObject({
      level: 'success',
      isProgress: true,
    })
  })

  test.each(['', '{', '{"source":[', '{"source":[1,"in",2],"level":"info"', 'x'.repeat(100)])(
    'that is none tells nothing: %s',
    (text) => {
      expect(parseLineStart(Buffer.from(`${text}\n`), 0)).toBeUndefined()
      expect(parseLine(text, 3)).toMatchObject({ index: 3, level: 'warning' })
    },
  )
})
