import path from 'node:path'
import { createRouterClient } from '@orpc/server'
import { app, dialog, ipcMain, Menu, MessageChannelMain, nativeImage, shell } from 'electron'
import { isAppError } from '#shared/errors.ts'
import type { App } from '../../app.ts'
import { servePort } from '../../rpc/serve.ts'
import type { ShellAbilities } from '../../rpc/shell-abilities.ts'
import { appMenu, type MenuAction } from './app-menu.ts'
import { parseDesktopArguments } from './arguments.ts'
import { setAutostart, type StartCommand } from './autostart.ts'
import { DeskNotifier } from './desk-notifier.ts'
import { DeskTray } from './desk-tray.ts'
import { DeskWindow } from './desk-window.ts'
import { findDeepLink, parseDeepLink, type DeepLink } from './links.ts'
import type { resourcesOf } from './resources.ts'
import { taskbarProgress } from './taskbar.ts'
import { openTerminal } from './terminal.ts'
import { MAX_NAMED, type TrayAction, type TrayView } from './tray-menu.ts'

export interface DeskShellParts {
  desk: App
  /** The data folder. */
  folder: string
  resources: ReturnType<typeof resourcesOf>
  autostart: StartCommand
}

/** Everything that a person sees of the application: window, tray, menu, notifications; each asks the core by its calls. */
export class DeskShell {
  readonly #parts: DeskShellParts
  readonly #calls
  readonly #window: DeskWindow
  readonly #tray: DeskTray
  readonly #notifier: DeskNotifier

