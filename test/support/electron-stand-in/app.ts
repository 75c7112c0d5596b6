import type { App } from 'electron'
import { EventEmitter } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { StandInEvent } from './events.ts'

/** What the application asks to be closed before it ends. */
export interface Closable {
  /** False where somebody prevented it. */
  requestClose(): boolean
}

class StandInApp extends EventEmitter {
  readonly isPackaged = (process.argv[1] ?? '').includes(`app.asar`)
  readonly windows = new Set<Closable>()
  readonly #paths = new Map<string, string>()
  #isQuitting = false
  #told = Promise.resolve()
  isReady = false

  /** What the application asked the system to start at login, and which links it said to open. */
  readonly loginItems: Parameters<App['setLoginItemSettings']>[0][] = []
  readonly protocols: string[] = []

  readonly setPath: App['setPath'] = (name, value) => void this.#paths.set(name, value)
  readonly getPath: App['getPath'] = (name) => this.#paths.get(name) ?? os.tmpdir()
  readonly setLoginItemSettings: App['setLoginItemSettings'] = (item) =>
    void this.loginItems.push(item)
  readonly setAsDefaultProtocolClient: App['setAsDefaultProtocolClient'] = (name) =>
    this.protocols.push(name) > 0

  readonly whenReady: App['whenReady'] = async () => {
    await Promise.resolve()
    this.isReady = true
  }

  /** A file with the owner's process id; the second one tells the first over a socket beside it. */
  readonly requestSingleInstanceLock: App['requestSingleInstanceLock'] = () => {
    const folder = this.#paths.get('userData') ?? ''
    mkdirSync(folder, { recursive: true })
    const lock = path.join(folder, 'stand-in.pid')
    const socket = path.join(folder, 'stand-in.socket')
    if (isAlive(readPid(lock))) {
      this.#told = tellFirst(socket)
      return false
    }
    writeFileSync(lock, `${process.pid}`)
    rmSync(socket, { force: true })
    net
      .createServer((client) => {
        client.once('data', (text) => {
          const argv = JSON.parse(text.toString()) as string[]
          this.emit('second-instance', new StandInEvent(), argv, process.cwd(), undefined)
        })
      })
      .listen(socket)
      .unref()
    return true
  }

  readonly quit: App['quit'] = () => {
    if (this.#isQuitting) return
    if (this.#isPrevented('before-quit')) return
    this.#isQuitting = true
    const isClosed = [...this.windows].every((window) => window.requestClose())
    if (isClosed && !this.#isPrevented('will-quit')) this.exit(0)
    this.#isQuitting = false
  }

  readonly exit: App['exit'] = (code = 0) => {
    void this.#told.then(() => process.exit(code))
  }

  windowGone(window: Closable): void {
    this.windows.delete(window)
    if (this.windows.size > 0 || this.#isQuitting) return
    if (!this.emit('window-all-closed')) this.quit()
  }

  #isPrevented(name: string): boolean {
    const event = new StandInEvent()
    this.emit(name, event)
    return event.defaultPrevented
  }
}

export const app = new StandInApp()

function readPid(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

function isAlive(pid: number | undefined): boolean {
  if (pid === undefined || !Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function tellFirst(socket: string): Promise<void> {
  return new Promise((resolve) => {
    const client = net.connect(socket, () => client.end(JSON.stringify(process.argv)))
    client.on('error', (error) => console.error(error)).on('close', () => resolve())
  })
}
