import { RPCLink } from '@orpc/client/websocket'
import { retryDelay } from '../lib/retry-delay.ts'
import { setLost, setOpen } from './connection.ts'

/** Where main listens: the page's own origin, so that its cookie goes with it. */
const addressOf = ({ protocol, host }: Location): string =>
  `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/rpc`

/** Connects, and again with growing pauses whenever the connection goes. */
export function openWebSocketLink(tries = 0): void {
  const socket = new WebSocket(addressOf(location))
  let hasOpened = false
  socket.addEventListener('open', () => {
    hasOpened = true
    setOpen(new RPCLink({ websocket: socket }))
  })
  socket.addEventListener('close', () => {
    setLost()
    const next = hasOpened ? 0 : tries
    setTimeout(() => openWebSocketLink(next + 1), retryDelay(next, Math.random()))
  })
}
