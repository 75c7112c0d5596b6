import { describe, expect, test } from 'vitest'
import type { Site } from '#shared/domain/objects.ts'
import { shippedFeatures } from '../../../main/features/shipped.ts'
import { backupsToDelete, parseRules } from '../../../main/features/queues/retention-rules.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import { aPlatform, aServer, aSite, anId, aTask } from '../../support/objects.ts'
import { openQueues, type QueueDesk } from '../../support/queues.ts'
import { aBackend, aBackup, anAttempt } from '../../support/rows.ts'

const NOW = 1_700_000_000_000
const HOUR = 3_600_000
const DAY = 24 * HOUR

const siteId = (index: number): string => anId(1000 + index)
const aNumberedSite = (index: number, facts: Partial<Site> = {}): Site =>
  aSite({
    id: siteId(index),
    name: `www${index}.example.com`,
    title: `www${index}.example.com`,
    ...facts,
  })

/** A server with a platform that can run cron, and sites on it. */
function hosting(...sites: Site[]): ChangeSet {
  const change = new ChangeSet()
    .put('backend', aBackend())
    .put('server', aServer())
    .put('platform', aPlatform({ abilities: ['cron'] }))
  for (const site of sites) change.put('site', site)
  return change
}

const open = (change: ChangeSet): Promise<QueueDesk> => openQueues(shippedFeatures, change)
const tasksOf = ({ store }: QueueDesk, type: string): string[] =>
  store
    .select('task', "WHERE type = ? AND status = 'queued' ORDER BY number", [type])
    .map(({ objectId }) => objectId)

describe('the queues that ship', () => {
  test('are those of the reference, with its types, periods and items', async () => {
    const { queues } = await open(new ChangeSet())
    expect(
      queues
        .getQueues()
        .map(({ name, type, frequencySeconds, items, minThreads, maxThreads, threshold }) =>
          type === 'serial'
            ? [name, type, frequencySeconds, items]
            : [name, type, frequencySeconds, minThreads, maxThreads, threshold],
        ),
    ).toEqual([
      ['tasks', 'serial', 60, 5],
      ['cron', 'batch', 3600, 6, 12, 100],
      ['backup', 'serial', 60, 2],
      ['backup-retention', 'batch', 3600, 6, 12, 100],
      ['task-retention', 'batch', 3600, 6, 12, 500],
      ['certificates', 'spread', 604_800, 1, 6, 100],
    ])
  })

  test('run only where there is something to do, and are on except for task retention', async () => {
    const { queues } = await open(hosting(aNumberedSite(1)))
    const outcomes = await queues.dispatch()
    expect(outcomes.map(({ queue, state }) => [queue, state])).toEqual([
      ['tasks', 'idle'],
      ['cron', 'ran'],
      ['backup', 'idle'],
      ['backup-retention', 'idle'],
      ['task-retention', 'disabled'],
      ['certificates', 'idle'],
    ])
  })
})

describe('the queue of tasks', () => {
  test('starts as many of those that wait as its items leave room for', async () => {
    const desk = await open(new ChangeSet())
    desk.tasks.queued = 10
    desk.tasks.processing = 3
    await desk.queues.dispatch()
    expect(desk.starts).toEqual([2])
    desk.tasks.processing = 5
    expect((await desk.queues.dispatch({ force: true }))[0]).toMatchObject({
      state: 'full',
      runningItems: 5,
    })
  })
})

