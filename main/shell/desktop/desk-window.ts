import { BrowserWindow, screen, shell, type NativeImage, type WebContents } from 'electron'
import { isOwnPage, PAGE_URL, toExternalLink } from './links.ts'
import { keepWindowState, readWindowState, SMALLEST, toOpening } from './window-state.ts'

export interface DeskWindowParts {
  preloadFile: string
  icon: NativeImage
  isPackaged: boolean
  /** Keeps where the window stood. */
  stateFile: string
}

/** The one window: `absent` until it is asked for, and again once it was closed, which leaves the application running. */
export class DeskWindow {
  readonly #parts: DeskWindowParts
  #window: BrowserWindow | undefined
  #progress = NO_PROGRESS

  constructor(parts: DeskWindowParts) {
    this.#parts = parts
  }

  /** The person looks at it. */
  get isInFront(): boolean {
    return this.#window?.isFocused() === true
  }

  /** Opens the window, or brings it to the front; at `route` of the page, where one is named. */
  show(route?: string): void {
    const url = `${PAGE_URL}${route === undefined ? '' : `#${route}`}`
    if (this.#window === undefined) {
      this.#window = this.#open()
      load(this.#window, url)
      return
    }
    if (route !== undefined) load(this.#window, url)
    if (this.#window.isMinimized()) this.#window.restore()
    this.#window.show()
    this.#window.focus()
  }

  back(): void {
    this.#window?.webContents.navigationHistory.goBack()
  }

  /** Presses a key in the page, for what a menu shows and the page does. */
  press(key: string, isWithModifier: boolean): void {
    this.show()
    const modifier = process.platform === 'darwin' ? ('meta' as const) : ('control' as const)
    const modifiers = isWithModifier ? [modifier] : []
    for (const type of ['keyDown', 'char', 'keyUp'] as const)
      this.#window?.webContents.sendInputEvent({ type, keyCode: key, modifiers })
  }

  /** How far what runs is, on the taskbar or in the dock: 0 to 1, above 1 for “unknown”, below 0 for nothing. */
  setProgress(progress: number): void {
    if (progress === this.#progress) return
    this.#progress = progress
    this.#window?.setProgressBar(progress)
  }

  /** Whether a message came from the page itself: not from a frame in it, nor from a page of somebody else. */
  isPage(contents: WebContents, frameUrl: string | undefined): boolean {
    return this.#window?.webContents === contents && frameUrl !== undefined && isOwnPage(frameUrl)
  }

  #open(): BrowserWindow {
    const { preloadFile, icon, isPackaged, stateFile } = this.#parts
    const screens = screen.getAllDisplays().map(({ workArea }) => workArea)
    const { bounds, isMaximised } = toOpening(readWindowState(stateFile), screens)
    const window = new BrowserWindow({
      title: 'Hosting Desk',
      icon,
      ...bounds,
      minWidth: SMALLEST.width,
      minHeight: SMALLEST.height,
      show: false,
      autoHideMenuBar: true,
      webPreferences: {
        preload: preloadFile,
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        webSecurity: true,
        spellcheck: false,
        devTools: !isPackaged,
      },
    })
    window.once('ready-to-show', () => {
      if (isMaximised) window.maximize()
      window.show()
      window.setProgressBar(this.#progress)
    })
    window.on('close', () =>
      keepWindowState(stateFile, {
        ...window.getNormalBounds(),
        isMaximised: window.isMaximized(),
      }),
    )
    window.on('closed', () => (this.#window = undefined))
    confine(window.webContents)
    return window
  }
}

const NO_PROGRESS = -1

/** A window that is closed while it loads is no error. */
function load(window: BrowserWindow, url: string): void {
  window.loadURL(url).catch((error: unknown) => {
    if (!window.isDestroyed()) console.error(error)
  })
}

/** The page stays where it is: links to sites open in the system's browser, everything else nowhere. */
function confine(contents: WebContents): void {
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url)
    return { action: 'deny' }
  })
  contents.on('will-navigate', (event) => {
    if (isOwnPage(event.url)) return
    event.preventDefault()
    openOutside(event.url)
  })
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.session.setPermissionRequestHandler((_contents, permission, answer) =>
    answer(permission === 'clipboard-sanitized-write'),
  )
}

function openOutside(url: string): void {
  const link = toExternalLink(url)
  if (link !== undefined) void shell.openExternal(link)
}
