import { describe, expect, test } from 'vitest'
import { defineTaskType } from '../../../main/hooks/feature.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import { aPlatform, aServer, aSite } from '../../support/objects.ts'
import { aFeature, aQueue, openQueues, type QueueDesk } from '../../support/queues.ts'
import { aBackend } from '../../support/rows.ts'

const verify = defineTaskType<'site'>({
  type: 'verify',
  objectKind: 'site',
  title: 'Verify',
  description: '',
  weight: 0,
  savesContext: true,
  refusal: () => null,
})
const oneSite = (): ChangeSet =>
  new ChangeSet()
    .put('backend', aBackend())
    .put('server', aServer())
    .put('platform', aPlatform())
    .put('site', aSite())

/** A queue whose runs end when they are told to. */
function aSlowQueue() {
  const ends: (() => void)[] = []
  const queue = aQueue({ process: () => new Promise<void>((resolve) => ends.push(resolve)) })
  return { queue, end: () => ends.shift()?.(), started: () => ends.length }
}

const lastRunOf = ({ store }: QueueDesk, name = 'tested'): number | null | undefined =>
  store.find('queue', name)?.lastRunAt

describe('the list of queues', () => {
  test('is what features declare, a later one in place of an earlier one of that name', async () => {
    const { queues } = await openQueues([
      aFeature({ name: 'a', queues: [aQueue({ title: 'First' }), aQueue({ name: 'other' })] }),
      aFeature({ name: 'b', queues: [aQueue({ title: 'Second' })] }),
    ])
    expect(queues.getQueues().map(({ name, title }) => [name, title])).toEqual([
      ['tested', 'Second'],
      ['other', 'Tested'],
    ])
  })

  test('goes through hooks before settings and hooks after arithmetic, in this order', async () => {
    const desk = await openQueues([
      aFeature({
        name: 'a',
        queues: [aQueue({ type: 'batch', frequencySeconds: 3600, totalItems: () => 40 })],
      }),
      aFeature({
        name: 'b',
        changeQueues: (queues) =>
          queues.map((queue) => ({ ...queue, minThreads: 2, totalItems: () => 100 })),
        changePlannedQueues: (queues) =>
          queues.map((queue) => ({ ...queue, plannedItems: queue.plannedItems + 1 })),
      }),
    ])
    await desk.switches.edit('tested', { frequencySeconds: 1000 })
    const [queue] = desk.queues.getQueues()
    // Two threads of 1000 s, a hundred items in two chunks, and the last word.
    expect(queue).toMatchObject({ threads: 2, intervalSeconds: 500, plannedItems: 51 })
  })

  test('leaves out a feature that declares what is no queue, and names it', async () => {
    const desk = await openQueues([
      aFeature({ name: 'good', queues: [aQueue()] }),
      aFeature({ name: 'bad', queues: [aQueue({ name: 'worse', frequencySeconds: 0 })] }),
      aFeature({ name: 'countless', queues: [aQueue({ name: 'b', type: 'batch' })] }),
    ])
    expect(desk.queues.getQueues().map(({ name }) => name)).toEqual(['tested'])
    expect(desk.problems.map(({ feature, hook }) => [feature, hook])).toEqual([
      ['bad', 'queues'],
      ['countless', 'queues'],
    ])
  })

  test('leaves out of each change the feature that breaks it, and names it', async () => {
    const desk = await openQueues([
      aFeature({ name: 'good', queues: [aQueue()] }),
      aFeature({
        name: 'bad',
        changeQueues() {
          throw new Error('no')
        },
        changePlannedQueues: (queues) => queues.map((queue) => ({ ...queue, plannedItems: -1 })),
      }),
      aFeature({
        name: 'last',
        changePlannedQueues: (queues) => queues.map((queue) => ({ ...queue, title: 'Changed' })),
      }),
    ])
    expect(desk.queues.getQueues()).toMatchObject([{ name: 'tested', title: 'Changed' }])
    expect(desk.problems).toMatchObject([
      { feature: 'bad', hook: 'changeQueues', message: 'no' },
      { feature: 'bad', hook: 'changePlannedQueues' },
    ])
  })

  test('shows a queue that cannot count as one without work, and names its feature', async () => {
    const desk = await openQueues([
      aFeature({ queues: [aQueue({ totalItems: () => Number.NaN })] }),
    ])
    expect(desk.queues.getQueues()).toMatchObject([{ totalItems: 0 }])
    expect(desk.problems).toMatchObject([{ feature: 'tester', hook: 'queue tested' }])
  })
})

