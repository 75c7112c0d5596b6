import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { acquireOwnership } from '../../main/store/owner.ts'
import { build } from '../../tools/build.ts'
import { PackagedApp } from '../support/packaging.ts'
import type { StandInDesktop } from '../support/electron-stand-in/desktop.ts'
import { DesktopFixture, untilSeen } from '../support/electron-stand-in/fixture.ts'
import { eventually } from '../support/eventually.ts'

/** As it is shipped: the packaged archive, unpacked far from the project. */
let app: PackagedApp
let mainFile: string
let fixture: DesktopFixture

beforeAll(async () => {
  await build()
  app = await PackagedApp.make()
  mainFile = await app.unpack()
}, 300_000)
afterAll(() => app.remove())
const others: ChildProcess[] = []
beforeEach(async () => {
  fixture = await DesktopFixture.open(mainFile)
})
afterEach(async () => {
  others.splice(0).forEach((other) => other.kill('SIGKILL'))
  await fixture.close()
})

/** A fresh start, once the demo server's first tasks are done. */
async function startSettled(...args: string[]): Promise<StandInDesktop> {
  const desktop = fixture.start(...args)
  await untilSeen(desktop, ({ tray, windows }) => {
    expect(tray?.labels[0]).toBe('(Nothing to do)')
    expect(windows.filter(({ isShown }) => isShown)).toHaveLength(args.includes('--hidden') ? 0 : 1)
  })
  return desktop
}

describe('the window', () => {
  test('opens, and the core answers what its page asks', async () => {
    const desktop = await startSettled()
    const text = await eventually(() =>
      desktop.onPage(async (page) => {
        await page.getByRole('link', { name: 'Servers' }).first().click({ timeout: 2000 })
        return page.getByText('Demo server').first().textContent({ timeout: 2000 })
      }),
    )
    expect(text).toContain('Demo server')
  })

  test('gives its page no Node, no other origin and no inline script', async () => {
    const desktop = await startSettled()
    const { windows } = await desktop.look()
    expect(windows[0]?.preferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
    })
    const found = await desktop.onPage((page) =>
      page.evaluate(async () => {
        const script = document.createElement('script')
        script.textContent = 'globalThis.wasRun = true'
        document.body.append(script)
        const elsewhere = await fetch('https://example.com/').then(
          () => 'reached',
          () => 'refused',
        )
        const names = ['require', 'process', 'standInDeliver', 'wasRun', 'hostingDesk']
        return { elsewhere, there: names.filter((name) => name in globalThis) }
      }),
    )
    expect(found).toEqual({ elsewhere: 'refused', there: ['hostingDesk'] })
  })

  test('opens web links in the system’s browser, other links nowhere, and stays where it is', async () => {
    const desktop = await startSettled()
    await desktop.onPage((page) =>
      page.evaluate(() => {
        for (const url of ['https://example.com/a', 'file:///etc/passwd', 'smb://x/y']) {
          window.open(url)
        }
        location.href = 'https://example.com/b'
      }),
    )
    const { windows } = await untilSeen(desktop, ({ opened }) =>
      expect(opened.toSorted()).toEqual(['https://example.com/a', 'https://example.com/b']),
    )
    expect(windows).toHaveLength(1)
    expect(windows[0]?.url).toMatch(/^hosting-desk:\/\/app\//)
  })

  test('can be loaded anew and goes on asking', async () => {
    const desktop = await startSettled()
    const text = await desktop.onPage(async (page) => {
      await page.reload()
      await page.getByRole('link', { name: 'Servers' }).first().click()
      return page.getByText('Demo server').first().textContent()
    })
    expect(text).toContain('Demo server')
  })
})

