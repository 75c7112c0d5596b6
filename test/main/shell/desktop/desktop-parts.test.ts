import { describe, expect, test } from 'vitest'
import { INITIAL_SETTINGS } from '#shared/domain/settings.ts'
import type { BackendState } from '#shared/domain/objects.ts'
import { appMenu, type MenuAction } from '../../../../main/shell/desktop/app-menu.ts'
import { findDeepLink, parseDeepLink } from '../../../../main/shell/desktop/links.ts'
import { needOf, noticeOfNeed, noticesOfEnds } from '../../../../main/shell/desktop/notices.ts'
import { taskbarProgress } from '../../../../main/shell/desktop/taskbar.ts'
import { toOpening } from '../../../../main/shell/desktop/window-state.ts'
import { terminalCommand } from '../../../../main/ssh/terminal-command.ts'
import { anId } from '../../../support/objects.ts'

describe('a link from elsewhere', () => {
  test('leads to a task by its number or its id, and to an object', () => {
    expect(parseDeepLink('hosting-desk://task/17')).toEqual({ taskNumber: 17 })
    expect(parseDeepLink(`hosting-desk://task/${anId(3)}/`)).toEqual({ route: `/tasks/${anId(3)}` })
    expect(parseDeepLink(`HOSTING-DESK://site/${anId(3)}`)).toEqual({ route: `/sites/${anId(3)}` })
    expect(findDeepLink(['--hidden', 'hosting-desk://task/5'])).toEqual({ taskNumber: 5 })
  })

  test.each([
    'hosting-desk://app/index.html',
    'hosting-desk://task/1/cancel',
    'hosting-desk://task/1?do=cancel',
    'hosting-desk://site/delete',
    `hosting-desk://settings/${anId(1)}`,
    'hosting-desk://task/../sites/add',
    'hosting-desk://task/0',
    `https://task/${anId(1)}`,
    '--hidden',
    '',
  ])('that could be an order leads nowhere: %s', (link) => {
    expect(parseDeepLink(link)).toBeUndefined()
  })
})

describe('what is told outside of the window', () => {
  const ended = (facts: Partial<Parameters<typeof noticesOfEnds>[0][number]> = {}) => ({
    id: 'x',
    status: 'success' as const,
    title: 'Back up',
    objectTitle: 'www.example.com',
    origin: 'user' as const,
    errorMessage: null,
    warnings: 0,
    ...facts,
  })
  const titles = (
    tasks: readonly ReturnType<typeof ended>[],
    settings: Partial<typeof INITIAL_SETTINGS> = {},
    isInFront = false,
  ) =>
    noticesOfEnds(tasks, { ...INITIAL_SETTINGS, ...settings }, isInFront).map(({ title }) => title)

  test('is the end of what the person started, while the window is not in front', () => {
    expect(titles([ended()])).toEqual(['Back up www.example.com is done'])
    expect(titles([ended()], {}, true)).toEqual([])
    expect(titles([ended({ origin: 'queue' })])).toEqual([])
    expect(titles([ended({ status: 'cancelled' })])).toEqual([])
    expect(titles([ended()], { 'notify.isOfEnds': false })).toEqual([])
  })

  test('is every failure, but one that the person is looking at', () => {
    const failed = { status: 'error' as const, errorMessage: 'No\u001b[31m space' }
    expect(noticesOfEnds([ended(failed)], INITIAL_SETTINGS, false)).toEqual([
      { title: 'Back up www.example.com failed', body: 'No space', route: '/tasks/x' },
    ])
    expect(titles([ended(failed)], {}, true)).toEqual([])
    expect(titles([ended({ ...failed, origin: 'queue' })], {}, true)).toHaveLength(1)
    expect(titles([ended(failed)], { 'notify.isOfFailures': false })).toEqual([])
  })

  test('is one notice for many ends, and none while it is to be silent', () => {
    const many = Array.from({ length: 50 }, (_, at) =>
      ended({ status: at < 2 ? 'error' : 'success' }),
    )
    expect(titles(many)).toEqual(['2 of 50 tasks failed'])
    expect(titles(many.slice(2))).toEqual(['48 tasks are done'])
    expect(titles(many, { 'notify.isSilent': true })).toEqual([])
  })

  test('is what a server needs, once for each need', () => {
    const state: BackendState = {
      backendId: anId(1),
      connection: 'failed',
      seenAt: null,
      latencyMs: null,
      clockOffsetMs: null,
      problem: { code: 'ssh.host-key-changed', message: '', since: 0, retryAt: null },
      needsSecret: null,
    }
    const web1 = { title: 'web1' }
    expect(needOf(state)).toBe('ssh.host-key-changed')
    expect(noticeOfNeed(web1, state, INITIAL_SETTINGS)?.title).toContain('host key')
    const locked: BackendState = { ...state, problem: null, needsSecret: 'password' }
    expect(noticeOfNeed(web1, locked, INITIAL_SETTINGS)?.title).toBe('web1 waits for its password')
    expect(needOf({ ...state, problem: null })).toBeUndefined()
    const quiet = { ...INITIAL_SETTINGS, 'notify.isOfNeeds': false }
    expect(noticeOfNeed(web1, state, quiet)).toBeUndefined()
  })
})

