import type { BrowserWindowConstructorOptions, Rectangle, WebPreferences } from 'electron'
import { EventEmitter } from 'node:events'
import { chromium, type Browser } from 'playwright-core'
import { app } from './app.ts'
import { StandInEvent } from './events.ts'
import { toChromium } from './protocol.ts'
import { StandInWebContents } from './web-contents.ts'

let browser: Promise<Browser> | undefined

const openBrowser = (): Promise<Browser> =>
  (browser ??= chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
    // The application is told of signals, not its browser.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  }))

/** A window over a page of Chromium. */
export class BrowserWindow extends EventEmitter {
  static readonly all: BrowserWindow[] = []
  readonly webContents = new StandInWebContents()
  readonly preferences: WebPreferences
  readonly #attached: Promise<void>
  isShown: boolean
  timesFocused = 0
  /** Whether the person looks at it, as a test says. */
  isInFront = true
  progress = -1
  #bounds: Rectangle
  #isMaximised = false
  #hasLoaded = false
  #isDestroyed = false

  constructor(options: BrowserWindowConstructorOptions = {}) {
    super()
    this.preferences = options.webPreferences ?? {}
    this.isShown = options.show ?? true
    const { x = 10, y = 10, width = 800, height = 600 } = options
    this.#bounds = { x, y, width, height }
    this.#attached = this.#attach(options)
    app.windows.add(this)
    BrowserWindow.all.push(this)
  }

  async loadURL(url: string): Promise<void> {
    await this.#attached
    await this.webContents.page?.goto(toChromium(url))
    if (this.#hasLoaded) return
    this.#hasLoaded = true
    this.emit('ready-to-show')
  }

  show(): void {
    this.isShown = true
  }

  focus(): void {
    this.timesFocused += 1
  }

  isFocused(): boolean {
    return this.isShown && this.isInFront
  }

  setProgressBar(progress: number): void {
    this.progress = progress
  }

  getNormalBounds(): Rectangle {
    return this.#bounds
  }

  /** As a person does with the mouse. */
  setBounds(bounds: Partial<Rectangle>): void {
    this.#bounds = { ...this.#bounds, ...bounds }
  }

  maximize(): void {
    this.#isMaximised = true
  }

  isMaximized(): boolean {
    return this.#isMaximised
  }

  isMinimized(): boolean {
    return false
  }

  restore(): void {
    this.isShown = true
  }

  isDestroyed(): boolean {
    return this.#isDestroyed
  }

  close(): void {
    this.requestClose()
  }

  requestClose(): boolean {
    const event = new StandInEvent()
    this.emit('close', event)
    if (event.defaultPrevented) return false
    this.#isDestroyed = true
    BrowserWindow.all.splice(BrowserWindow.all.indexOf(this), 1)
    this.webContents.release()
    void this.webContents.page?.context().close()
    this.emit('closed')
    app.windowGone(this)
    return true
  }

  async #attach({ width = 800, height = 600 }: BrowserWindowConstructorOptions): Promise<void> {
    const context = await (await openBrowser()).newContext({ viewport: { width, height } })
    await this.webContents.attach(await context.newPage(), this.preferences.preload ?? '')
  }
}
