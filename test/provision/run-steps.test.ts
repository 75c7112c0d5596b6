import { describe, expect, test } from 'vitest'
import { runSteps } from '../../provision/steps/run-steps.ts'
import type { Step } from '../../provision/steps/step.ts'
import { ProvisionError } from '../../provision/system/provision-error.ts'

const NEVER = new AbortController().signal

/** Steps that write down what is done to them; `trouble` says what goes wrong where. */
function aRun(trouble: { run?: number; undo?: number; discard?: number } = {}, count = 4) {
  const done: string[] = []
  const log: string[] = []
  const fail = (what: string) => Promise.reject(new Error(what))
  const steps = Array.from({ length: count }, (_, index): Step => {
    const undo = () => {
      done.push(`undo ${index}`)
      return trouble.undo === index ? fail('undo') : Promise.resolve()
    }
    return {
      title: `step ${index}`,
      run() {
        done.push(`run ${index}`)
        return trouble.run === index ? fail(`run ${index}`) : Promise.resolve(undo)
      },
      discard() {
        done.push(`discard ${index}`)
        return trouble.discard === index ? fail('discard') : Promise.resolve()
      },
    }
  })
  const reporter = {
    log: (level: string, message: string) => void log.push(`${level}: ${message}`),
    progress: (step: number, of: number, title: string) => void log.push(`${step}/${of} ${title}`),
  }
  return { done, log, steps, run: (signal = NEVER) => runSteps(steps, reporter, signal) }
}

describe('a list of steps', () => {
  test('is done in order, told of, and discards last', async () => {
    const { done, log, run } = aRun({}, 2)
    await run()
    expect(done).toEqual(['run 0', 'run 1', 'discard 0', 'discard 1'])
    expect(log).toEqual(['0/2 step 0', '1/2 step 1', '2/2 Done'])
  })

  test.each([0, 1, 2, 3])(
    'whose step %i fails takes the finished ones back in reverse',
    async (at) => {
      const { done, run } = aRun({ run: at })
      await expect(run()).rejects.toThrow(`run ${at}`)
      const before = Array.from({ length: at + 1 }, (_, index) => `run ${index}`)
      const back = Array.from({ length: at }, (_, index) => `undo ${at - 1 - index}`)
      expect(done).toEqual([...before, ...back])
    },
  )

  test('goes on taking back where one undo fails, and throws the first error', async () => {
    const { done, log, run } = aRun({ run: 3, undo: 1 })
    await expect(run()).rejects.toThrow('run 3')
    expect(done.slice(-3)).toEqual(['undo 2', 'undo 1', 'undo 0'])
    expect(log.some((line) => line.startsWith('error: Could not be taken back: step 1'))).toBe(true)
  })

  test('that is cancelled takes back what was done, under a code of its own', async () => {
    const stop = new AbortController()
    const { done, run, steps } = aRun()
    const stopper: Step = {
      title: 'stop',
      run() {
        stop.abort()
        return Promise.resolve(undefined)
      },
    }
    steps.splice(2, 0, stopper)
    await expect(run(stop.signal)).rejects.toMatchObject({ code: 'PROVISION_CANCELLED' })
    expect(done).toEqual(['run 0', 'run 1', 'undo 1', 'undo 0'])
  })

  test('is done once its last step is done, whatever discarding says', async () => {
    const { log, run } = aRun({ discard: 0 })
    await run()
    expect(log.at(-1)).toMatch(/^warning: step 0: something was left behind/)
  })

  test('keeps the code of its first error', async () => {
    const { steps, run } = aRun()
    steps.push({ title: 'x', run: () => Promise.reject(new ProvisionError('PROVISION_X', 'y')) })
    await expect(run()).rejects.toMatchObject({ code: 'PROVISION_X' })
  })
})