describe('a run by hand', () => {
  test('hands five items to the queue where nobody says how many, and marks the time', async () => {
    const counts: number[] = []
    const desk = await openQueues([
      aFeature({ queues: [aQueue({ process: (count) => void counts.push(count) })] }),
    ])
    await desk.queues.runQueue('tested')
    await desk.queues.runQueue('tested', { items: 2 })
    expect(counts).toEqual([5, 2])
    expect(lastRunOf(desk)).toBe(desk.clock.now)
  })

  test('runs a queue that is off, but a paused one only by force', async () => {
    const desk = await openQueues([aFeature({ queues: [aQueue({ isEnabled: false })] })])
    expect((await desk.queues.runQueue('tested')).state).toBe('ran')
    await desk.switches.setPausedAsAWhole(true)
    expect((await desk.queues.runQueue('tested')).state).toBe('paused')
    expect((await desk.queues.runQueue('tested', { force: true })).state).toBe('ran')
  })

  test('stores its changes and its tasks as one, and starts tasks only then', async () => {
    const desk = await openQueues(
      [
        aFeature({
          taskTypes: [verify],
          queues: [
            aQueue({
              process(_count, host) {
                const site = host.get('site', aSite().id)
                host.put('site', { ...site, title: 'Changed' })
                host.addTask(site, 'verify')
                host.startTasks(3)
              },
            }),
          ],
        }),
      ],
      oneSite(),
    )
    const outcome = await desk.queues.runQueue('tested')
    expect(outcome).toMatchObject({ state: 'ran', added: [1] })
    expect(desk.store.get('site', aSite().id).title).toBe('Changed')
    expect(desk.store.select('task', '')).toMatchObject([{ type: 'verify', origin: 'queue' }])
    expect(desk.starts).toEqual([3])
  })

  test('that throws changes nothing but the time, and names its feature', async () => {
    const desk = await openQueues(
      [
        aFeature({
          taskTypes: [verify],
          queues: [
            aQueue({
              process(_count, host) {
                host.addTask(host.get('site', aSite().id), 'verify')
                throw new Error('out of luck')
              },
            }),
          ],
        }),
      ],
      oneSite(),
    )
    expect(await desk.queues.runQueue('tested')).toEqual({
      queue: 'tested',
      state: 'failed',
      message: 'Feature tester failed: out of luck',
    })
    expect(desk.store.select('task', '')).toEqual([])
    expect(lastRunOf(desk)).toBe(desk.clock.now)
    expect(desk.problems).toMatchObject([{ feature: 'tester', message: 'out of luck' }])
  })

  test('begins again where what it had read has changed meanwhile', async () => {
    let runs = 0
    const desk = await openQueues(
      [
        aFeature({
          queues: [
            aQueue({
              async process(_count, host) {
                const site = host.get('site', aSite().id)
                runs += 1
                if (runs === 1)
                  await desk.store.commit(new ChangeSet().put('site', aSite({ title: 'Theirs' })))
                host.put('site', { ...site, aliases: ['new.example.com'] })
              },
            }),
          ],
        }),
      ],
      oneSite(),
    )
    expect((await desk.queues.runQueue('tested')).state).toBe('ran')
    expect(runs).toBe(2)
    expect(desk.store.get('site', aSite().id)).toMatchObject({
      title: 'Theirs',
      aliases: ['new.example.com'],
    })
  })

  test('that takes longer than its queue allows is dropped', async () => {
    const queue = aQueue({ timeoutSeconds: 1, process: () => new Promise(() => undefined) })
    const desk = await openQueues([aFeature({ queues: [queue] })])
    expect(await desk.queues.runQueue('tested')).toMatchObject({ state: 'failed' })
  })

  test('of a queue that is not there says so', async () => {
    const { queues } = await openQueues([])
    await expect(queues.runQueue('gone')).rejects.toMatchObject({ code: 'queue.unknown' })
  })
})

describe('the lock of a queue', () => {
  test('keeps a second run out, which leaves no mark', async () => {
    const { queue, end, started } = aSlowQueue()
    const desk = await openQueues([aFeature({ queues: [queue] })])
    const first = desk.queues.runQueue('tested')
    await expect.poll(started).toBe(1)
    const since = desk.clock.now
    desk.clock.now += 1000
    expect(await desk.queues.runQueue('tested', { lockWaitMs: 0 })).toEqual({
      queue: 'tested',
      state: 'locked',
      since,
    })
    expect(lastRunOf(desk)).toBe(since)
    end()
    expect((await first).state).toBe('ran')
  })

  test('lets the next in as soon as it is given back', async () => {
    const { queue, end, started } = aSlowQueue()
    const desk = await openQueues([aFeature({ queues: [queue] })])
    const first = desk.queues.runQueue('tested')
    const second = desk.queues.runQueue('tested', { lockWaitMs: 30_000 })
    await expect.poll(started).toBe(1)
    end()
    expect((await first).state).toBe('ran')
    await expect.poll(started).toBe(1)
    end()
    expect((await second).state).toBe('ran')
  })

  test('gives way to force, and to whoever comes after it has run out', async () => {
    const { queue, end, started } = aSlowQueue()
    const desk = await openQueues([aFeature({ queues: [queue] })])
    const runs = [desk.queues.runQueue('tested')]
    await expect.poll(started).toBe(1)
    runs.push(desk.queues.runQueue('tested', { lockWaitMs: 0, force: true }))
    await expect.poll(started).toBe(2)
    desk.clock.monotonic += 3_600_000
    runs.push(desk.queues.runQueue('tested', { lockWaitMs: 0 }))
    await expect.poll(started).toBe(3)
    // The first has lost its hold: its end does not free the third one's.
    end()
    await runs[0]
    expect((await desk.queues.runQueue('tested', { lockWaitMs: 0 })).state).toBe('locked')
    end()
    end()
    expect((await Promise.all(runs)).map(({ state }) => state)).toEqual(['ran', 'ran', 'ran'])
  })
})

