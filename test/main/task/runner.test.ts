import { beforeEach, describe, expect, test } from 'vitest'
import { servers } from '../../../main/features/servers.ts'
import { platforms } from '../../../main/features/platforms/platforms.ts'
import { sites } from '../../../main/features/sites/sites.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import { AppError } from '#shared/errors.ts'
import { aRunner, finished, type FakeBackend } from '../../support/fake-backend.ts'
import { anId, aTask } from '../../support/objects.ts'
import { anAttempt } from '../../support/rows.ts'

const FEATURES = [servers, platforms, sites]
const open = new AbortController().signal

let desk: Awaited<ReturnType<typeof aRunner>>
let backend: FakeBackend

async function openWith(change: ChangeSet): Promise<void> {
  desk = await aRunner(FEATURES, change)
  backend = desk.backend
}

/** Throws what stands in the list, one a call, then gives the answer. */
function failing<Answer>(errors: (AppError | undefined)[], answer: Answer): () => Answer {
  return () => {
    const error = errors.shift()
    if (error !== undefined) throw error
    return answer
  }
}

const full = (): AppError => new AppError('backend.home-full', 'No room there.')
const lost = (): AppError => new AppError('ssh.connection-lost', 'Gone.')
const taskNow = () => desk.store.get('task', anId(5))

describe('a task whose run has been taken', () => {
  beforeEach(() => openWith(new ChangeSet().put('task', aTask())))

  test('ends as its run does, though a look at it fails for want of room there', async () => {
    backend.follow = failing([full(), full()], finished)
    await desk.runner.run(anId(5), open)
    expect(taskNow()).toMatchObject({ status: 'success', errorCode: null, attempts: 1 })
  })

  test('ends as its run does, though nothing can be put there any more once the connection broke', async () => {
    const follow = failing([lost()], finished)
    backend.follow = () => {
      if (backend.asked.length === 2) backend.prepare = failing([full(), full()], undefined)
      return follow()
    }
    await desk.runner.run(anId(5), open)
    expect(taskNow()).toMatchObject({ status: 'success', errorCode: null })
  })

  test('is not given up where the answer to its start was lost', async () => {
    backend.start = failing([lost(), full()], undefined)
    await desk.runner.run(anId(5), open)
    expect(taskNow().status).toBe('success')
  })
})

describe('a task that cannot be taken', () => {
  beforeEach(() => openWith(new ChangeSet().put('task', aTask())))

  test('fails with the reason', async () => {
    backend.start = failing([full()], undefined)
    await desk.runner.run(anId(5), open)
    expect(taskNow()).toMatchObject({ status: 'error', errorCode: 'backend.home-full' })
    expect(backend.asked).not.toContain('follow')
  })
})

describe('a task that was left processing', () => {
  const left = new ChangeSet()
    .put('task', aTask({ status: 'processing', attemptId: anId(8), attempts: 1 }))
    .put('attempt', anAttempt())

  test('is followed to its end, whatever cannot be done there at first', async () => {
    await openWith(left)
    backend.prepare = failing([full(), lost(), full()], undefined)
    await desk.runner.run(anId(5), open)
    expect(taskNow()).toMatchObject({ status: 'success', attempts: 1 })
  })

  test('ends where its backend was forgotten', async () => {
    await openWith(left)
    backend.connect = () => {
      throw new AppError('object.not-found', 'There is no backend.')
    }
    await desk.runner.run(anId(5), open)
    expect(taskNow()).toMatchObject({ status: 'error', errorCode: 'object.not-found' })
  })

  test('is cancelled there without the program being put there first', async () => {
    await openWith(left)
    backend.prepare = failing([full()], undefined)
    await desk.runner.cancel(taskNow(), open)
    expect(backend.asked).toEqual(['cancel'])
  })
})

describe('a task that the machine is too busy for', () => {
  const busy = {
    isOk: false,
    code: 'PROVISION_OVERLOAD',
    message: 'Too busy.',
    contexts: [],
    removedContexts: [],
  } as const

  beforeEach(() =>
    openWith(
      new ChangeSet()
        .put('task', aTask({ status: 'processing', attemptId: anId(8), attempts: 1 }))
        .put('attempt', anAttempt())
        .put('task', aTask({ id: anId(9), number: 2, afterId: anId(5) })),
    ),
  )

  test('waits again', async () => {
    backend.outcome = busy
    expect(await desk.runner.run(anId(5), open)).toMatchObject({ state: 'put-back' })
    expect(taskNow()).toMatchObject({ status: 'queued', startedAt: null })
  })

  test('is over once it was cancelled, and so is what was to follow it', async () => {
    backend.outcome = busy
    backend.follow = async () => {
      const cancelled = { ...taskNow(), cancelRequestedAt: 1 }
      await desk.store.commit(new ChangeSet().put('task', cancelled))
      return finished
    }
    expect(await desk.runner.run(anId(5), open)).toEqual({ state: 'ended' })
    expect(taskNow().status).toBe('cancelled')
    expect(desk.store.get('task', anId(9))).toMatchObject({
      status: 'cancelled',
      errorCode: 'task.predecessor-failed',
    })
    expect(desk.parts.activities.get(anId(5))).toBeUndefined()
  })
})
