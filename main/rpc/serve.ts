import type { WebSocket } from 'ws'
import { RPCHandler as PortHandler } from '@orpc/server/message-port'
import { RPCHandler as SocketHandler } from '@orpc/server/ws'
import type { SupportedMessagePort } from '@orpc/client/message-port'
import type { DeskRouter } from './router.ts'

/** Answers the contract's calls over a MessagePort: the desktop's renderer. */
export function servePort({ router }: { router: DeskRouter }, port: SupportedMessagePort): void {
  new PortHandler(router).upgrade(port)
}

/** Answers the contract's calls over a WebSocket that was let in by its shell. */
export function serveSocket({ router }: { router: DeskRouter }, socket: WebSocket): void {
  // A message that is too large or makes no sense: `close` follows, and nobody else must suffer from it.
  socket.on('error', () => {})
  void new SocketHandler(router).upgrade(socket)
}