test('the taskbar shows the mean of what says how far it is, and that something runs where nothing does', () => {
  const at = (step: number, of: number) => ({ progress: { step, of, title: '' } })
  expect(taskbarProgress([])).toBe(-1)
  expect(taskbarProgress([{ progress: null }, at(1, 0)])).toBe(2)
  expect(taskbarProgress([at(1, 4), at(3, 4), { progress: null }])).toBe(0.25)
  expect(taskbarProgress([at(9, 4)])).toBe(1)
})

describe('the window', () => {
  const screen = { x: 0, y: 0, width: 1920, height: 1080 }
  const state = { x: 100, y: 50, width: 1000, height: 700, isMaximised: true }

  test('opens where it was', () => {
    const { isMaximised, ...bounds } = state
    expect(toOpening(state, [screen])).toEqual({ bounds, isMaximised })
    expect(toOpening(undefined, [screen]).bounds).toEqual({ width: 1280, height: 800 })
  })

  test.each([
    ['on a screen that is gone', { x: 2500 }],
    ['above the screen', { y: -400 }],
    ['below it', { y: 1060 }],
    ['but for a corner', { x: -950 }],
  ])('opens where the system puts it if it was %s', (_, place) => {
    expect(toOpening({ ...state, ...place }, [screen]).bounds).toEqual({ width: 1000, height: 700 })
  })
})

test('the menu leads to every page, and leaves to the page what the page does', () => {
  const done: MenuAction[] = []
  const menu = appMenu({ isMac: false, isPackaged: true, act: (action) => done.push(action) })
  const items = menu.flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []))
  const press = (label: string): void =>
    (items.find((item) => item.label === label)?.click as (() => void) | undefined)?.()
  press('Backups')
  press('&Find anything…')
  expect(done).toEqual([
    { do: 'go', route: '/backups' },
    { do: 'press', key: 'k', isWithModifier: true },
  ])
  const keys = items.flatMap(({ accelerator }) => accelerator ?? [])
  expect(new Set(keys).size).toBe(keys.length)
  expect(items.map(({ role }) => role)).not.toContain('toggleDevTools')
})

test('a terminal is told the account, the port and the key', () => {
  const address = { host: 'web1.example.com', port: 22, user: 'hosting' }
  expect(terminalCommand({ ...address, login: { method: 'agent' } }).argv).toEqual([
    'ssh',
    '--',
    'hosting@web1.example.com',
  ])
  const login = { method: 'key' as const, keyFile: '/home/me/my keys/web1' }
  expect(terminalCommand({ ...address, port: 2222, login }).line).toBe(
    `ssh -p 2222 -i '/home/me/my keys/web1' -- hosting@web1.example.com`,
  )
})