describe('the queue of cron', () => {
  test('takes enabled sites whose application has cron, the longest ago first', async () => {
    const desk = await open(
      hosting(
        aNumberedSite(1, { lastCronAt: NOW - 2 * HOUR }),
        aNumberedSite(2, { lastCronAt: null }),
        aNumberedSite(3, { lastCronAt: NOW - 3 * HOUR }),
        aNumberedSite(4, { status: 'disabled' }),
        aNumberedSite(5, { platformId: anId(30) }),
      ).put('platform', aPlatform({ id: anId(30), name: 'platform_other', abilities: [] })),
    )
    expect(desk.queues.getQueue('cron')).toMatchObject({ totalItems: 3, plannedItems: 1 })
    await desk.queues.runQueue('cron', { items: 2 })
    expect(tasksOf(desk, 'cron')).toEqual([siteId(2), siteId(3)])
  })

  test('does not add a second one, nor one for a site whose last one ended within the period', async () => {
    const recent = aTask({
      id: anId(50),
      type: 'cron',
      objectId: siteId(2),
      status: 'error',
      endedAt: NOW - HOUR / 2,
    })
    const desk = await open(hosting(aNumberedSite(1), aNumberedSite(2)).put('task', recent))
    await desk.queues.runQueue('cron')
    await desk.queues.runQueue('cron')
    expect(tasksOf(desk, 'cron')).toEqual([siteId(1)])
    desk.clock.now += HOUR / 2
    await desk.queues.runQueue('cron')
    expect(tasksOf(desk, 'cron')).toEqual([siteId(1), siteId(2)])
  })

  test('leaves sites alone whose server does its recurring work itself', async () => {
    const change = hosting(aNumberedSite(1)).put('backend', aBackend({ recurringOwner: 'server' }))
    const desk = await open(change)
    expect(desk.queues.getQueue('cron').totalItems).toBe(0)
    await desk.queues.runQueue('cron')
    expect(tasksOf(desk, 'cron')).toEqual([])
  })
})

describe('the queue of backups', () => {
  const daily = { backupEverySeconds: 86_400 }

  test('takes sites whose own schedule is over, never backed up ones first, two at a time', async () => {
    const desk = await open(
      hosting(
        aNumberedSite(1, daily),
        aNumberedSite(2, daily),
        aNumberedSite(3, daily),
        aNumberedSite(4),
        aNumberedSite(5, { ...daily, status: 'disabled' }),
        aNumberedSite(6, daily),
      )
        .put('backup', aBackup({ id: anId(71), siteId: siteId(1), createdAt: NOW - DAY }))
        .put('backup', aBackup({ id: anId(72), siteId: siteId(2), createdAt: NOW - DAY + 1 }))
        .put('backup', aBackup({ id: anId(73), siteId: siteId(3), createdAt: NOW - 3 * DAY })),
    )
    expect(desk.queues.getQueue('backup').totalItems).toBe(3)
    await desk.queues.dispatch()
    expect(tasksOf(desk, 'backup')).toEqual([siteId(6), siteId(3)])
    desk.clock.now += 60_000
    await desk.queues.dispatch()
    // Site 2 has become due meanwhile; those that wait already are not asked again.
    expect(tasksOf(desk, 'backup')).toEqual([siteId(6), siteId(3), siteId(1), siteId(2)])
    expect(desk.store.select('task', '')).toContainEqual(
      expect.objectContaining({ values: { description: 'Scheduled backup' }, origin: 'queue' }),
    )
  })

  test('tries a site again an hour after its backup failed', async () => {
    const failed = aTask({
      id: anId(50),
      type: 'backup',
      objectId: siteId(1),
      status: 'error',
      endedAt: NOW,
    })
    const desk = await open(hosting(aNumberedSite(1, daily)).put('task', failed))
    desk.clock.now += HOUR - 1
    await desk.queues.dispatch()
    expect(tasksOf(desk, 'backup')).toEqual([])
    desk.clock.now += 60_000
    await desk.queues.dispatch()
    expect(tasksOf(desk, 'backup')).toEqual([siteId(1)])
  })
})

