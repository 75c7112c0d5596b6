import { RPCLink } from '@orpc/client/message-port'
import { setLost, setOpen } from './connection.ts'

/** Takes the one port that the preload hands over, after saying that the page is ready for it. */
export function openPortLink(): void {
  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    const port = event.ports[0]
    // Only this window speaks to itself: frames and other windows are not asked.
    if (event.source !== window || event.data !== 'hosting-desk:port' || !port) return
    port.addEventListener('close', () => {
      setLost()
      setTimeout(sayReady, AGAIN_MS)
    })
    port.start()
    setOpen(new RPCLink({ port }))
  })
  sayReady()
}

/** Asks the preload for a port; after a port was closed, for another. */
const sayReady = (): void => window.postMessage('hosting-desk:ready', '*')
const AGAIN_MS = 1_000
