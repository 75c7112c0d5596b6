import path from 'node:path'
import { createRouterClient } from '@orpc/server'
import { app, ipcMain, Menu, MessageChannelMain, nativeImage, protocol } from 'electron'
import type { App } from '../../app.ts'
import { dataFolderOf } from '../../lib/data-folder.ts'
import { listenForClients } from '../../rpc/owner-socket.ts'
import { servePort } from '../../rpc/serve.ts'
import { appMenu } from './app-menu.ts'
import { parseDesktopArguments } from './arguments.ts'
import { DeskTray } from './desk-tray.ts'
import { DeskWindow } from './desk-window.ts'
import { PAGE_SCHEME } from './links.ts'
import { openDesk } from './open-desk.ts'
import { answerFromFolder } from './page-files.ts'
import { resourcesOf } from './resources.ts'
import { createSecretBox } from './safe-storage-box.ts'
import { MAX_NAMED, type TrayAction, type TrayView } from './tray-menu.ts'

/**
 * The application with a window: `[--data DIR] [--hidden]`. One copy for each data folder; a second one brings the first
 * to the front and goes. Closing the window leaves it in the tray, dispatching; quitting lets runs go on.
 */
const started = parseDesktopArguments(process.argv.slice(1))
const folder = dataFolderOf(started)
const resources = resourcesOf(import.meta.dirname)

// Before it is ready, Electron takes these; later it would not.
app.setPath('userData', path.join(folder, 'electron'))
protocol.registerSchemesAsPrivileged([
  { scheme: PAGE_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
])

if (app.requestSingleInstanceLock()) {
  run().catch((error: unknown) => {
    console.error(error)
    app.exit(1)
  })
} else {
  app.exit(0)
}

async function run(): Promise<void> {
  await app.whenReady()
  const isMac = process.platform === 'darwin'
  Menu.setApplicationMenu(Menu.buildFromTemplate(appMenu({ isMac, isPackaged: app.isPackaged })))
  protocol.handle(PAGE_SCHEME, ({ url }) => answerFromFolder(resources.rendererFolder, url))

  const { programFile, templateFolder } = resources
  const desk = await openDesk({
    folder,
    shell: 'desktop',
    secretBox: createSecretBox(),
    programFile,
    templateFolder,
    now: Date.now,
  })
  if (desk === undefined) return app.exit(1)
  const clients = await listenForClients(desk, desk.socketPath)
  const { window, tray } = showDesk(desk)
  quitInOrder(async () => {
    tray.destroy()
    await clients.close()
    await desk.close()
  })
  if (!started.isHidden) window.show()
}

function showDesk(desk: App): { window: DeskWindow; tray: DeskTray } {
  const icon = nativeImage.createFromPath(resources.iconFile)
  const { preloadFile, trayFile } = resources
  const window = new DeskWindow({ preloadFile, icon, isPackaged: app.isPackaged })
  const tray = new DeskTray({
    icon: nativeImage.createFromPath(trayFile),
    view: () => readTrayView(desk),
    act: (action) => act(desk, window, action),
  })
  desk.onChange(({ event }) => {
    if (event !== 'backend') tray.changed()
  })
  void tray.refresh()

  app.on('second-instance', (_event, argv) => {
    if (!parseDesktopArguments(argv.slice(1)).isHidden) window.show()
  })
  app.on('activate', () => window.show())
  // Without a listener, Electron would quit with the last window.
  app.on('window-all-closed', () => {})
  ipcMain.on('hosting-desk:ready', ({ sender, senderFrame }) => {
    if (!window.isPage(sender, senderFrame?.url)) return
    const { port1, port2 } = new MessageChannelMain()
    servePort(desk, port1)
    port1.start()
    sender.postMessage('hosting-desk:port', null, [port2])
  })
  return { window, tray }
}

async function readTrayView(desk: App): Promise<TrayView> {
  const calls = createRouterClient(desk.router)
  const { items } = await calls.task.list({ statuses: ['processing'], limit: MAX_NAMED })
  const running = items.map(({ id, title, objectTitle, activity }) => ({
    id,
    title,
    objectTitle,
    progress: activity?.progress ?? null,
  }))
  return { dispatch: desk.dispatchState(), running }
}

function act(desk: App, window: DeskWindow, action: TrayAction): void {
  switch (action.do) {
    case 'open':
      return window.show()
    case 'open-task':
      return window.show(`/tasks/${action.taskId}`)
    case 'pause':
      return void desk.pauseDispatch()
    case 'resume':
      return void desk.resumeDispatch()
    case 'quit':
      return app.quit()
  }
}

/** Electron does not wait by itself: the first attempt to end is put off until everything was closed. */
function quitInOrder(close: () => Promise<void>): void {
  app.once('will-quit', (event) => {
    event.preventDefault()
    close()
      .catch((error: unknown) => console.error(error))
      .finally(() => app.exit(0))
  })
}
