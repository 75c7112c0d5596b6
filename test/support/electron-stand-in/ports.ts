import { EventEmitter } from 'node:events'

export type PortData = string | Uint8Array

/** One end of a channel in main. Messages wait until it was started, as with Electron's. */
export class StandInPort extends EventEmitter {
  other: StandInPort | undefined
  #waiting: PortData[] | undefined = []
  #isClosed = false

  postMessage(data: PortData): void {
    const { other } = this
    if (!this.#isClosed && other !== undefined) queueMicrotask(() => other.#receive(data))
  }

  start(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const data of waiting) this.#receive(data)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.emit('close')
    this.other?.close()
  }

  #receive(data: PortData): void {
    if (this.#isClosed) return
    if (this.#waiting === undefined) this.emit('message', { data, ports: [] })
    else this.#waiting.push(data)
  }
}

export class MessageChannelMain {
  readonly port1 = new StandInPort()
  readonly port2 = new StandInPort()

  constructor() {
    this.port1.other = this.port2
    this.port2.other = this.port1
  }
}
