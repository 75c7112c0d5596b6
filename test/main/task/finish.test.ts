import { describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { Outcome } from '../../../main/backend/backend.ts'
import { platforms } from '../../../main/features/platforms/platforms.ts'
import { servers } from '../../../main/features/servers.ts'
import { sites } from '../../../main/features/sites/sites.ts'
import type { Feature } from '../../../main/hooks/feature.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import { finishTask } from '../../../main/task/finish.ts'
import { aRunner, OK } from '../../support/fake-backend.ts'
import { anId, aSite, aTask } from '../../support/objects.ts'
import { aFeature } from '../../support/queues.ts'
import { anAttempt } from '../../support/rows.ts'

/** A task that has run, with what it came to there; what is then stored of it, and its log. */
async function finish(
  type: string,
  outcome: Outcome,
  { features = [servers, platforms, sites], change = new ChangeSet(), said = [] as string[] } = {},
) {
  const task = aTask({ type, status: 'processing', attemptId: anId(8), attempts: 1 })
  const desk = await aRunner(features, change.put('task', task).put('attempt', anAttempt()))
  desk.parts.logs.append(anId(8), said.map(aLine))
  await finishTask(desk.parts, task.id, anId(8), outcome)
  const { entries } = await desk.parts.logs.page(anId(8), 0, 100)
  return {
    store: desk.store,
    task: desk.store.get('task', task.id),
    log: entries.map(({ text }) => text),
  }
}

const aLine = (text: string) => ({
  kind: 'message' as const,
  level: 'error' as const,
  text,
  serverAt: null,
  arrivedAt: 0,
  stage: null,
  progress: null,
  source: null,
})

const withData = (data: JsonRecord): Outcome => ({ ...OK, isOk: true, data })

describe('the end of a task', () => {
  test('is stored with what its features made of it', async () => {
    const { store, task } = await finish('disable', OK)
    expect(task).toMatchObject({ status: 'success', endedAt: 1_700_000_000_000 })
    expect(store.get('site', anId(4)).status).toBe('disabled')
  })

  test.each([
    ['a size that is none', 'backup', withData({ file: '/b/one.tar.gz', sizeBytes: 1.5 })],
    ['a path that is none', 'backup', withData({ file: '../../etc/passwd', sizeBytes: 1 })],
    ['an address without end', 'verify', withData({ url: 'x'.repeat(5000) })],
  ])('is stored where the server says %s, and the log tells', async (_what, type, outcome) => {
    const { task, log, store } = await finish(type, outcome)
    expect(task.status).toBe('warning')
    expect(log.join()).toContain('Feature sites failed after the task')
    expect(store.select('backup', '')).toEqual([])
  })

  test('is stored where the server gave the site a name that another one has here', async () => {
    const context = { format: 1, name: 'two.example.com', type: 'site' as const, options: {} }
    const { store, task, log } = await finish(
      'rename',
      { ...OK, isOk: true, data: {}, contexts: [context] },
      { change: new ChangeSet().put('site', aSite({ id: anId(40), name: 'two.example.com' })) },
    )
    expect(task.status).toBe('warning')
    expect(log.join()).toContain('What the task changed could not be taken over here')
    expect(store.get('site', anId(4)).name).toBe('www.example.com')
  })

  test('is stored where what a feature reads is never left alone', async () => {
    let commit: () => Promise<void> = () => Promise.reject(new Error('not open yet'))
    const restless: Feature = aFeature({
      async afterTask(task, _result, host) {
        const site = host.get('site', task.objectId)
        await commit()
        host.put('site', { ...site, status: 'disabled' })
      },
    })
    const task = aTask({ status: 'processing', attemptId: anId(8), attempts: 1 })
    const desk = await aRunner(
      [servers, restless],
      new ChangeSet().put('task', task).put('attempt', anAttempt()),
    )
    commit = () => desk.store.commit(new ChangeSet().put('site', aSite()))
    await finishTask(desk.parts, task.id, anId(8), OK)
    expect(desk.store.get('task', task.id).status).toBe('warning')
    expect(desk.store.get('site', anId(4)).status).toBe('enabled')
  })

  const failed = (message: string): Outcome => ({
    isOk: false,
    code: 'run.lost',
    message,
    contexts: [],
    removedContexts: [],
  })

  test('where it failed is said at the end of its log as well, once', async () => {
    const { task, log } = await finish('verify', failed('The process is gone.'))
    expect(task).toMatchObject({ status: 'error', errorMessage: 'The process is gone.' })
    expect(log).toEqual(['The process is gone.'])
    const { log: told } = await finish('verify', failed('The process is gone.'), {
      said: ['Error: The process is gone.'],
    })
    expect(told).toEqual(['Error: The process is gone.'])
  })
})
