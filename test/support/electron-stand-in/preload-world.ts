/** The world of its own in which a preload runs, beside the page's: same document, other globals. */
export const WORLD = 'stand-in-preload'
export const BINDING = 'standInSend'

/** Runs in the page: takes what the preload exposes, as data. */
export const PAGE_HALF = `addEventListener('stand-in-expose', (event) => {
  const { name, value } = JSON.parse(event.detail)
  Object.defineProperty(globalThis, name, { value: Object.freeze(value), enumerable: true })
})`

/** Runs in the preload's world: gives it \`electron\`, and carries its messages and ports. */
export const toPreloadHalf = (preload: string): string => `(() => {
  if (globalThis !== globalThis.top) return
  const listeners = new Map()
  const ports = new Map()
  const send = (message) => globalThis.${BINDING}(JSON.stringify(message))
  const pack = (data) => typeof data === 'string' ? { text: data }
    : { base64: btoa(String.fromCharCode(...new Uint8Array(data.buffer ?? data))) }
  const unpack = ({ text, base64 }) => text ?? Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
  const openPort = (id) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = ({ data }) => send({ kind: 'port', id, data: pack(data) })
    ports.set(id, port1)
    return port2
  }
  globalThis.standInDeliver = (message) => {
    if (message.kind === 'port') return ports.get(message.id)?.postMessage(unpack(message.data))
    if (message.kind === 'port-close') return ports.get(message.id)?.close()
    const event = { ports: message.portIds.map(openPort) }
    for (const listener of listeners.get(message.channel) ?? []) listener(event, ...message.args)
  }
  const electron = {
    contextBridge: { exposeInMainWorld: (name, value) => dispatchEvent(
      new CustomEvent('stand-in-expose', { detail: JSON.stringify({ name, value }) })) },
    ipcRenderer: {
      send: (channel, ...args) => send({ kind: 'ipc', channel, args }),
      on: (channel, listener) => listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
    },
  }
  const require = (name) => {
    if (name !== 'electron') throw new Error('A sandboxed preload cannot load ' + name)
    return electron
  }
  const module = { exports: {} }
  ;((require, module, exports) => { ${preload}
  })(require, module, module.exports)
})()`
