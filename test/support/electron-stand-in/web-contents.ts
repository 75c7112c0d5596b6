import type {
  HandlerDetails,
  KeyboardInputEvent,
  WebContents,
  WindowOpenHandlerResponse,
} from 'electron'
import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import type { CDPSession, Page, Request, Route } from 'playwright-core'
import { StandInEvent } from './events.ts'
import type { StandInPort } from './ports.ts'
import { type PortData } from './ports.ts'
import { BINDING, PAGE_HALF, toPreloadHalf, WORLD } from './preload-world.ts'
import { answerRequest, fromChromium } from './protocol.ts'

export const ipcMain = new EventEmitter()

type PackedData = { text: string } | { base64: string }
type FromPage =
  { kind: 'ipc'; channel: string; args: unknown[] } | { kind: 'port'; id: number; data: PackedData }

/** The page of a window, in a real Chromium, with its preload in a world of its own. */
export class StandInWebContents extends EventEmitter {
  page: Page | undefined
  #session: CDPSession | undefined
  #contextId: number | undefined
  #ports = new Map<number, StandInPort>()
  #nextPort = 1
  #openHandler: (details: Pick<HandlerDetails, 'url'>) => WindowOpenHandlerResponse = () => ({
    action: 'allow',
  })
  permissionHandler: unknown
  readonly navigationHistory = { goBack: () => void this.page?.goBack() }

  /** Only whole keys: the press and its release are one here. */
  readonly sendInputEvent = ({ type, keyCode, modifiers = [] }: KeyboardInputEvent): void => {
    if (type !== 'keyDown') return
    const names = modifiers.map((name) => (name === 'meta' ? 'Meta' : 'Control'))
    void this.page?.keyboard.press([...names, keyCode].join('+'))
  }

  readonly session = {
    setPermissionRequestHandler: (handler: unknown) => void (this.permissionHandler = handler),
  }

  async attach(page: Page, preloadFile: string): Promise<void> {
    this.page = page
    page.on('popup', (popup) => void popup.close())
    await page.context().route('**/*', (route) => this.#answer(route))
    const session = await page.context().newCDPSession(page)
    this.#session = session
    session.on('Runtime.executionContextCreated', ({ context }) => {
      if (context.name === WORLD) this.#enter(context.id)
    })
    session.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name === BINDING && executionContextId === this.#contextId) {
        this.#receive(JSON.parse(payload) as FromPage)
      }
    })
    await session.send('Page.enable')
    await session.send('Runtime.enable')
    await session.send('Runtime.addBinding', { name: BINDING, executionContextName: WORLD })
    await session.send('Page.addScriptToEvaluateOnNewDocument', { source: PAGE_HALF })
    const source = toPreloadHalf(readFileSync(preloadFile, 'utf8'))
    await session.send('Page.addScriptToEvaluateOnNewDocument', { source, worldName: WORLD })
  }

  readonly setWindowOpenHandler: WebContents['setWindowOpenHandler'] = (handler) => {
    this.#openHandler = (details) => handler(details as HandlerDetails)
  }

  readonly postMessage = (
    channel: string,
    message: unknown,
    transfer: StandInPort[] = [],
  ): void => {
    const portIds = transfer.map((port) => this.#carry(port))
    this.#deliver({ kind: 'ipc', channel, args: [message], portIds })
  }

  getURL(): string {
    return fromChromium(this.page?.url() ?? '')
  }

  /** The page is gone, and with it its ends of all channels. */
  release(): void {
    const ports = [...this.#ports.values()]
    this.#ports.clear()
    for (const port of ports) port.close()
  }

  /** A new document: the ends that the one before held are gone. */
  #enter(contextId: number): void {
    this.release()
    this.#contextId = contextId
  }

  #carry(port: StandInPort): number {
    const id = this.#nextPort++
    this.#ports.set(id, port)
    port.on('message', ({ data }: { data: PortData }) =>
      this.#deliver({ kind: 'port', id, data: pack(data) }),
    )
    port.on('close', () => this.#deliver({ kind: 'port-close', id }))
    port.start()
    return id
  }

  #receive(message: FromPage): void {
    if (message.kind === 'port') {
      this.#ports.get(message.id)?.postMessage(unpack(message.data))
      return
    }
    const senderFrame = { url: this.getURL() }
    ipcMain.emit(message.channel, { sender: this, senderFrame, ports: [] }, ...message.args)
  }

  #deliver(message: Record<string, unknown>): void {
    if (this.#contextId === undefined || this.page?.isClosed()) return
    const expression = `standInDeliver(${JSON.stringify(message)})`
    this.#session
      ?.send('Runtime.evaluate', { expression, contextId: this.#contextId })
      .catch(() => undefined) // the page went meanwhile
  }

  async #answer(route: Route): Promise<void> {
    const request = route.request()
    const response = await answerRequest(request.url(), request.method())
    if (response !== undefined) {
      const body = Buffer.from(await response.arrayBuffer())
      const headers = Object.fromEntries(response.headers)
      await route.fulfill({ status: response.status, headers, body })
      return
    }
    await route.abort()
    if (!request.isNavigationRequest()) return
    if (isOf(this.page, request)) this.#navigate(request.url())
    else this.#open(request.url())
  }

  #navigate(url: string): void {
    const event = Object.assign(new StandInEvent(), { url })
    this.emit('will-navigate', event)
    if (!event.defaultPrevented) this.emit('stand-in-left', url)
  }

  #open(url: string): void {
    const { action } = this.#openHandler({ url })
    if (action === 'allow') this.emit('stand-in-left', url)
  }
}

/** A new window has no frame yet when it asks for its first document. */
function isOf(page: Page | undefined, request: Request): boolean {
  try {
    return request.frame().page() === page
  } catch {
    return false
  }
}

const pack = (data: PortData): PackedData =>
  typeof data === 'string' ? { text: data } : { base64: Buffer.from(data).toString('base64') }

const unpack = (data: PackedData): PortData =>
  'text' in data ? data.text : new Uint8Array(Buffer.from(data.base64, 'base64'))