describe('the tray', () => {
  test('shows how it stands, and is all that a hidden start shows', async () => {
    const desktop = await startSettled('--hidden')
    const { tray, windows } = await desktop.look()
    expect(windows).toEqual([])
    expect(tray).toEqual({
      hasImage: true,
      toolTip: 'Hosting Desk: Nothing to do',
      labels: [
        '(Nothing to do)',
        '—',
        'Open Hosting Desk',
        'Pause dispatching',
        '☐ Do not disturb',
        '—',
        'Quit',
      ],
    })
    await desktop.clickTray()
    await untilSeen(desktop, (look) => expect(look.windows[0]?.isShown).toBe(true))
  })

  test('pauses and resumes dispatching, and tasks go on with the window closed', async () => {
    const desktop = await startSettled()
    await desktop.clickMenu('Pause dispatching')
    await untilSeen(desktop, ({ tray }) => expect(tray?.labels).toContain('Resume dispatching'))
    await desktop.onPage(async (page) => {
      await page.getByRole('link', { name: 'Servers' }).first().click()
      await page.getByText('Demo server').first().click()
      await page.getByRole('button', { name: 'Verify' }).first().click()
    })
    await untilSeen(desktop, ({ tray }) => expect(tray?.toolTip).toContain('Paused · 1 queued'))

    await desktop.closeWindow()
    await desktop.clickMenu('Resume dispatching')
    const { windows } = await untilSeen(desktop, ({ tray }) =>
      expect(tray?.toolTip).toBe('Hosting Desk: Nothing to do'),
    )
    expect(windows).toEqual([])

    await desktop.clickMenu('Open Hosting Desk')
    await untilSeen(desktop, (look) => expect(look.windows[0]?.isShown).toBe(true))
  })

  test('quits, and leaves the data to whoever comes next', async () => {
    const desktop = await startSettled()
    await desktop.clickMenu('Quit')
    expect(await desktop.exited).toBe(0)
    const next = await startSettled('--hidden')
    next.kill('SIGTERM')
    expect(await next.exited).toBe(0)
    expect(desktop.output + next.output).toBe('')
  })
})

describe('a second copy', () => {
  test('brings the first one’s window to the front and ends', async () => {
    const desktop = await startSettled()
    const before = (await desktop.look()).windows[0]?.timesFocused ?? 0
    expect(await fixture.start().exited).toBe(0)
    await untilSeen(desktop, ({ windows }) =>
      expect(windows[0]?.timesFocused).toBeGreaterThan(before),
    )
  })

  test('opens the window that was closed', async () => {
    const desktop = await startSettled('--hidden')
    expect(await fixture.start().exited).toBe(0)
    await untilSeen(desktop, ({ windows }) => expect(windows).toHaveLength(1))
  })
})

describe('another owner of the data', () => {
  test('that is a command at work is waited for', async () => {
    const command = { folder: fixture.data, kind: 'one-shot' as const, waitMs: 0 }
    const ownership = await acquireOwnership(command)
    const desktop = fixture.start('--hidden')
    await eventually(async () => expect((await desktop.look()).dialogs).toEqual([]))
    expect((await desktop.look()).tray).toBeNull()
    await ownership.release()
    expect((await untilSeen(desktop)).dialogs).toEqual([])
  })

  test('that stays is named in a question: try again, or quit', async () => {
    const args = [path.join(path.dirname(mainFile), 'headless.js'), '--data', fixture.data]
    const headless = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    others.push(headless)
    await once(headless.stdout, 'data')
    const first = fixture.start('--hidden')
    const untilAsked = (count: number) =>
      eventually(async () => expect((await first.look()).dialogs).toHaveLength(count), {
        timeoutMs: 20_000,
      })
    await untilAsked(1)
    expect((await first.look()).dialogs[0]).toMatchObject({
      message: 'Hosting Desk is already at work with this data.',
      buttons: ['Try again', 'Quit'],
    })
    await first.answerDialog(0)
    await untilAsked(2)

    const ended = once(headless, 'exit')
    headless.kill('SIGTERM')
    await ended
    await first.answerDialog(0)
    await untilSeen(first)
  })

  test('leads to the end where the operator quits', async () => {
    const socketless = { folder: fixture.data, kind: 'long-lived' as const, waitMs: 0 }
    const ownership = await acquireOwnership(socketless)
    const desktop = fixture.start()
    await eventually(async () => expect((await desktop.look()).dialogs).toHaveLength(1), {
      timeoutMs: 20_000,
    })
    await desktop.answerDialog(1)
    expect(await desktop.exited).toBe(1)
    await ownership.release()
  })
})
