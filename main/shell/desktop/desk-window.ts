import { BrowserWindow, shell, type NativeImage, type WebContents } from 'electron'
import { isOwnPage, PAGE_URL, toExternalLink } from './links.ts'

export interface DeskWindowParts {
  preloadFile: string
  icon: NativeImage
  isPackaged: boolean
}

/** The one window: `absent` until it is asked for, and again once it was closed, which leaves the application running. */
export class DeskWindow {
  readonly #parts: DeskWindowParts
  #window: BrowserWindow | undefined

  constructor(parts: DeskWindowParts) {
    this.#parts = parts
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

  /** Whether a message came from the page itself: not from a frame in it, nor from a page of somebody else. */
  isPage(contents: WebContents, frameUrl: string | undefined): boolean {
    return this.#window?.webContents === contents && frameUrl !== undefined && isOwnPage(frameUrl)
  }

  #open(): BrowserWindow {
    const { preloadFile, icon, isPackaged } = this.#parts
    const window = new BrowserWindow({
      title: 'Hosting Desk',
      icon,
      width: 1280,
      height: 800,
      minWidth: 640,
      minHeight: 480,
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
    window.once('ready-to-show', () => window.show())
    window.on('closed', () => (this.#window = undefined))
    confine(window.webContents)
    return window
  }
}

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
