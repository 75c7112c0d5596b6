import { contextBridge, ipcRenderer } from 'electron'

/** As much of the page's window as is used here; the rest of main knows no window at all. */
declare const window: {
  addEventListener(
    type: 'message',
    listener: (event: { source: unknown; data: unknown }) => void,
  ): void
  postMessage(message: string, targetOrigin: string, transfer: readonly unknown[]): void
}

/**
 * The bridge between the page and main: it hands over one MessagePort each time the page says that it is ready for it,
 * and nothing else. `hostingDesk` tells the page that it will get one.
 */
contextBridge.exposeInMainWorld('hostingDesk', { shell: 'desktop' })

window.addEventListener('message', ({ source, data }) => {
  if (source === window && data === 'hosting-desk:ready') ipcRenderer.send('hosting-desk:ready')
})

ipcRenderer.on('hosting-desk:port', (event) => {
  window.postMessage('hosting-desk:port', '*', event.ports)
})
