import { describe, expect, test } from 'vitest'
import { withTimeLimit } from '../../provision/system/time-limit.ts'

/** Goes on until it is stopped. */
const forEver = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const end = (): void => reject(new Error('stopped'))
    if (signal.aborted) end()
    signal.addEventListener('abort', end)
  })

const never = new AbortController().signal

describe('work with a time limit', () => {
  test('comes to what it comes to', async () => {
    expect(await withTimeLimit(60_000, never, () => Promise.resolve(1))).toBe(1)
    const failing = withTimeLimit(60_000, never, () => Promise.reject(new Error('own')))
    await expect(failing).rejects.toThrow('own')
  })

  test('is stopped when its time is over, and says so', async () => {
    await expect(withTimeLimit(10, never, forEver)).rejects.toMatchObject({
      code: 'PROVISION_PHP_SILENT',
    })
  })

  test('is stopped when the caller is, and that is no matter of time', async () => {
    const stop = new AbortController()
    const work = withTimeLimit(60_000, stop.signal, forEver)
    stop.abort()
    await expect(work).rejects.toThrow('stopped')
    await expect(withTimeLimit(60_000, stop.signal, forEver)).rejects.toThrow('stopped')
  })
})