describe('the rules of backup retention', () => {
  const backupsAt = (...ages: number[]) =>
    ages.map((age, index) => ({
      id: anId(100 + index),
      siteId: siteId(1),
      createdAt: NOW - age,
    }))
  const agesGoing = (ages: number[], rules: string): number[] =>
    backupsToDelete(backupsAt(...ages), parseRules(rules), NOW).map(
      ({ createdAt }) => NOW - createdAt,
    )

  test('are read as written, the gentlest age first, and refused with what is wrong', () => {
    expect(parseRules('30d 1w\n\n 7d 1d ')).toEqual([
      { olderThanMs: 7 * DAY, keepOnePerMs: DAY },
      { olderThanMs: 30 * DAY, keepOnePerMs: 7 * DAY },
    ])
    for (const wrong of ['7d', '7 1d', '0d 1d', '7d 0h', '-1d 1d', '7d 1d 1d', 'x'])
      expect(() => parseRules(wrong)).toThrow(/is no rule/)
    expect(() => parseRules('7d 1d\n'.repeat(21))).toThrow(/at most/)
  })

  test('keep everything that is younger, and the newest of each slot of what is older', () => {
    // NOW is 22:13:20 of its day, so ages up to 22 h fall into the same day.
    const ages = [HOUR, 2 * HOUR, 8 * DAY, 8 * DAY + HOUR, 8 * DAY + 2 * HOUR, 9 * DAY]
    expect(agesGoing(ages, '7d 1d')).toEqual([8 * DAY + HOUR, 8 * DAY + 2 * HOUR])
  })

  test('work one after the other: what a later one thins out is what the earlier left', () => {
    const daily = Array.from({ length: 60 }, (_, day) => day * DAY)
    const going = agesGoing(daily, '7d 1d\n30d 30d')
    expect(going.every((age) => age > 30 * DAY)).toBe(true)
    expect(daily.length - going.length).toBeGreaterThanOrEqual(31 + 1)
    expect(daily.length - going.length).toBeLessThanOrEqual(31 + 2)
  })

  test('never take the last backup of a site', () => {
    expect(agesGoing([1000 * DAY], '1h 10y')).toEqual([])
    expect(agesGoing([1000 * DAY, 1001 * DAY], '1h 9999y')).toEqual([1001 * DAY])
  })

  test('delete nothing where there are none', () => {
    expect(agesGoing([1000 * DAY, 1000 * DAY + 1], '')).toEqual([])
  })
})

describe('the queue of backup retention', () => {
  const withBackups = (): ChangeSet => {
    const change = hosting(aNumberedSite(1), aNumberedSite(2), aNumberedSite(3))
    for (const [index, site, age] of [
      [1, 1, 40 * DAY],
      [2, 1, 40 * DAY + HOUR],
      [3, 2, 50 * DAY],
      [4, 2, 50 * DAY + HOUR],
      [5, 3, 60 * DAY],
    ] as const)
      change.put(
        'backup',
        aBackup({ id: anId(100 + index), siteId: siteId(site), createdAt: NOW - age }),
      )
    return change
  }

  test('does nothing before the operator has written a rule', async () => {
    const desk = await open(withBackups())
    expect(desk.queues.getQueue('backup-retention').totalItems).toBe(0)
    await desk.queues.runQueue('backup-retention')
    expect(tasksOf(desk, 'backup-delete')).toEqual([])
  })

  test('asks to delete the backups that no rule keeps, oldest first, once', async () => {
    const desk = await open(withBackups())
    await desk.switches.edit('backup-retention', { values: { rules: '7d 30d' } })
    expect(desk.queues.getQueue('backup-retention')).toMatchObject({
      totalItems: 3,
      plannedItems: 1,
    })
    await desk.queues.runQueue('backup-retention', { items: 1 })
    expect(desk.store.select('task', '')).toMatchObject([
      { type: 'backup-delete', objectId: siteId(2), values: { backups: [anId(104)] } },
    ])
    await desk.queues.runQueue('backup-retention')
    await desk.queues.runQueue('backup-retention')
    expect(tasksOf(desk, 'backup-delete')).toEqual([siteId(2), siteId(1)])
  })

  test('says what is wrong with a rule', async () => {
    const { queues } = await open(new ChangeSet())
    const { validate } = queues.settingsFormOf('backup-retention')
    expect(validate({ rules: '7d 1d' })).toEqual({})
    expect(validate({ rules: 'for ever' })['rules']).toMatch(/is no rule/)
  })
})

