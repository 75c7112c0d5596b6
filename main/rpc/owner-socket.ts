import { chmodSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import type { DeskRouter } from './router.ts'
import { serveSocket } from './serve.ts'

/** The largest message a client may send. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024

/**
 * Lets other processes of the operator ask the owner of the store: a Unix socket in the data folder (a named pipe on
 * Windows), which only this account can open. Resolves once it listens.
 */
export async function listenForClients(
  desk: { router: DeskRouter },
  socketPath: string,
): Promise<{ close(): Promise<void> }> {
  const isPipe = socketPath.startsWith('\\\\')
  if (!isPipe) rmSync(socketPath, { force: true })
  const server = createServer((_request, response) => response.writeHead(426).end())
  const sockets = new WebSocketServer({ server, maxPayload: MAX_MESSAGE_BYTES })
  sockets.on('connection', (socket) => serveSocket(desk, socket))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath, resolve)
  })
  if (!isPipe) chmodSync(socketPath, 0o600)
  return {
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate()
        sockets.close()
        server.close(() => resolve())
      }),
  }
}
