import { describe, expect, test } from 'vitest'
import { Id } from '#shared/domain/json.ts'
import { IdMaker } from '../../../main/lib/ids.ts'
import { LineSplitter } from '../../../main/lib/lines.ts'
import { Channel, Listeners } from '../../../main/lib/listeners.ts'
import { Sequence } from '../../../main/lib/sequence.ts'

describe('ids', () => {
  test('are UUIDs of version 7 that name their time', () => {
    const id = new IdMaker(() => 0x0123_4567_89ab).next()
    expect(Id.safeParse(id).success).toBe(true)
    expect(id.slice(0, 13)).toBe('01234567-89ab')
    expect('89ab').toContain(id[19])
  })

  test('sort by creation, within one millisecond and when the clock goes back', () => {
    let now = 1_700_000_000_000
    const ids = new IdMaker(() => now)
    const made = Array.from({ length: 20_000 }, (_, index) => {
      if (index % 5000 === 4999) now -= 1000
      return ids.next()
    })
    expect(made).toEqual([...made].sort())
    expect(new Set(made).size).toBe(made.length)
  })
})

describe('lines', () => {
  const text = 'one\r\n\nzwölf 🙂\nlast'
  const expected = [
    { text: 'one\r', end: 5, isCut: false },
    { text: '', end: 6, isCut: false },
    { text: 'zwölf 🙂', end: 18, isCut: false },
  ]

  test('are the same however the bytes are cut', () => {
    const bytes = Buffer.from(text)
    for (let size = 1; size <= bytes.length; size++) {
      const splitter = new LineSplitter(100)
      const lines = []
      for (let at = 0; at < bytes.length; at += size)
        lines.push(...splitter.feed(bytes.subarray(at, at + size)))
      expect(lines, `in pieces of ${size}`).toEqual(expected)
      expect(splitter.end()).toEqual({ text: 'last', end: bytes.length, isCut: false })
      expect(splitter.end()).toBeUndefined()
    }
  })

  test('know where they end in a stream that was begun elsewhere', () => {
    expect(new LineSplitter(100, 1000).feed(Buffer.from('ab\n'))).toEqual([
      { text: 'ab', end: 1003, isCut: false },
    ])
  })

  test('that are too long are cut, and the next ones are whole', () => {
    const splitter = new LineSplitter(3)
    const lines = [
      ...splitter.feed(Buffer.from('abcd')),
      ...splitter.feed(Buffer.from('ef\nxyz\n')),
    ]
    expect(lines).toEqual([
      { text: 'abc', end: 7, isCut: true },
      { text: 'xyz', end: 11, isCut: false },
    ])
  })
})

describe('listeners', () => {
  test('all hear of it although one throws, and the error comes out', () => {
    const heard: number[] = []
    const listeners = new Listeners<number>()
    listeners.add(() => {
      throw new Error('mine')
    })
    const remove = listeners.add((event) => heard.push(event))
    expect(() => listeners.emit(1)).toThrow('mine')
    remove()
    expect(() => listeners.emit(2)).toThrow('mine')
    expect(heard).toEqual([1])
  })
})

describe('a channel', () => {
  test('gives what was pushed, before and while it is read, and ends when it is closed', async () => {
    const channel = new Channel<number>()
    channel.push(1)
    const read: number[] = []
    const reading = (async () => {
      for await (const event of channel) read.push(event)
    })()
    channel.push(2)
    await Promise.resolve()
    channel.push(3)
    channel.close()
    channel.push(4)
    await reading
    expect(read).toEqual([1, 2, 3])
  })

  test('ends with its signal, also one that was given before', async () => {
    const stop = new AbortController()
    let closed = 0
    const options = { signal: stop.signal, onClose: () => (closed += 1) }
    const waiting = new Channel(options).next()
    stop.abort()
    expect(await waiting).toEqual({ value: undefined, done: true })
    expect(await new Channel(options).next()).toEqual({ value: undefined, done: true })
    expect(closed).toBe(2)
  })

  test('gives undefined as an event like any other', async () => {
    const channel = new Channel<undefined>()
    channel.push(undefined)
    expect(await channel.next()).toEqual({ value: undefined, done: false })
  })

  test('tells when its reader leaves', async () => {
    let isClosed = false
    const channel = new Channel<number>({ onClose: () => (isClosed = true) })
    channel.push(1)
    for await (const event of channel) if (event === 1) break
    expect(isClosed).toBe(true)
  })

  test('answers several readers that wait', async () => {
    const channel = new Channel<number>()
    const waiting = [channel.next(), channel.next()]
    channel.push(1)
    channel.close()
    expect((await Promise.all(waiting)).map(({ done }) => done)).toEqual([false, true])
  })
})

describe('a sequence', () => {
  test('runs work of one key one after the other, and of two keys side by side', async () => {
    const sequence = new Sequence()
    const log: string[] = []
    const work = (name: string) => async () => {
      log.push(`${name} begins`)
      await new Promise((resolve) => setImmediate(resolve))
      log.push(`${name} ends`)
    }
    await Promise.all([
      sequence.run('a', work('a1')),
      sequence.run('a', work('a2')),
      sequence.run('b', work('b1')),
    ])
    expect(log.indexOf('a2 begins')).toBeGreaterThan(log.indexOf('a1 ends'))
    expect(log.indexOf('b1 begins')).toBeLessThan(log.indexOf('a1 ends'))
  })

  test('goes on after work that failed, whose error its caller gets', async () => {
    const sequence = new Sequence()
    const failed = sequence.run('a', () => Promise.reject(new Error('mine')))
    const next = sequence.run('a', () => Promise.resolve(2))
    await expect(failed).rejects.toThrow('mine')
    expect(await next).toBe(2)
  })
})
