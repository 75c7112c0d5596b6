import { describe, expect, test } from 'vitest'
import type { TaskActivity } from '#shared/domain/task.ts'
import { toShownState, type StatefulTask } from '../../renderer/lib/task-state.ts'
import {
  toDeedText,
  toSentence,
  withProgress,
  type ToldTask,
} from '../../renderer/lib/task-sentence.ts'
import { toOrdinal, toWaitingText } from '../../renderer/lib/waiting.ts'

const NOW = new Date(2026, 4, 4, 9, 12, 30).getTime()
const ID = '01900000-0000-7000-8000-000000000001'

const anActivity = (changed: Partial<TaskActivity> = {}): TaskActivity => ({
  taskId: ID,
  progress: null,
  lastSeenAt: NOW,
  doubtSince: null,
  doubtReason: null,
  waiting: null,
  position: null,
  ...changed,
})
const aTask = (changed: Partial<ToldTask> = {}): ToldTask => ({
  status: 'processing',
  title: 'Install',
  backendTitle: 'web1',
  objectName: 'www.example.com',
  objectTitle: 'www.example.com',
  attempts: 1,
  startedAt: NOW - 12_000,
  endedAt: null,
  cancelRequestedAt: null,
  errorCode: null,
  errorMessage: null,
  warnings: 0,
  activity: anActivity(),
  ...changed,
})
const words = (changed: Partial<StatefulTask>): string => toShownState(aTask(changed), NOW).words

describe('the words of a state', () => {
  test('a queued task says its place and what it waits for', () => {
    const waiting = { reason: 'task' as const, taskId: ID, title: 'Verify web1' }
    const activity = anActivity({ position: 3, waiting })
    expect(words({ status: 'queued', activity })).toBe('Queued · 3rd, waits for “Verify web1”')
    expect(words({ status: 'queued', activity: null })).toBe('Queued')
  })

  test('a running task says its step and how long it has run', () => {
    const progress = { step: 4, of: 9, title: 'Create database' }
    expect(words({ activity: anActivity({ progress }) })).toBe(
      'Create database · step 4 of 9 · 12 s',
    )
  })

  test('what was last heard more than ten seconds ago says so', () => {
    expect(words({ activity: anActivity({ lastSeenAt: NOW - 11_000 }) })).toBe(
      'Running · 12 s · seen alive 11 s ago',
    )
    expect(words({ activity: anActivity({ lastSeenAt: NOW - 10_000 }) })).toBe('Running · 12 s')
  })

  test('a task that was asked to stop is stopping, whatever else is known', () => {
    const activity = anActivity({ doubtSince: NOW - 60_000 })
    expect(words({ cancelRequestedAt: NOW - 3_000, activity })).toBe('Stopping · asked 3 s ago')
  })

  test('a task in doubt says since when and why', () => {
    const since = new Date(2026, 4, 4, 9, 12, 0).getTime()
    expect(words({ activity: anActivity({ doubtSince: since }) })).toBe(
      'Unknown since 09:12 · web1 is not reachable',
    )
  })

  test('an ended task says how it ended', () => {
    const ended = { endedAt: NOW + 2_000 }
    expect(words({ ...ended, status: 'success' })).toBe('Done in 14 s')
    expect(words({ ...ended, status: 'warning', warnings: 2 })).toBe('Done with 2 warnings')
    expect(words({ ...ended, status: 'warning', warnings: 1 })).toBe('Done with 1 warning')
    expect(words({ ...ended, status: 'cancelled' })).toBe('Cancelled · nothing left running')
    const progress = { step: 4, of: 9, title: 'Create database' }
    expect(words({ ...ended, status: 'error', activity: anActivity({ progress }) })).toBe(
      'Failed at “Create database”',
    )
  })

  test('an error without a step says its message, on one line and without escapes', () => {
    const errorMessage = 'No room\u001b[31m left\u202e'
    expect(words({ status: 'error', activity: null, errorMessage })).toBe('Failed: No room left')
  })

  test('progress is a share where it is known and nothing where it is not', () => {
    const share = (step: number, of: number): number | null =>
      toShownState(aTask({ activity: anActivity({ progress: { step, of, title: 'x' } }) }), NOW)
        .progress
    expect(share(1, 4)).toBe(0)
    expect(share(2, 4)).toBe(0.25)
    expect(share(9, 4)).toBe(1)
    expect(share(0, 0)).toBeNull()
  })
})

describe('the reason of waiting', () => {
  test('each reason names what the person can do something about', () => {
    expect(toWaitingText({ reason: 'paused' }, 'web1')).toBe('the queue of tasks is paused')
    expect(toWaitingText({ reason: 'secret', backendId: ID }, 'web1')).toBe(
      'waits for the password of web1',
    )
    const retryAt = new Date(2026, 4, 4, 9, 13, 5).getTime()
    expect(
      toWaitingText({ reason: 'unreachable', backendId: ID, message: 'x', retryAt }, 'web1'),
    ).toBe('web1 is not reachable, next try at 09:13:05')
  })

  test('places are ordinals', () => {
    expect([1, 2, 3, 4, 11, 12, 13, 21, 102, 111].map(toOrdinal)).toEqual([
      '1st',
      '2nd',
      '3rd',
      '4th',
      '11th',
      '12th',
      '13th',
      '21st',
      '102nd',
      '111th',
    ])
  })
})

test.each([
  ['Verify', 'Verify web1'],
  ['Back up', 'Back up web1'],
  ['Delete', 'Delete web1'],
  ['Delete backups', 'Delete backups of web1'],
  ['Migrate sites', 'Migrate sites of web1'],
  ['Run cron', 'Run cron of web1'],
  ['Log in', 'Log in to web1'],
])('%s and a name read “%s”', (title, deed) => {
  expect(toDeedText(title, 'web1')).toBe(deed)
})

describe('the sentence of a task', () => {
  const progress = { step: 4, of: 9, title: 'Create database' }

  test('a failed task tells where and after how long', () => {
    const task = aTask({ status: 'error', endedAt: NOW, activity: anActivity({ progress }) })
    expect(toSentence(task, NOW)).toBe(
      'Install of www.example.com on web1 failed at step 4 of 9 after 12 s',
    )
  })

  test('a later attempt says which it is', () => {
    const task = aTask({ status: 'success', endedAt: NOW, attempts: 2 })
    expect(toSentence(task, NOW)).toBe(
      'Install of www.example.com on web1 succeeded in 12 s, attempt 2',
    )
  })

  test('a name in another alphabet is told in its letters', () => {
    const task = aTask({ objectTitle: 'xn--bcher-kva.example', status: 'queued' })
    expect(toSentence(task, NOW)).toBe('Install of bücher.example on web1 waits to begin')
  })

  test('says where it is only where that is another thing', () => {
    const task = aTask({ title: 'Verify', objectTitle: 'web1', status: 'queued' })
    expect(toSentence(task, NOW)).toBe('Verify of web1 waits to begin')
  })

  test('progress from the log fills in only where nothing newer is known', () => {
    const old = { step: 1, of: 9, title: 'Copy' }
    const known = { id: ID, activity: anActivity({ progress }) }
    expect(withProgress(known, old)).toBe(known)
    const unknown: { id: string; activity: TaskActivity | null } = { id: ID, activity: null }
    expect(withProgress(unknown, old).activity?.progress).toEqual(old)
  })
})
