import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { build } from '../../tools/build.ts'
import type { Look } from '../support/electron-stand-in/control.ts'
import type { StandInDesktop } from '../support/electron-stand-in/desktop.ts'
import { DesktopFixture, untilSeen } from '../support/electron-stand-in/fixture.ts'
import { eventually } from '../support/eventually.ts'
import { holdProgram } from '../support/held-program.ts'
import { askOwner, type OwnerCalls } from '../support/owner-calls.ts'
import { PackagedApp } from '../support/packaging.ts'

/** What the desktop has beyond a page, on the packaged archive, through the stand-in for Electron. */
let app: PackagedApp
let mainFile: string
let fixture: DesktopFixture
let asked: OwnerCalls[] = []

beforeAll(async () => {
  await build()
  app = await PackagedApp.make()
  mainFile = await app.unpack()
}, 300_000)
afterAll(() => app.remove())
beforeEach(async () => {
  fixture = await DesktopFixture.open(mainFile)
})
afterEach(async () => {
  for (const owner of asked) owner.close()
  asked = []
  await fixture.close()
})

async function startSettled(...args: string[]): Promise<StandInDesktop> {
  const desktop = fixture.start(...args)
  await untilSeen(desktop, ({ tray, windows }) => {
    expect(tray?.labels[0]).toBe('(Nothing to do)')
    expect(windows.filter(({ isShown }) => isShown)).toHaveLength(args.includes('--hidden') ? 0 : 1)
  })
  return desktop
}

/** The same calls that the page has. */
async function callsOf(): Promise<OwnerCalls['calls']> {
  const owner = await askOwner(path.join(fixture.data, 'desk.sock'))
  asked.push(owner)
  return owner.calls
}

async function demoServerId(): Promise<string> {
  const { items } = await (await callsOf()).server.list({})
  return items[0]?.id ?? ''
}

async function verifyDemo(): Promise<string> {
  const calls = await callsOf()
  const objectId = await demoServerId()
  return (await calls.task.add({ objectKind: 'server', objectId, type: 'verify' })).id
}

const urls = ({ windows }: Look): string[] => windows.map(({ url }) => url)

describe('notifications', () => {
  test('tell of a task that the person started, once, while the window is not in front', async () => {
    const desktop = await startSettled()
    expect((await desktop.look()).notifications).toEqual([])
    await desktop.setInFront(false)
    const id = await verifyDemo()
    await untilSeen(desktop, ({ notifications }) =>
      expect(notifications.map(({ title }) => title)).toEqual(['Verify Demo server is done']),
    )
    await desktop.clickNotification('Verify Demo server is done')
    await untilSeen(desktop, (look) => expect(urls(look)[0]).toContain(`#/tasks/${id}`))
  })

  test('say nothing while the window is in front, nor while they are not to disturb', async () => {
    const desktop = await startSettled()
    await verifyDemo()
    await untilSeen(desktop, ({ tray }) => expect(tray?.labels[0]).toBe('(Nothing to do)'))
    await desktop.clickMenu('Do not disturb')
    await untilSeen(desktop, ({ tray }) => expect(tray?.labels).toContain('☑ Do not disturb'))
    await desktop.setInFront(false)
    const id = await verifyDemo()
    const calls = await callsOf()
    await eventually(async () => expect((await calls.task.get({ id })).status).toBe('success'))
    // They would have been told of together by then.
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    expect((await desktop.look()).notifications).toEqual([])
  })

  test('tell of a failure, which the tray names too, and lead to it', async () => {
    const desktop = await startSettled('--hidden')
    const calls = await callsOf()
    const { items } = await calls.platform.list({})
    const { task } = await calls.platform.edit({
      id: items[0]?.id ?? '',
      title: 'Broken',
      root: '/nowhere/at/all',
    })
    await untilSeen(desktop, ({ notifications, tray }) => {
      expect(notifications.map(({ title }) => title)).toEqual(['Verify Broken failed'])
      expect(tray?.labels).toContain('✕ Verify Broken')
      expect(tray?.toolTip).toContain('1 failed today')
    })
    await desktop.clickMenu('✕ Verify Broken')
    await untilSeen(desktop, (look) => expect(urls(look)[0]).toContain(`#/tasks/${task.id}`))
  })
})

describe('a link from elsewhere', () => {
  test('opens a task’s page by its number in the copy that runs, and does nothing else', async () => {
    const desktop = await startSettled('--hidden')
    const calls = await callsOf()
    const before = await calls.task.list({})
    const { id } = await calls.task.getByNumber({ number: 1 })
    expect((await desktop.look()).protocols).toEqual(['hosting-desk'])
    expect(await fixture.start('hosting-desk://task/1').exited).toBe(0)
    await untilSeen(desktop, (look) => expect(urls(look)[0]).toContain(`#/tasks/${id}`))
    await desktop.openUrl('hosting-desk://site/delete')
    await desktop.openUrl(`hosting-desk://server/${await demoServerId()}`)
    await untilSeen(desktop, (look) => expect(urls(look)[0]).toContain('#/servers/'))
    expect((await calls.task.list({})).total).toBe(before.total)
  })

  test('starts the application at its page', async () => {
    const first = await startSettled('--hidden')
    first.kill('SIGTERM')
    expect(await first.exited).toBe(0)
    const desktop = fixture.start('--hidden', 'hosting-desk://task/2')
    await untilSeen(desktop, (look) => expect(urls(look)[0]).toContain('#/tasks/'))
  })
})

