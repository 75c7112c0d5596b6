import { describe, expect, test } from 'vitest'
import {
  trayMenu,
  trayToolTip,
  type RunningTask,
  type TrayItem,
  type TrayView,
} from '../../../../main/shell/desktop/tray-menu.ts'

const aTask = (changes: Partial<RunningTask> = {}): RunningTask => ({
  id: 'a',
  title: 'Verify',
  objectTitle: 'web1',
  progress: null,
  ...changes,
})

const aView = (
  running: RunningTask[] = [],
  dispatch: Partial<TrayView['dispatch']> = {},
): TrayView => ({
  dispatch: { isPaused: false, running: running.length, queued: 0, failedToday: 0, ...dispatch },
  isSilent: false,
  running,
  failed: [],
})

const labels = (items: TrayItem[]): string[] =>
  items.map((item) => (item.item === 'separator' ? '—' : item.label))

describe('the menu in the tray', () => {
  test('says that nothing is to do, and leads to the window, the pause and the end', () => {
    expect(labels(trayMenu(aView()))).toEqual([
      'Nothing to do',
      '—',
      'Open Hosting Desk',
      'Pause dispatching',
      'Do not disturb',
      '—',
      'Quit',
    ])
  })

  test('names what failed today, and leads to its page', () => {
    const failed = [aTask({ id: 'y', title: 'Back up', objectTitle: 'a & b' })]
    const menu = trayMenu({ ...aView([], { failedToday: 1 }), failed })
    expect(labels(menu).slice(1, 4)).toEqual(['—', 'Failed today', '✕ Back up a && b'])
    expect(menu[3]).toMatchObject({ action: { do: 'open-task', taskId: 'y' } })
  })

  test('silences notifications, and lets them speak again', () => {
    const item = (isSilent: boolean) =>
      trayMenu({ ...aView(), isSilent }).find(
        (one) => one.item === 'action' && one.label === 'Do not disturb',
      )
    expect(item(false)).toMatchObject({ isChecked: false, action: { isSilent: true } })
    expect(item(true)).toMatchObject({ isChecked: true, action: { isSilent: false } })
  })

  test('names what runs and how far it is, and leads to its page', () => {
    const running = [aTask({ id: 'x', progress: { step: 2, of: 5, title: 'Copy' } })]
    const menu = trayMenu(aView(running, { queued: 3, failedToday: 1 }))
    expect(labels(menu).slice(0, 2)).toEqual([
      '1 running, 3 queued, 1 failed today',
      'Verify web1 · step 2 of 5',
    ])
    expect(menu[1]).toMatchObject({ action: { do: 'open-task', taskId: 'x' } })
    expect(labels(menu).at(-1)).toBe('Quit (what runs goes on on its servers)')
  })

  test('names five at most and counts the others', () => {
    const running = Array.from({ length: 5 }, (_, n) => aTask({ objectTitle: `web${n}` }))
    expect(labels(trayMenu(aView(running, { running: 12 })))[6]).toBe('and 7 more')
  })

  test('says that dispatching is paused, and offers to resume it', () => {
    const view = aView([], { isPaused: true, queued: 2 })
    expect(labels(trayMenu(view))).toContain('Resume dispatching')
    expect(labels(trayMenu(view))).not.toContain('Pause dispatching')
    expect(trayToolTip(view.dispatch)).toBe('Hosting Desk: Paused · 2 queued')
  })

  test('shows a title as it was typed, and only so much of it', () => {
    const [, shown] = labels(trayMenu(aView([aTask({ objectTitle: 'A & B' })])))
    expect(shown).toBe('Verify A && B')
    const running = [aTask({ objectTitle: 'x'.repeat(300) })]
    expect(labels(trayMenu(aView(running)))[1]?.length).toBeLessThanOrEqual(60)
  })
})
