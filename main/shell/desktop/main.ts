import path from 'node:path'
import { app, protocol } from 'electron'
import { dataFolderOf } from '../../lib/data-folder.ts'
import { listenForClients } from '../../rpc/owner-socket.ts'
import { parseDesktopArguments } from './arguments.ts'
import { abilities, DeskShell } from './desk-shell.ts'
import { findDeepLink, PAGE_SCHEME } from './links.ts'
import { openDesk } from './open-desk.ts'
import { answerFromFolder } from './page-files.ts'
import { quitInOrder } from './quit.ts'
import { resourcesOf } from './resources.ts'
import { createSecretBox } from './safe-storage-box.ts'

/**
 * The application with a window: `[--data DIR] [--hidden] [hosting-desk://…]`. One copy for each data folder; a second
 * one brings the first to the front and goes. Closing the window leaves it in the tray, dispatching; quitting lets runs
 * go on.
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
  if (app.isPackaged) app.setAsDefaultProtocolClient(PAGE_SCHEME)
  protocol.handle(PAGE_SCHEME, ({ url }) => answerFromFolder(resources.rendererFolder, url))

  const { programFile, templateFolder } = resources
  const desk = await openDesk({
    folder,
    shell: 'desktop',
    secretBox: createSecretBox(),
    abilities,
    programFile,
    templateFolder,
    now: Date.now,
  })
  if (desk === undefined) return app.exit(1)
  const clients = await listenForClients(desk, desk.socketPath)
  const shown = new DeskShell({
    desk,
    folder,
    resources,
    autostart: {
      program: process.env['APPIMAGE'] ?? process.execPath,
      args: ['--hidden', ...(started.data === undefined ? [] : ['--data', folder])],
    },
  })
  quitInOrder({
    running: () => desk.dispatchState().running,
    async close() {
      shown.close()
      await clients.close()
      await desk.close()
    },
  })
  await shown.open({ isHidden: started.isHidden, link: findDeepLink(process.argv.slice(1)) })
}