  constructor(parts: DeskShellParts) {
    this.#parts = parts
    const { desk, folder, resources } = parts
    this.#calls = createRouterClient(desk.router)
    this.#window = new DeskWindow({
      preloadFile: resources.preloadFile,
      icon: nativeImage.createFromPath(resources.iconFile),
      isPackaged: app.isPackaged,
      stateFile: path.join(folder, 'electron', 'window.json'),
    })
    this.#tray = new DeskTray({
      icon: nativeImage.createFromPath(resources.trayFile),
      view: () => this.#readTrayView(),
      act: (action) => this.#act(action),
    })
    const calls = this.#calls
    this.#notifier = new DeskNotifier({
      open: async () => (await calls.task.list({ statuses: [...UNENDED], limit: 1000 })).items,
      task: (id) => calls.task.get({ id }).catch(orUndefined),
      backend: (id) => calls.backend.get({ id }).catch(orUndefined),
      settings: () => calls.settings.all(),
      isInFront: () => this.#window.isInFront,
      go: (route) => this.#window.show(route),
    })
  }

  /** Shows the tray, and the window unless it is to stay hidden; at the page that a link leads to, where there is one. */
  async open({ isHidden, link }: { isHidden: boolean; link: DeepLink | undefined }): Promise<void> {
    const { desk } = this.#parts
    this.#listen()
    await this.#notifier.start()
    desk.onChange((change) => {
      if (change.event !== 'backend') this.#tray.changed()
      if (change.event === 'stored' && change.table === 'setting') this.#applySettings()
      this.#notifier.changed(change)
    })
    await this.#tray.refresh()
    this.#applySettings()
    if (link !== undefined) await this.#follow(link)
    else if (!isHidden) this.#window.show()
  }

  close(): void {
    this.#notifier.close()
    this.#tray.destroy()
  }

  #listen(): void {
    const isMac = process.platform === 'darwin'
    const act = (action: MenuAction): void => this.#actOfMenu(action)
    Menu.setApplicationMenu(
      Menu.buildFromTemplate(appMenu({ isMac, isPackaged: app.isPackaged, act })),
    )
    app.on('second-instance', (_event, argv) => this.#onSecond(argv.slice(1)))
    app.on('open-url', (event, url) => {
      event.preventDefault()
      const link = parseDeepLink(url)
      if (link !== undefined) void this.#follow(link)
    })
    app.on('activate', () => this.#window.show())
    // Without a listener, Electron would quit with the last window.
    app.on('window-all-closed', () => {})
    ipcMain.on('hosting-desk:ready', ({ sender, senderFrame }) => {
      if (!this.#window.isPage(sender, senderFrame?.url)) return
      const { port1, port2 } = new MessageChannelMain()
      servePort(this.#parts.desk, port1)
      port1.start()
      sender.postMessage('hosting-desk:port', null, [port2])
    })
  }

  #onSecond(argv: readonly string[]): void {
    const link = findDeepLink(argv)
    if (link !== undefined) void this.#follow(link)
    else if (!parseDesktopArguments(argv).isHidden) this.#window.show()
  }

  /** A link only opens a page. One to a task that is not there opens the window all the same, which says so. */
  async #follow(link: DeepLink): Promise<void> {
    if ('route' in link) return this.#window.show(link.route)
    const found = await this.#calls.task.getByNumber({ number: link.taskNumber }).catch(orUndefined)
    this.#window.show(found === undefined ? '/tasks' : `/tasks/${found.id}`)
  }

  #applySettings(): void {
    void this.#calls.settings
      .all()
      .then((settings) => {
        // A checkout is started by its developer, and is no program that a login could start.
        if (app.isPackaged) setAutostart(settings['start.isAtLogin'], this.#parts.autostart)
        this.#tray.changed()
      })
      .catch((error: unknown) => console.error(error))
  }

  async #readTrayView(): Promise<TrayView> {
    const { desk } = this.#parts
    const midnight = new Date().setHours(0, 0, 0, 0)
    const [running, failed, settings] = await Promise.all([
      this.#calls.task.list({ statuses: ['processing'], limit: MAX_RUNNING }),
      this.#calls.task.list({ statuses: ['error'], limit: MAX_NAMED }),
      this.#calls.settings.all(),
    ])
    const view = {
      dispatch: desk.dispatchState(),
      isSilent: settings['notify.isSilent'],
      running: running.items.map(({ activity, ...task }) => ({
        ...task,
        progress: activity?.progress ?? null,
      })),
      failed: failed.items.filter(({ endedAt }) => (endedAt ?? 0) >= midnight),
    }
    this.#window.setProgress(taskbarProgress(view.running))
    return view
  }

  #act(action: TrayAction): void {
    switch (action.do) {
      case 'open':
        return this.#window.show()
      case 'open-task':
        return this.#window.show(`/tasks/${action.taskId}`)
      case 'pause':
        return void this.#parts.desk.pauseDispatch()
      case 'resume':
        return void this.#parts.desk.resumeDispatch()
      case 'be-silent':
        return void this.#calls.settings.set({ 'notify.isSilent': action.isSilent })
      case 'quit':
        return app.quit()
    }
  }

  #actOfMenu(action: MenuAction): void {
    switch (action.do) {
      case 'go':
        return this.#window.show(action.route)
      case 'back':
        return this.#window.back()
      case 'press':
        return this.#window.press(action.key, action.isWithModifier)
      case 'open-data-folder':
        return void shell.openPath(this.#parts.folder)
    }
  }
}

const UNENDED = ['queued', 'processing'] as const
/** The taskbar shows the mean of so many. */
const MAX_RUNNING = 50

/** What the core may ask of this computer by the person's own hand. */
export const abilities: ShellAbilities = {
  openTerminal,
  async openFolder(folder) {
    await shell.openPath(folder)
  },
  async chooseSaveFile(name) {
    const { canceled, filePath } = await dialog.showSaveDialog({
      defaultPath: path.join(app.getPath('downloads'), name),
      properties: ['createDirectory', 'showOverwriteConfirmation'],
    })
    return canceled || filePath === '' ? undefined : filePath
  },
  async chooseOpenFile() {
    const { canceled, filePaths } = await dialog.showOpenDialog({ properties: ['openFile'] })
    return canceled ? undefined : filePaths[0]
  },
}

/** What is gone meanwhile is nothing to tell of. */
const orUndefined = (error: unknown): undefined => {
  if (isAppError(error) || (error as { code?: unknown }).code === 'DESK') return undefined
  throw error
}