describe('a dispatch', () => {
  const five = (names: readonly string[]) =>
    aFeature({ queues: names.map((name) => aQueue({ name })) })

  test('runs what is due, with its items less those that run, and says why the others do not', async () => {
    const counts: number[] = []
    const desk = await openQueues([
      five(['early', 'off', 'held']),
      aFeature({
        name: 'more',
        queues: [
          aQueue({
            name: 'due',
            runningItems: () => 2,
            process: (count) => void counts.push(count),
          }),
          aQueue({ name: 'full', runningItems: () => 5 }),
          aQueue({ name: 'idle', totalItems: () => 0 }),
        ],
      }),
    ])
    const { now } = desk.clock
    await desk.switches.edit('early', { lastRunAt: now - 1000 })
    await desk.switches.edit('off', { isEnabled: false })
    await desk.switches.edit('held', { isPaused: true })
    expect(await desk.queues.dispatch()).toEqual([
      { queue: 'early', state: 'too-early', dueAt: now + 59_000 },
      { queue: 'off', state: 'disabled' },
      { queue: 'held', state: 'paused' },
      { queue: 'due', state: 'ran', items: 3, added: [], started: 0 },
      { queue: 'full', state: 'full', runningItems: 5 },
      { queue: 'idle', state: 'idle' },
    ])
    expect(counts).toEqual([3])
    expect(lastRunOf(desk, 'full')).toBeUndefined()
  })

  test('runs each queue once a period', async () => {
    const desk = await openQueues([five(['tested'])])
    const states: string[] = []
    for (const later of [0, 30_000, 29_999, 1, 60_000]) {
      desk.clock.now += later
      states.push((await desk.queues.dispatch())[0]?.state ?? '')
    }
    expect(states).toEqual(['ran', 'too-early', 'too-early', 'ran', 'ran'])
  })

  test('with force runs before the time', async () => {
    const desk = await openQueues([five(['tested'])])
    await desk.queues.dispatch()
    expect(await desk.queues.dispatch({ force: true })).toMatchObject([{ state: 'ran' }])
  })

  test('starts nothing while everything is paused, force or not', async () => {
    const desk = await openQueues([five(['a', 'b'])])
    await desk.switches.setPausedAsAWhole(true)
    const outcomes = await desk.queues.dispatch({ force: true })
    expect(outcomes.map(({ state }) => state)).toEqual(['paused', 'paused'])
  })

  test('goes past a queue that is stuck, and one that fails', async () => {
    const { queue, end, started } = aSlowQueue()
    const desk = await openQueues([
      aFeature({
        queues: [
          queue,
          aQueue({
            name: 'broken',
            process() {
              throw new Error('no')
            },
          }),
          aQueue({ name: 'well' }),
        ],
      }),
    ])
    const stuck = desk.queues.runQueue('tested')
    await expect.poll(started).toBe(1)
    desk.clock.now += 60_000
    const outcomes = await desk.queues.dispatch({ lockWaitMs: 0 })
    expect(outcomes.map(({ state }) => state)).toEqual(['locked', 'failed', 'ran'])
    end()
    await stuck
  })
})

describe('what may start by event', () => {
  test('follows settings and the hooks’ last word, and is nothing for a queue that is not there', async () => {
    const desk = await openQueues([
      aFeature({
        queues: [aQueue({ items: 5 })],
        changePlannedQueues: (queues) => queues.map((queue) => ({ ...queue, isEnabled: false })),
      }),
    ])
    expect(desk.queues.limitsOf('tested')).toMatchObject({ items: 5, isEnabled: false })
    await desk.switches.edit('tested', { items: 2 })
    expect(desk.queues.limitsOf('tested')).toMatchObject({ items: 2 })
    expect(desk.queues.limitsOf('gone')).toMatchObject({ items: 0, isEnabled: false })
  })
})
