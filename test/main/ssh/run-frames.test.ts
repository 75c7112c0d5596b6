import { describe, expect, test } from 'vitest'
import { FrameReader, parseRun, type Frame } from '../../../main/ssh/run-frames.ts'

const bytes = Buffer.from(
  [
    'motd of a login script\n',
    'm R\n',
    'm D run 0 out 5 6\n',
    'm E x\nm E run finished 0 3\n',
    'm W run running 42\n',
    'm M run\nm S run started \nm S run failed No space left on device\nm P\nm L run starting\nm L\nm X\n',
  ].join(''),
)

/** Data that came in pieces, as one. */
const joined = (frames: Frame[]): unknown[] =>
  frames.reduce<unknown[]>((all, frame) => {
    const last = all.at(-1)
    if (frame.frame === 'data' && typeof last === 'object' && last !== null && 'text' in last)
      return [
        ...all.slice(0, -1),
        { ...last, text: `${String(last.text)}${frame.bytes.toString()}` },
      ]
    if (frame.frame !== 'data') return [...all, frame]
    return [
      ...all,
      {
        offset: frame.offset,
        stage: frame.stage,
        stream: frame.stream,
        text: frame.bytes.toString(),
      },
    ]
  }, [])

const expected = [
  { frame: 'ready' },
  { offset: 5, stage: 0, stream: 'out', text: 'm E x\n' },
  { frame: 'ended', id: 'run', run: { state: 'finished', exitCodes: [0, 3] } },
  { frame: 'waiting', id: 'run', run: { state: 'running', pid: 42 } },
  { frame: 'more', id: 'run' },
  { frame: 'start', id: 'run', answer: 'started', why: '' },
  { frame: 'start', id: 'run', answer: 'failed', why: 'No space left on device' },
  { frame: 'polled' },
  { frame: 'listed', id: 'run', run: { state: 'starting' } },
  { frame: 'list-end' },
  { frame: 'removed' },
]

describe('frames', () => {
  test('are read whole, and what a run prints is never taken for one', () => {
    expect(joined(new FrameReader('m').read(bytes))).toEqual(expected)
  })

  test('are the same wherever the bytes are cut', () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const reader = new FrameReader('m')
      const frames = [...reader.read(bytes.subarray(0, cut)), ...reader.read(bytes.subarray(cut))]
      expect(joined(frames)).toEqual(expected)
    }
  })

  test.each([
    ['a stray line after the first frame', 'm R\nstray\n'],
    ['an unknown word', 'm Q\n'],
    ['a negative length', 'm D run 0 out 0 -1\n'],
    ['an absurd length', 'm D run 0 out 0 99999999999999999999\n'],
    ['a stream that is none', 'm D run 0 in 0 1\n'],
    ['a name that is none', 'm D ../run 0 out 0 1\n'],
    ['a state that is none', 'm E run dancing\n'],
    ['an exit code that is none', 'm E run finished x\n'],
    ['a header without end', `m ${'x'.repeat(10_000)}`],
    ['noise without end', 'noise\n'.repeat(300_000)],
  ])('refuse %s', (_what, text) => {
    expect(() => new FrameReader('m').read(Buffer.from(text))).toThrow('does not belong')
  })
})

test('each state of a run is read as what it is', () => {
  expect(parseRun(['lost'])).toEqual({ state: 'lost' })
  expect(parseRun(['never-started'])).toEqual({ state: 'never-started' })
  expect(parseRun(['absent'])).toEqual({ state: 'absent' })
  expect(() => parseRun([])).toThrow()
})
