import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { toAttention } from '../../renderer/lib/attention.ts'
import { toConnectionState } from '../../renderer/lib/backend-words.ts'
import { mergeHeld } from '../../renderer/lib/held-rows.ts'
import { toObjectState } from '../../renderer/lib/object-state.ts'
import { retryDelay } from '../../renderer/lib/retry-delay.ts'
import { throttle } from '../../renderer/lib/throttle.ts'
import { aBusyDesk } from '../support/fake-desk.ts'

describe('rows under the pointer', () => {
  const row = (id: string, text = '') => ({ id, text })

  test('stay in their places while their contents are renewed', () => {
    const shown = [row('a', 'old'), row('b', 'old')]
    const fresh = [row('new'), row('b', 'fresh'), row('a', 'fresh')]
    expect(mergeHeld(shown, fresh, 0)).toEqual([row('a', 'fresh'), row('b', 'fresh')])
  })

  test('stay where they were when they are gone from the answer', () => {
    expect(mergeHeld([row('a', 'old')], [], 0)).toEqual([row('a', 'old')])
  })

  test('places that were never set are filled as well', () => {
    const shown = [row('a')]
    shown.length = 3
    expect(mergeHeld(shown, [row('c')], 2)).toEqual([row('a'), undefined, row('c')])
  })

  test('a place that was empty is filled, but never with a row that is shown already', () => {
    const shown = [row('a'), undefined, undefined]
    expect(mergeHeld(shown, [row('a'), row('b'), row('a')], 0)).toEqual([
      row('a'),
      row('b'),
      undefined,
    ])
    expect(mergeHeld(shown, [row('c')], 2)).toEqual([row('a'), undefined, row('c')])
  })
})

describe('throttled work', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('is done at once, then once for all calls of a while, and the last is never lost', () => {
    const work = vi.fn()
    const { call } = throttle(work, 100)
    call()
    call()
    call()
    expect(work).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(100)
    expect(work).toHaveBeenCalledTimes(2)
    vi.advanceTimersByTime(1000)
    expect(work).toHaveBeenCalledTimes(2)
  })

  test('is dropped when it is stopped', () => {
    const work = vi.fn()
    const { call, stop } = throttle(work, 100)
    call()
    call()
    stop()
    vi.advanceTimersByTime(1000)
    expect(work).toHaveBeenCalledTimes(1)
  })
})

test('pauses between tries grow up to some seconds and are spread', () => {
  expect(retryDelay(0, 0.5)).toBe(300)
  expect(retryDelay(3, 0.5)).toBe(2400)
  expect(retryDelay(1000, 0.5)).toBe(8000)
  expect(retryDelay(1000, 1)).toBe(10_000)
})

describe('a server', () => {
  const [web1, web2] = aBusyDesk().backends
  if (!web1 || !web2) throw new Error('A busy desk has two servers.')

  test('whose host key changed needs a decision', () => {
    expect(toAttention(web2, web2.state)).toMatchObject([
      { need: 'host-key-changed', action: 'Compare and decide' },
    ])
  })

  test('that lacks a secret asks for that one', () => {
    const [asked] = toAttention(web1, { ...web1.state, needsSecret: 'passphrase' })
    expect(asked).toMatchObject({ need: 'passphrase', action: 'Give the passphrase' })
  })

  test('where all is well needs nothing', () => {
    expect(toAttention(web1, web1.state)).toEqual([])
  })

  test('says how its connection stands and for how long it has been so', () => {
    const now = web2.state.problem?.since ?? 0
    expect(toConnectionState(web2.state, now + 90_000).words).toBe(
      'Host key changed · for 1 min 30 s',
    )
    expect(toConnectionState(web1.state, now).words).toBe('Connected · 4 ms')
    expect(toConnectionState({ ...web2.state, needsSecret: 'password' }, now).words).toBe(
      'Needs its password',
    )
    expect(toConnectionState(undefined, now).words).toBe('Not connected')
  })
})

describe('the state of an object', () => {
  const site = { kind: 'site', status: 'enabled' } as const

  test('is that of its last task while it runs or where it failed', () => {
    expect(toObjectState(site, { type: 'verify', status: 'processing' }).words).toBe(
      'Running: verify',
    )
    expect(toObjectState(site, { type: 'login-reset', status: 'error' }).words).toBe(
      'Last login reset failed',
    )
  })

  test('is its own otherwise', () => {
    expect(toObjectState(site, { type: 'verify', status: 'success' }).words).toBe('Enabled')
    expect(toObjectState({ kind: 'site', status: 'queued' }, null).words).toBe('Not installed yet')
    expect(toObjectState({ kind: 'server', status: 'locked' }, null).words).toBe('Locked')
  })
})
