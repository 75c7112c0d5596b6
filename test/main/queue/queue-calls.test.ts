import { describe, expect, onTestFinished, test } from 'vitest'
import type { Feature } from '../../../main/hooks/feature.ts'
import type { NextTasks } from '../../../main/hooks/next-tasks.ts'
import { shippedFeatures } from '../../../main/features/shipped.ts'
import { toDeskFailure, type DeskClient } from '../../../main/shell/dispatch/desk.ts'
import { aDataFolder, openDeskAt, removeFolder } from '../../support/desk.ts'
import { eventually } from '../../support/eventually.ts'
import { aFeature, aQueue } from '../../support/queues.ts'

/** The application with these features beside those that ship. */
async function openDesk(...features: Feature[]): Promise<DeskClient> {
  const folder = aDataFolder()
  onTestFinished(() => removeFolder(folder))
  const { app, calls } = await openDeskAt(folder, { features: [...shippedFeatures, ...features] })
  onTestFinished(() => app.close())
  return calls
}

const queueOf = async (calls: DeskClient, name: string) =>
  (await calls.queue.list()).find((queue) => queue.name === name)

const codeOf = async (call: Promise<unknown>): Promise<string | undefined> =>
  await call.then(
    () => undefined,
    (error: unknown) => toDeskFailure(error)?.code,
  )

describe('queues over the contract', () => {
  test('are edited one fact at a time, and null goes back to the definition', async () => {
    const calls = await openDesk()
    await calls.queue.edit({ name: 'tasks', items: 7 })
    await calls.queue.edit({ name: 'tasks', frequencySeconds: 30 })
    expect(await queueOf(calls, 'tasks')).toMatchObject({
      items: 7,
      plannedItems: 7,
      intervalSeconds: 30,
      settings: { items: 7, frequencySeconds: 30, isEnabled: null },
    })
    await calls.queue.edit({ name: 'tasks', items: null, isEnabled: false })
    expect(await queueOf(calls, 'tasks')).toMatchObject({
      items: 5,
      frequencySeconds: 30,
      isEnabled: false,
      nextRunAt: null,
    })
  })

  test('refuse items of a batch queue, a period of 0 and rules that are none', async () => {
    const calls = await openDesk()
    const refused = [
      calls.queue.edit({ name: 'cron', items: 3 }),
      calls.queue.edit({ name: 'cron', frequencySeconds: 0 }),
      calls.queue.edit({ name: 'backup-retention', values: { rules: 'for ever' } }),
    ]
    for (const call of refused) expect(await codeOf(call)).toBe('input.invalid')
    expect(await codeOf(calls.queue.run({ name: 'gone' }))).toBe('queue.unknown')
    expect(await codeOf(calls.queue.pause({ name: 'gone' }))).toBe('queue.unknown')
  })

  test('are paused by themselves and as a whole', async () => {
    const calls = await openDesk()
    expect(await calls.queue.pause({ name: 'cron' })).toMatchObject({ isPaused: true })
    expect(await queueOf(calls, 'tasks')).toMatchObject({ isPaused: false })
    await calls.app.pauseDispatch()
    expect(await queueOf(calls, 'tasks')).toMatchObject({ isPaused: true })
    expect(await calls.queue.run({ name: 'cron' })).toEqual({ queue: 'cron', state: 'paused' })
    await calls.app.resumeDispatch()
    expect(await queueOf(calls, 'tasks')).toMatchObject({ isPaused: false })
    expect(await queueOf(calls, 'cron')).toMatchObject({ isPaused: true })
  })

  test('run by the clock of a long-lived owner', async () => {
    let runs = 0
    const calls = await openDesk(
      aFeature({ queues: [aQueue({ frequencySeconds: 1, process: () => void (runs += 1) })] }),
    )
    await eventually(() => expect(runs).toBeGreaterThanOrEqual(2))
    expect((await queueOf(calls, 'tested'))?.lastRunAt).not.toBeNull()
    await calls.queue.pause({ name: 'tested' })
    expect((await calls.app.dispatch()).queues).toContainEqual({
      queue: 'tested',
      state: 'paused',
    })
  })

  test('a feature that breaks the next tasks is named to the operator', async () => {
    const calls = await openDesk(
      aFeature({ name: 'breaker', changeNextTasks: () => 'none' as unknown as NextTasks }),
    )
    await calls.app.dispatch()
    expect(await calls.queue.problems()).toMatchObject([
      { feature: 'breaker', hook: 'changeNextTasks' },
    ])
  })
})