describe('the window', () => {
  test('opens where and as large as it was', async () => {
    const desktop = await startSettled()
    const bounds = { x: 321, y: 123, width: 1001, height: 701 }
    await desktop.setBounds(bounds)
    await desktop.closeWindow()
    await desktop.clickTray()
    await untilSeen(desktop, ({ windows }) => expect(windows[0]?.bounds).toEqual(bounds))
  })

  test('has a menu that leads to each page, and to what the page itself does', async () => {
    const desktop = await startSettled()
    const { appMenu } = await desktop.look()
    expect(appMenu).toEqual(
      expect.arrayContaining(['Tasks [CmdOrCtrl+2]', 'Settings… [CmdOrCtrl+,]', 'quit']),
    )
    expect(appMenu.join()).not.toContain('toggleDevTools')
    await desktop.clickAppMenu('Queues')
    await untilSeen(desktop, (look) => expect(urls(look)[0]).toContain('#/queues'))
    await desktop.clickAppMenu('&Keys')
    await eventually(() =>
      desktop.onPage((page) =>
        page.getByRole('dialog', { name: 'Keys' }).waitFor({ timeout: 2000 }),
      ),
    )
    await desktop.clickAppMenu('Open the &data folder')
    expect((await desktop.look()).opened).toEqual([fixture.data])
  })
})

describe('starting at login', () => {
  test('is written where the system looks, with the tray alone, and taken away again', async () => {
    const desktop = await startSettled('--hidden')
    const file = path.join(fixture.data, 'config/autostart/hosting-desk.desktop')
    expect(existsSync(file)).toBe(false)
    const calls = await callsOf()
    await calls.settings.set({ 'start.isAtLogin': true })
    await eventually(() => expect(existsSync(file)).toBe(true))
    const entry = readFileSync(file, 'utf8')
    expect(entry).toMatch(/^Exec="[^"]+" "--hidden" "--data" "[^"]+"$/m)
    expect(entry).toContain(`"${fixture.data}"`)
    await calls.settings.set({ 'start.isAtLogin': false })
    await eventually(() => expect(existsSync(file)).toBe(false))
    expect(desktop.output).toBe('')
  })
})

describe('while a task runs', () => {
  test('the taskbar shows it, and quitting says that it goes on on its server', async () => {
    const desktop = await startSettled()
    const calls = await callsOf()
    const { items } = await calls.platform.list({})
    const site = { name: 'slow.localhost', platformId: items[0]?.id ?? '' }
    const { task } = await calls.site.add(site)
    const goOn = await holdProgram('@slow.localhost')
    const quit = 'Quit (what runs goes on on its servers)'
    const { windows } = await untilSeen(desktop, ({ tray }) => expect(tray?.labels).toContain(quit))
    expect(windows[0]?.progress).toBeGreaterThanOrEqual(0)
    await desktop.clickMenu(quit)
    const { dialogs } = await untilSeen(desktop, (look) => expect(look.dialogs).toHaveLength(1))
    expect(dialogs[0]).toMatchObject({ message: 'A task is running.', buttons: ['Quit', 'Stay'] })
    expect(dialogs[0]?.detail).toContain('It goes on on its server')
    await desktop.answerDialog(1)

    goOn()
    await untilSeen(desktop, (look) => {
      expect(look.tray?.labels.at(-1)).toBe('Quit')
      expect(look.windows[0]?.progress).toBe(-1)
    })
    expect((await calls.task.get({ id: task.id })).status).toBe('success')
    await desktop.clickMenu('Quit')
    expect(await desktop.exited).toBe(0)
  })
})

test('the preload hands over exactly one thing: that the page is in the desktop', async () => {
  const desktop = await startSettled()
  const found = await desktop.onPage((page) =>
    page.evaluate(() => {
      const blank = document.createElement('iframe')
      document.body.append(blank)
      const usual = new Set(Object.getOwnPropertyNames(blank.contentWindow))
      blank.remove()
      return Object.getOwnPropertyNames(globalThis)
        .filter((name) => !usual.has(name) && /desk|electron|ipc|require|node/i.test(name))
        .map((name) => [name, JSON.stringify((globalThis as Record<string, unknown>)[name])])
    }),
  )
  expect(found).toEqual([['hostingDesk', '{"shell":"desktop"}']])
})