describe('the queue of certificates', () => {
  const served = (index: number, facts: Partial<Site>): Site =>
    aNumberedSite(index, { https: 'enabled', certificate: { type: 'acme' }, ...facts })
  const due = (): ChangeSet =>
    hosting(
      served(1, { certificateExpiresAt: NOW + 29 * DAY }),
      served(2, { certificateExpiresAt: NOW + 31 * DAY }),
      served(3, { certificateExpiresAt: NOW + 2 * DAY, certificate: { type: 'self-signed' } }),
      served(4, { certificateExpiresAt: null, https: 'required' }),
      served(5, {
        certificateExpiresAt: NOW + DAY,
        certificate: { type: 'own', file: '/etc/a.pem', keyFile: '/etc/a.key' },
      }),
      served(6, { certificateExpiresAt: NOW + DAY, https: 'off' }),
      served(7, { certificateExpiresAt: NOW + DAY, status: 'disabled' }),
    )

  test('verifies sites whose certificate is near its end or unknown, the first to end first', async () => {
    const desk = await open(due())
    expect(desk.queues.getQueue('certificates')).toMatchObject({
      totalItems: 3,
      plannedItems: 1,
      intervalSeconds: 604_800 / 3,
    })
    await desk.queues.runQueue('certificates', { items: 2 })
    expect(tasksOf(desk, 'verify')).toEqual([siteId(4), siteId(3)])
    await desk.queues.runQueue('certificates', { items: 2 })
    expect(tasksOf(desk, 'verify')).toEqual([siteId(4), siteId(3), siteId(1)])
  })

  test('leaves one alone that was verified half a day ago, and tries it again after that', async () => {
    const verified = (endedAt: number) =>
      aTask({ objectId: siteId(3), type: 'verify', status: 'error', endedAt })
    const change = due().put('task', verified(NOW - 11 * HOUR))
    expect((await open(change)).queues.getQueue('certificates').totalItems).toBe(2)
    const later = due().put('task', verified(NOW - 13 * HOUR))
    expect((await open(later)).queues.getQueue('certificates').totalItems).toBe(3)
  })
})

describe('the queue of task retention', () => {
  /** Thirty verifies of a site, one a day, each with one attempt; the oldest has two. */
  const history = (): ChangeSet => {
    const change = hosting(aNumberedSite(1))
    for (let day = 1; day <= 30; day++) {
      const id = anId(200 + day)
      const endedAt = NOW - day * DAY
      const ended = { status: 'success', endedAt } as const
      change.put('task', aTask({ id, number: 100 - day, objectId: siteId(1), ...ended }))
      change.put('attempt', anAttempt({ id: anId(300 + day), taskId: id, ...ended }))
    }
    change.put(
      'attempt',
      anAttempt({ id: anId(400), taskId: anId(230), number: 2, endedAt: NOW - 30 * DAY }),
    )
    change.put('task', aTask({ id: anId(500), number: 200, objectId: siteId(1), status: 'queued' }))
    return change
  }
  const keep = (keepNewest: number, keepDays: number) => ({
    isEnabled: true,
    values: { keepNewest, keepDays },
  })
  const daysLeft = ({ store }: QueueDesk): number[] =>
    store
      .select('task', 'WHERE endedAt IS NOT NULL ORDER BY number DESC')
      .map(({ endedAt }) => (NOW - (endedAt ?? 0)) / DAY)

  test('keeps the newest of each object and type, and everything that is younger', async () => {
    const desk = await open(history())
    await desk.switches.edit('task-retention', keep(10, 20))
    expect(desk.queues.getQueue('task-retention').totalItems).toBe(11)
    await desk.queues.runQueue('task-retention', { items: 1000 })
    expect(daysLeft(desk)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    await desk.switches.edit('task-retention', keep(5, 3))
    await desk.queues.runQueue('task-retention', { items: 1000 })
    expect(daysLeft(desk)).toEqual([1, 2, 3, 4, 5])
    expect(desk.store.find('task', anId(500))?.status).toBe('queued')
  })

  test('takes the oldest attempts first, a task with its last one, and their logs', async () => {
    const desk = await open(history())
    await desk.switches.edit('task-retention', keep(1, 1))
    await desk.queues.runQueue('task-retention', { items: 1 })
    expect(desk.removedLogs).toEqual([anId(330)])
    expect(desk.store.find('task', anId(230))).toBeDefined()
    await desk.queues.runQueue('task-retention', { items: 1 })
    expect(desk.removedLogs).toEqual([anId(330), anId(400)])
    expect(desk.store.find('task', anId(230))).toBeUndefined()
  })
})
